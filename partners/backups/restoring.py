"""A backup put into an empty database, of the same kind or of the other."""

import hashlib
from pathlib import Path
from typing import IO

from django.apps.registry import Apps
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from partners.backups import archive, rows
from partners.backups.archive import BackupError, Reader
from partners.backups.taking import document_folders
from partners.models import University


def restore(path: Path) -> None:
    """Fills the database as it was at the migrations of the backup, and then brings it to those of today."""
    refuse_filled_database()
    with archive.reading(path) as backup:
        then = migrated_to(backup.manifest["migrations"])
        restore_documents(backup)
        with transaction.atomic():
            restore_rows(backup, then)
    call_command("migrate", verbosity=0)


def refuse_filled_database() -> None:
    there = connection.introspection.table_names()
    for model in (University, User):
        if model._meta.db_table in there and (number := model._base_manager.count()):
            raise BackupError(
                f"The database is not empty: it has {number} {model._meta.verbose_name_plural}. "
                "Name an empty one in DATABASE_URL, and restore into that."
            )


def migrated_to(applied: list[list[str]]) -> Apps:
    """The models as they were with these migrations. Brings the database there."""
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes
    names = {tuple(name) for name in applied} - {*executor.loader.replacements}
    if unknown := sorted(names - {*known}):
        raise BackupError(
            f"The backup is of a newer version, which has {'.'.join(unknown[0])}. Upgrade first, then restore."
        )
    last = [name for name in names if names.isdisjoint(known_children(executor, name))]
    return executor.migrate(last).apps


def known_children(executor: MigrationExecutor, name: tuple[str, str]) -> set[tuple[str, str]]:
    return {child.key for child in executor.loader.graph.node_map[name].children if child.key[0] == name[0]}


def restore_rows(backup: Reader, then: Apps) -> None:
    kept = rows.kept_models(then)
    for model in kept:
        rows.clear(model)
    for model in kept:
        with backup.open(f"rows/{model._meta.label_lower}.jsonl") as told:
            rows.load(model, told)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept):
            cursor.execute(statement)


def restore_documents(backup: Reader) -> None:
    for folder, field in document_folders().items():
        for member in backup.members(folder):
            with backup.open(member) as content:
                restore_document(field.storage, member.removeprefix(f"{folder}/"), content, backup.sums[member])


def restore_document(storage: Storage, name: str, content: IO[bytes], sha256: str) -> None:
    if not storage.exists(name):
        try:
            storage.save(name, File(content))
        except OSError as error:
            raise BackupError(f"The document {name} cannot be kept: {error.strerror}.") from error
        return
    with storage.open(name) as present:
        if hashlib.file_digest(present, "sha256").hexdigest() != sha256:
            raise BackupError(f"Another document is named {name} already. Restore beside an empty folder of documents.")
