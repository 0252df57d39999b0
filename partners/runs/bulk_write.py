"""Bulk inserts, updates and deletions with history. The history rows are copied by the database.

Django and django-simple-history instantiate a model for each row, which takes longer than the rest of an import.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models
from django.utils.timezone import now
from django.utils.translation import gettext as _

from partners.fields import update_search_keys
from partners.history.entries import ADDED, CHANGED, DELETED
from partners.models import Run
from partners.tables.types import ProgressCallback, no_progress

STATEMENT_SIZE = 1_000
"""Values or pks in one statement. Larger statements take more memory and are hardly faster."""
UPDATE_BATCH_SIZE = 200
"""Rows in one UPDATE. PostgreSQL evaluates every CASE branch of the statement for each row."""


@dataclass(frozen=True)
class ChangeContext:
    """Metadata stored with history rows (reason, user, run), plus a progress callback."""

    reason: str
    user: AbstractBaseUser | None = None
    run: Run | None = None
    progress: ProgressCallback = no_progress


def bulk_create_with_history(
    model: type[models.Model], objects: Iterable[models.Model], total: int, context: ChangeContext
) -> list[int]:
    """Insert `total` objects, which may come from a generator. Return their pks in order."""
    fields = _insertable_fields(model)
    rows = (
        [field.get_db_prep_save(field.pre_save(instance, add=True), connection) for field in fields]
        for instance in objects
    )
    return bulk_insert_with_history(model, [field.name for field in fields], rows, total, context)


def bulk_insert_with_history(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence], total: int, context: ChangeContext
) -> list[int]:
    """Insert rows of database values (foreign keys as pks) of the named fields. Other fields get their defaults.

    Return the pks in order.
    """
    other_fields = [field for field in _insertable_fields(model) if field.name not in names]
    defaults = [field.get_db_prep_save(field.get_default(), connection) for field in other_fields]
    columns = [field.column for field in (*map(model._meta.get_field, names), *other_fields)]
    insert = f"INSERT INTO {_quote_names([model._meta.db_table])} ({_quote_names(columns)}) VALUES "  # noqa: S608
    pks: list[int] = []
    for chunk in chunks(context.progress(rows, total, _("Adding"))):
        added = []
        for batch in chunks(chunk, STATEMENT_SIZE // len(columns)):
            placeholders = ", ".join([f"({_placeholders(columns)})"] * len(batch))
            values = [value for row in batch for value in (*row, *defaults)]
            with connection.cursor() as cursor:
                cursor.execute(f"{insert}{placeholders} RETURNING id", values)
                added += [pk for (pk,) in cursor.fetchall()]
        write_history(model, added, ADDED, context)
        pks += added
    return pks


def bulk_update_with_history(
    model: type[models.Model], objects: Sequence[models.Model], fields: Iterable[str], context: ChangeContext
) -> None:
    """Update the fields, and the search keys that follow from them."""
    names = set(fields)
    for chunk in chunks(context.progress(objects, len(objects), _("Changing"))):
        search_keys = update_search_keys(model, chunk)
        model.objects.bulk_update(chunk, sorted(names | search_keys), batch_size=UPDATE_BATCH_SIZE)
        write_history(model, [instance.pk for instance in chunk], CHANGED, context)


def bulk_delete_with_history(model: type[models.Model], pks: Sequence[int], context: ChangeContext) -> None:
    """Delete the rows with these pks, to which no others refer."""
    table = _quote_names([model._meta.db_table])
    for chunk in chunks(context.progress(pks, len(pks), _("Deleting"))):
        write_history(model, chunk, DELETED, context)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id IN ({_placeholders(chunk)})", chunk)  # noqa: S608


def write_history(model: type[models.Model], pks: Sequence[int], history_type: str, context: ChangeContext) -> None:
    """Copy the rows with these pks, as they are now, into the history of their model, in the order of the pks."""
    history = model.history.model
    copied_columns = [field.column for field in history.tracked_fields]
    metadata = {
        "history_date": now(),
        "history_type": history_type,
        "history_change_reason": context.reason[:100],
        "history_user": context.user and context.user.pk,
        "run": context.run and context.run.pk,
    }
    fields = {history._meta.get_field(name): value for name, value in metadata.items()}
    columns = _quote_names([*copied_columns, *(field.column for field in fields)])
    statement = (
        f"INSERT INTO {_quote_names([history._meta.db_table])} ({columns}) "  # noqa: S608
        f"SELECT {_quote_names(copied_columns)}, {_placeholders(fields)} "
        f"FROM {_quote_names([model._meta.db_table])} WHERE id IN ({{}}) ORDER BY id"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in fields.items()]
    with connection.cursor() as cursor:
        for chunk in chunks(pks):
            cursor.execute(statement.format(_placeholders(chunk)), [*values, *chunk])


def _insertable_fields(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def chunks(values: Iterable, size: int = STATEMENT_SIZE) -> Iterator[list]:
    remaining = iter(values)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _quote_names(names: Iterable[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _placeholders(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))
