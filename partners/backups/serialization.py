"""Dump the rows of a model as lines of JSON, exactly as stored, and load them."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import chain, count, islice
from typing import BinaryIO
from uuid import UUID

from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.duration import duration_string

# Sessions and rate limits are of no use after a restore.
EXCLUDED_MODELS = {"accounts.requestcount", "accounts.usersession", "sessions.session"}
BATCH_SIZE = 1_000
# More than a row with the largest file of a run.
MAX_LINE_BYTES = 1 << 28
# Types of values in JSON by class of field; those of all other fields are texts.
JSON_TYPES = {models.BooleanField: (bool,), models.IntegerField: (int,), models.FloatField: (float, int)}
# Fields whose values JSON has no type for; they are stored as text.
TEXT_ENCODED_FIELDS = (
    models.BinaryField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.JSONField,
    models.TimeField,
    models.UUIDField,
)


def backed_up_models(apps: Apps) -> list[type[models.Model]]:
    included = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in EXCLUDED_MODELS
    ]
    return sorted(included, key=lambda model: model._meta.label_lower)


def member_name(model: type[models.Model]) -> str:
    """Return the name of the model's rows in a backup."""
    return f"rows/{model._meta.label_lower}.jsonl"


def dump_rows(model: type[models.Model]) -> Iterator[bytes]:
    """Yield a line with the column names, then one line per row, ordered by primary key."""
    names = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.order_by("pk").values_list(*names).iterator()
    for row in chain([names], rows):
        yield json.dumps(list(row), default=_serialize, ensure_ascii=False).encode() + b"\n"


def load_rows(model: type[models.Model], lines: BinaryIO) -> None:
    """Insert rows by SQL, without validators, defaults or signals.

    Raise ValueError with the line number for an invalid row, and a database Error if the database rejects one.
    """
    numbered_lines = _read_lines(lines)
    _line_number, header = next(numbered_lines, (1, b""))
    names = json.loads(header)
    fields_by_name = {field.attname: field for field in model._meta.concrete_fields}
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(fields_by_name):
        raise ValueError("line 1 does not name its columns")
    fields = [fields_by_name[name] for name in names]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    placeholders = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({placeholders})"  # noqa: S608
    rows = (_parse_row(fields, line, line_number) for line_number, line in numbered_lines)
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, BATCH_SIZE)):
            cursor.executemany(statement, chunk)


def _read_lines(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number."""
    for line_number in count(1):
        line = lines.readline(MAX_LINE_BYTES)
        if len(line) == MAX_LINE_BYTES:
            raise ValueError(f"line {line_number} is too long")
        if not line:
            return
        yield line_number, line


def _parse_row(fields: list[models.Field], line: bytes, line_number: int) -> list:
    try:
        values = json.loads(line)
        if not isinstance(values, list):
            raise TypeError("not a list of values")
        return [_to_db_value(field, value) for field, value in zip(fields, values, strict=True)]
    except (ArithmeticError, RuntimeError, TypeError, ValueError, ValidationError) as error:
        raise ValueError(f"line {line_number} is not a row: {error_text(error)}") from error


def error_text(error: Exception) -> str:
    """Return the error's message in one line."""
    return " ".join((" ".join(error.messages) if isinstance(error, ValidationError) else str(error)).split())


def _to_db_value(field: models.Field, value: object) -> object:
    while field.remote_field:
        field = field.target_field
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return field.get_db_prep_save(value, connection)
    # SQLite itself would store a value of any type.
    allowed = next((types for field_class, types in JSON_TYPES.items() if isinstance(field, field_class)), (str,))
    if type(value) not in allowed:
        raise TypeError(f"{value!r:.100} cannot be {field.attname}")
    if isinstance(field, TEXT_ENCODED_FIELDS):
        return field.get_db_prep_save(field.to_python(value), connection)
    return value


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
