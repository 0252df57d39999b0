"""History for many rows at once, copied by the database from the rows themselves.

django-simple-history makes an instance of a model for each, which takes as long as an import does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models
from django.utils.timezone import now

from partners.models import ImportRun

ADDED, CHANGED = "+", "~"
CHUNK = 5_000
"""Ids in one statement: SQLite takes 32,766 parameters, PostgreSQL 65,535."""
BATCH = 200
"""Rows in one UPDATE: PostgreSQL goes through all of its cases for each of its rows."""


@dataclass(frozen=True)
class Why:
    """What history tells of a change besides the change."""

    reason: str
    user: AbstractBaseUser | None = None
    run: ImportRun | None = None


def add(model: type[models.Model], objects: Sequence[models.Model], why: Why) -> None:
    model.objects.bulk_create(objects)
    record(model, [each.pk for each in objects], ADDED, why)


def change(model: type[models.Model], objects: Sequence[models.Model], fields: Iterable[str], why: Why) -> None:
    if objects:
        model.objects.bulk_update(objects, sorted(fields), batch_size=BATCH)
        record(model, [each.pk for each in objects], CHANGED, why)


def record(model: type[models.Model], ids: Sequence[int], kind: str, why: Why) -> None:
    """Writes the rows with these ids, as they are now, into the history of their model."""
    history = model.history.model
    copied = [field.column for field in history.tracked_fields]
    told = {
        "history_date": now(),
        "history_type": kind,
        "history_change_reason": why.reason[:100],
        "history_user": why.user and why.user.pk,
        "import_run": why.run and why.run.pk,
    }
    fields = {history._meta.get_field(name): value for name, value in told.items()}
    columns = _quoted([*copied, *(field.column for field in fields)])
    statement = (
        f"INSERT INTO {_quoted([history._meta.db_table])} ({columns}) "  # noqa: S608
        f"SELECT {_quoted(copied)}, {_marks(fields)} FROM {_quoted([model._meta.db_table])} WHERE id IN ({{}})"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in fields.items()]
    with connection.cursor() as cursor:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            cursor.execute(statement.format(_marks(chunk)), [*values, *chunk])


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _marks(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))
