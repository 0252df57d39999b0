"""The rows of a model as lines of JSON, exactly as the database has them, and back."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

from django.apps.registry import Apps
from django.db import connection, models
from django.utils.duration import duration_string

LEFT_OUT = {"logins.requestcount", "logins.session", "sessions.session"}
"""Who is signed in is nothing to restore, and neither is how often something was done in the last hour."""
AT_A_TIME = 1_000
NOT_IN_JSON = (
    models.BinaryField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.JSONField,
    models.TimeField,
    models.UUIDField,
)


def kept_models(apps: Apps) -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    kept = [
        each for each in every if each._meta.managed and not each._meta.proxy and each._meta.label_lower not in LEFT_OUT
    ]
    return sorted(kept, key=lambda model: model._meta.label_lower)


def lines(model: type[models.Model]) -> Iterator[bytes]:
    """First the names of the columns, then a row a line, in the order of the keys."""
    names = [field.attname for field in model._meta.concrete_fields]
    yield _line(names)
    yield from map(_line, model._base_manager.order_by("pk").values_list(*names).iterator())


def load(model: type[models.Model], told: Iterable[bytes]) -> None:
    """Inserts rows without a rule, a default or a signal having a say in them."""
    left = iter(told)
    fields = [model._meta.get_field(name) for name in json.loads(next(left))]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {_table(model)} ({columns}) VALUES ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        while chunk := list(islice(left, AT_A_TIME)):
            cursor.executemany(statement, [list(map(_stored, fields, json.loads(line))) for line in chunk])


def clear(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_table(model)}")  # noqa: S608


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _stored(field: models.Field, value: object) -> object:
    if value is None or not isinstance(field, NOT_IN_JSON):
        return value
    return field.get_db_prep_save(field.to_python(value), connection)


def _line(row: Iterable) -> bytes:
    return json.dumps(list(row), default=_worded, ensure_ascii=False).encode() + b"\n"


def _worded(value: object) -> str:
    if isinstance(value, (bytes, memoryview)):
        return b64encode(value).decode()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, timedelta):
        return duration_string(value)
    raise TypeError(f"{value!r} is of a kind that no backup has had yet.")
