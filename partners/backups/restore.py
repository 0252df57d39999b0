"""A backup put into an empty database, of the same kind or of the other."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.apps.registry import Apps
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import Error, OperationalError, connection, transaction
from django.db.migrations import exceptions as migration_errors
from django.db.migrations.executor import MigrationExecutor

from partners.backups import archive, serialization
from partners.backups.archive import UNREADABLE, BackupError, BackupReader
from partners.backups.create import document_folders, documents
from partners.models import University

UNUSABLE = (
    *UNREADABLE,
    *(ArithmeticError, Error, LookupError, SuspiciousOperation, ValidationError),
    *(migration_errors.InvalidMigrationPlan, migration_errors.IrreversibleError, migration_errors.NodeNotFoundError),
)
"""Raised over a file that is whole, and has in it what no register had."""


def restore_backup(path: Path) -> None:
    """Fill the database as it was at the migrations of the backup, and then bring it to those of today.

    All of it or nothing: a backup that cannot be restored leaves neither tables nor documents behind.
    """
    reject_filled_database()
    with archive.open_for_reading(path) as backup, _new_documents() as added, _one_transaction():
        with _refused_as_damaged(path):
            restore_database(backup)
        restore_documents(backup, added)


def restore_database(backup: BackupReader) -> None:
    then = migrated_to(backup.migrations)
    reject_unknown_members(backup, then)
    restore_rows(backup, then)
    connection.check_constraints()
    call_command("migrate", verbosity=0)
    reject_missing_documents(backup)
    connection.check_constraints()


@contextmanager
def _refused_as_damaged(path: Path) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise BackupError(f"The database cannot take the backup: {_in_one_line(error)}.") from error
    except UNUSABLE as error:
        raise archive.damaged(path, error) from error


@contextmanager
def _new_documents() -> Iterator[list[tuple[Storage, str]]]:
    """Collect documents as they are added, and delete them again if the restore fails after that."""
    added: list[tuple[Storage, str]] = []
    try:
        yield added
    except BaseException:
        for storage, name in added:
            storage.delete(name)
        raise


@contextmanager
def _one_transaction() -> Iterator[None]:
    """SQLite migrates only while it does not enforce foreign keys, which it can be told only before a transaction."""
    with connection.constraint_checks_disabled(), transaction.atomic():
        yield


def reject_filled_database() -> None:
    existing = connection.introspection.table_names()
    for model in (University, User):
        if model._meta.db_table in existing and (count := model._base_manager.count()):
            raise BackupError(
                f"The database is not empty: it has {count} {model._meta.verbose_name_plural}. "
                "Name an empty one in DATABASE_URL, and restore into that."
            )


def migrated_to(applied: list[tuple[str, str]]) -> Apps:
    """Bring the database to these migrations, and return the models as they were with them."""
    executor = MigrationExecutor(connection, _check_constraints_after)
    known = executor.loader.graph.nodes
    names = {*applied} - {*executor.loader.replacements}
    if unknown := sorted(names - {*known}):
        raise BackupError(
            f"The backup is of a newer version, which has {'.'.join(unknown[0])}. Upgrade first, then restore."
        )
    last = [name for name in names if names.isdisjoint(known_children(executor, name))]
    return executor.migrate(last).apps


def _check_constraints_after(action: str, *_migration) -> None:
    """PostgreSQL alters no table with rows whose foreign keys are still to be checked in the transaction."""
    if action == "apply_success":
        connection.check_constraints()


def known_children(executor: MigrationExecutor, name: tuple[str, str]) -> set[tuple[str, str]]:
    return {child.key for child in executor.loader.graph.node_map[name].children if child.key[0] == name[0]}


def reject_unknown_members(backup: BackupReader, then: Apps) -> None:
    tables = {_rows_of(model) for model in serialization.backed_up_models(then)}
    if missing := sorted(tables - {*backup.sums}):
        raise ValueError(f"{missing[0]} is not in it")
    for name in sorted({*backup.sums} - tables):
        folder, _, file_name = name.rpartition("/")
        if folder not in document_folders() or not _is_file_name(file_name):
            raise ValueError(f"nothing is known of {name!r:.100}")


def _is_file_name(name: str) -> bool:
    try:
        return validate_file_name(name) == name and name.isprintable()
    except SuspiciousOperation:
        return False


def _rows_of(model) -> str:
    return f"rows/{model._meta.label_lower}.jsonl"


def restore_rows(backup: BackupReader, then: Apps) -> None:
    models = serialization.backed_up_models(then)
    for model in models:
        serialization.delete_all(model)
    for model in models:
        with backup.open(_rows_of(model)) as lines:
            _load(model, lines)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _load(model, lines: IO[bytes]) -> None:
    try:
        serialization.load_rows(model, lines)
    except OperationalError:
        raise
    except UNUSABLE as error:
        raise ValueError(f"{_rows_of(model)}: {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    reason = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(reason.split())


def reject_missing_documents(backup: BackupReader) -> None:
    """Rows and documents name each other, or the backup has lost something."""
    named = {f"{folder}/{name}" for folder, _storage, name in documents()}
    present = {name for folder in document_folders() for name in backup.members(folder)}
    if missing := sorted(named - present):
        raise ValueError(f"its rows name the document {missing[0]!r:.100}, which is not in it")
    if unnamed := sorted(present - named):
        raise ValueError(f"no row names the document {unnamed[0]!r:.100}")


def restore_documents(backup: BackupReader, added: list[tuple[Storage, str]]) -> None:
    for folder, field in document_folders().items():
        for member in backup.members(folder):
            name = member.removeprefix(f"{folder}/")
            if field.storage.exists(name):
                reject_other_document(field.storage, name, backup.sums[member])
                continue
            added.append((field.storage, name))
            with backup.open(member) as content:
                restore_document(field.storage, name, content)


def restore_document(storage: Storage, name: str, content: IO[bytes]) -> None:
    try:
        storage.save(name, File(content))
    except OSError as error:
        raise BackupError(f"The document {name} cannot be kept: {error.strerror}.") from error


def reject_other_document(storage: Storage, name: str, sha256: str) -> None:
    with storage.open(name) as present:
        if hashlib.file_digest(present, "sha256").hexdigest() != sha256:
            raise BackupError(f"Another document is named {name} already. Restore beside an empty folder of documents.")
