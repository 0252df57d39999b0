"""Restore a backup into an empty database, SQLite or PostgreSQL, whichever it was taken from."""

import hashlib
from pathlib import Path

from django.apps.registry import Apps
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import Error, OperationalError, ProgrammingError, connection, transaction
from django.db.migrations import exceptions as migration_errors
from django.db.migrations.executor import MigrationExecutor

from partners.backups import archive, serialization
from partners.backups.archive import READ_ERRORS, BackupError, BackupReader
from partners.backups.create import document_folders, iter_documents
from partners.models import Agreement, University

# Raised for a file that is intact but has contents that no register had.
INVALID_DATA_ERRORS = (
    *READ_ERRORS,
    *(ArithmeticError, Error, LookupError, SuspiciousOperation, ValidationError),
    *(migration_errors.InvalidMigrationPlan, migration_errors.IrreversibleError, migration_errors.NodeNotFoundError),
)


def restore_backup(path: Path) -> None:
    """Load the backup at its own migrations, then migrate to the current ones.

    Atomic: a backup that cannot be restored leaves neither tables nor documents behind.
    """
    ensure_empty_database()
    added: list[tuple[Storage, str]] = []
    try:
        # SQLite has to disable the checks of foreign keys, for migrations, before the transaction begins.
        with archive.open_archive(path) as backup, connection.constraint_checks_disabled(), transaction.atomic():
            restore_database(backup, path)
            restore_documents(backup, added)
    except BaseException:
        for storage, name in added:
            storage.delete(name)
        raise


def restore_database(backup: BackupReader, path: Path) -> None:
    try:
        historical_apps = migrate_to(backup.migrations)
        reject_unknown_members(backup, historical_apps)
        restore_rows(backup, historical_apps)
        connection.check_constraints()
        call_command("migrate", verbosity=0)
        # SQLite has its triggers only after the last migration.
        if agreement := Agreement.objects.overlapping().first():
            raise ValueError(f"the signed agreement {agreement.pk} overlaps another one")
        validate_document_references(backup)
        connection.check_constraints()
    except (OperationalError, ProgrammingError) as error:
        reason = serialization.error_text(error).rstrip(".")
        raise BackupError(f"The database cannot take the backup: {reason}.") from error
    except INVALID_DATA_ERRORS as error:
        raise archive.damaged_backup_error(path, error) from error


def ensure_empty_database() -> None:
    existing = connection.introspection.table_names()
    for model in (University, User):
        if model._meta.db_table in existing and (count := model._base_manager.count()):
            raise BackupError(
                f"The database is not empty: it has {count} {model._meta.verbose_name_plural}. "
                "Name an empty one in DATABASE_URL, and restore into that."
            )


def migrate_to(applied: list[tuple[str, str]]) -> Apps:
    """Migrate the empty database to exactly these migrations and return the historical app registry."""
    executor = MigrationExecutor(connection, _check_constraints_after)
    graph = executor.loader.graph
    names = {*applied} - {*executor.loader.replacements}
    if unknown := sorted(names - {*graph.nodes}):
        raise BackupError(
            f"The backup is of a newer version, which has {'.'.join(unknown[0])}. Upgrade first, then restore."
        )
    targets = []
    for name in names:
        next_in_app = {child.key for child in graph.node_map[name].children if child.key[0] == name[0]}
        if names.isdisjoint(next_in_app):
            targets.append(name)
    return executor.migrate(targets).apps


def _check_constraints_after(action: str, *_migration) -> None:
    """Check deferred constraints now: PostgreSQL cannot alter a table with pending ones in the transaction."""
    if action == "apply_success":
        connection.check_constraints()


def reject_unknown_members(backup: BackupReader, historical_apps: Apps) -> None:
    tables = {serialization.member_name(model) for model in serialization.backed_up_models(historical_apps)}
    if missing := sorted(tables - {*backup.checksums}):
        raise ValueError(f"{missing[0]} is not in it")
    for name in sorted({*backup.checksums} - tables):
        folder, _, file_name = name.rpartition("/")
        if folder not in document_folders() or not _is_file_name(file_name):
            raise ValueError(f"it has the unknown member {name!r:.100}")


def _is_file_name(name: str) -> bool:
    try:
        return validate_file_name(name) == name and name.isprintable()
    except SuspiciousOperation:
        return False


def restore_rows(backup: BackupReader, historical_apps: Apps) -> None:
    models = serialization.backed_up_models(historical_apps)
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
    for model in models:
        member = serialization.member_name(model)
        try:
            with backup.zipped.open(member) as lines:
                serialization.load_rows(model, lines)
        except OperationalError:
            raise
        except INVALID_DATA_ERRORS as error:
            raise ValueError(f"{member}: {serialization.error_text(error)}") from error
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def validate_document_references(backup: BackupReader) -> None:
    """Raise ValueError unless the documents of rows and the documents in the backup are the same."""
    referenced = {f"{folder}/{name}" for folder, _storage, name in iter_documents()}
    present = {name for folder in document_folders() for name in backup.members(folder)}
    if missing := sorted(referenced - present):
        raise ValueError(f"its rows name the document {missing[0]!r:.100}, which is not in it")
    if unreferenced := sorted(present - referenced):
        raise ValueError(f"no row names the document {unreferenced[0]!r:.100}")


def restore_documents(backup: BackupReader, added: list[tuple[Storage, str]]) -> None:
    """Store the documents, and append those that were not there before to ``added``."""
    for folder, field in document_folders().items():
        storage = field.storage
        for member in backup.members(folder):
            name = member.removeprefix(f"{folder}/")
            if storage.exists(name):
                with storage.open(name) as stored:
                    if hashlib.file_digest(stored, "sha256").hexdigest() != backup.checksums[member]:
                        raise BackupError(
                            f"Another document is named {name} already. Restore beside an empty folder of documents."
                        )
                continue
            added.append((storage, name))
            try:
                with backup.zipped.open(member) as content:
                    storage.save(name, File(content))
            except OSError as error:
                raise BackupError(f"The document {name} cannot be stored: {error.strerror}.") from error
