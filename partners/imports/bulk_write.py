"""Many rows at once, with their history, which the database copies from the rows themselves.

Django and django-simple-history make an instance of a model for each, which takes longer than all else in an import.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models
from django.utils.timezone import now
from django.utils.translation import gettext as _

from partners.models import ImportRun
from partners.tables.types import ProgressCallback, no_progress

ADDED, CHANGED = "+", "~"
STATEMENT_SIZE = 1_000
"""Values or ids in one statement. More of them take more memory and hardly save time."""
UPDATE_BATCH_SIZE = 200
"""Rows in one UPDATE: PostgreSQL goes through all of its cases for each of its rows."""


@dataclass(frozen=True)
class ChangeContext:
    """What history tells of a change besides the change, and who watches it being made."""

    reason: str
    user: AbstractBaseUser | None = None
    run: ImportRun | None = None
    watch: ProgressCallback = no_progress


def bulk_create_with_history(
    model: type[models.Model], objects: Iterable[models.Model], total: int, why: ChangeContext
) -> list[int]:
    """Inserts as many objects, which need not all be there at a time. Gives their ids, in order."""
    fields = _stored(model)
    return bulk_insert_with_history(
        model, [field.name for field in fields], (_values(each, fields) for each in objects), total, why
    )


def bulk_insert_with_history(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence], total: int, why: ChangeContext
) -> list[int]:
    """The same from values of the fields named, as they are stored, keys too. The other fields have their defaults."""
    others = [field for field in _stored(model) if field.name not in names]
    defaults = [field.get_db_prep_save(field.get_default(), connection) for field in others]
    columns = [field.column for field in (*map(model._meta.get_field, names), *others)]
    ids: list[int] = []
    for chunk in _chunks(why.watch(rows, total, _("Adding")), STATEMENT_SIZE):
        added = [
            pk
            for few in _chunks(chunk, STATEMENT_SIZE // len(columns))
            for pk in _insert(model, columns, [value for row in few for value in (*row, *defaults)])
        ]
        write_history(model, added, ADDED, why)
        ids += added
    return ids


def bulk_update_with_history(
    model: type[models.Model], objects: Sequence[models.Model], fields: Iterable[str], why: ChangeContext
) -> None:
    for chunk in _chunks(why.watch(objects, len(objects), _("Changing")), STATEMENT_SIZE):
        model.objects.bulk_update(chunk, sorted(fields), batch_size=UPDATE_BATCH_SIZE)
        write_history(model, [each.pk for each in chunk], CHANGED, why)


def write_history(model: type[models.Model], ids: Sequence[int], kind: str, why: ChangeContext) -> None:
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
    columns = _quote_names([*copied, *(field.column for field in fields)])
    statement = (
        f"INSERT INTO {_quote_names([history._meta.db_table])} ({columns}) "  # noqa: S608
        f"SELECT {_quote_names(copied)}, {_placeholders(fields)} FROM {_quote_names([model._meta.db_table])} WHERE id IN ({{}})"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in fields.items()]
    with connection.cursor() as cursor:
        for chunk in _chunks(ids, STATEMENT_SIZE):
            cursor.execute(statement.format(_placeholders(chunk)), [*values, *chunk])


def _stored(model: type[models.Model]) -> list[models.Field]:
    """The fields of which a new row has values."""
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _values(each: models.Model, fields: Iterable[models.Field]) -> list:
    return [field.get_db_prep_save(field.pre_save(each, add=True), connection) for field in fields]


def _insert(model: type[models.Model], columns: Sequence[str], values: Sequence) -> list[int]:
    """Inserts the values, which are those of one row after another."""
    rows = ", ".join([f"({_placeholders(columns)})"] * (len(values) // len(columns)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_quote_names([model._meta.db_table])} ({_quote_names(columns)}) VALUES {rows} RETURNING id",  # noqa: S608
            values,
        )
        return [pk for (pk,) in cursor.fetchall()]


def _chunks(values: Iterable, size: int) -> Iterator[list]:
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk


def _quote_names(names: Iterable[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _placeholders(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))
