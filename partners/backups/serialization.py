"""The rows of a model as lines of JSON, exactly as the database has them, and back."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import count, islice
from typing import BinaryIO
from uuid import UUID

from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.duration import duration_string

EXCLUDED_MODELS = {"logins.requestcount", "accounts.usersession", "sessions.session"}
"""Who is signed in is nothing to restore, and neither is how often something was done in the last hour."""
BATCH_SIZE = 1_000
MAX_LINE_BYTES = 1 << 28
"""More than a row with the longest file of an import in it."""
JSON_TYPES = {models.BooleanField: (bool,), models.IntegerField: (int,), models.FloatField: (float, int)}
NOT_IN_JSON = (
    models.BinaryField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.JSONField,
    models.TimeField,
    models.UUIDField,
)


def backed_up_models(apps: Apps) -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    kept = [
        each
        for each in every
        if each._meta.managed and not each._meta.proxy and each._meta.label_lower not in EXCLUDED_MODELS
    ]
    return sorted(kept, key=lambda model: model._meta.label_lower)


def dump_rows(model: type[models.Model]) -> Iterator[bytes]:
    """First the names of the columns, then a row a line, in the order of the keys."""
    names = [field.attname for field in model._meta.concrete_fields]
    yield _line(names)
    yield from map(_line, model._base_manager.order_by("pk").values_list(*names).iterator())


def load_rows(model: type[models.Model], lines: BinaryIO) -> None:
    """Insert rows without a rule, a default or a signal having a say in them.

    Raise ValueError, with the line, for what is no row of this model, and an Error for what the database refuses.
    """
    fields = _fields(model, _read_line(lines, 1))
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {_table(model)} ({columns}) VALUES ({marks})"  # noqa: S608
    rows = (_row(fields, line, number) for number, line in _lines_from(lines, 2))
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, BATCH_SIZE)):
            cursor.executemany(statement, chunk)


def delete_all(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_table(model)}")  # noqa: S608


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _lines_from(lines: BinaryIO, start: int) -> Iterator[tuple[int, bytes]]:
    for number in count(start):
        if not (line := _read_line(lines, number)):
            return
        yield number, line


def _read_line(lines: BinaryIO, number: int) -> bytes:
    line = lines.readline(MAX_LINE_BYTES)
    if len(line) == MAX_LINE_BYTES:
        raise ValueError(f"line {number} is too long")
    return line


def _fields(model: type[models.Model], line: bytes) -> list[models.Field]:
    names = json.loads(line)
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(by_name):
        raise ValueError("line 1 does not name its columns")
    return [by_name[name] for name in names]


def _row(fields: list[models.Field], line: bytes, number: int) -> list:
    try:
        values = json.loads(line)
        if not isinstance(values, list):
            raise TypeError("not a list of values")
        return [_stored(field, value) for field, value in zip(fields, values, strict=True)]
    except (ArithmeticError, RuntimeError, TypeError, ValueError, ValidationError) as error:
        raise ValueError(f"line {number} is not a row: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def _stored(field: models.Field, value: object) -> object:
    while field.remote_field:
        field = field.target_field
    if value is None or isinstance(field, models.JSONField):
        return value if value is None else field.get_db_prep_save(value, connection)
    if type(value) not in _json_types(field):
        raise TypeError(f"{value!r:.100} cannot be {field.attname}")
    return field.get_db_prep_save(field.to_python(value), connection) if isinstance(field, NOT_IN_JSON) else value


def _json_types(field: models.Field) -> tuple[type, ...]:
    """What a value of the field is in JSON. SQLite would store one of any other type as well."""
    for kind, types in JSON_TYPES.items():
        if isinstance(field, kind):
            return types
    return (str,)


def _line(row: Iterable) -> bytes:
    return json.dumps(list(row), default=_serialize, ensure_ascii=False).encode() + b"\n"


def _serialize(value: object) -> str:
    if isinstance(value, (bytes, memoryview)):
        return b64encode(value).decode()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, timedelta):
        return duration_string(value)
    raise TypeError(f"{value!r} is of a kind that no backup has had yet.")
