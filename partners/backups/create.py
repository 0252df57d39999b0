from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.core.files.storage import Storage
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils.timezone import now

from exchange.transactions import read_only_transaction
from partners.backups import archive, serialization
from partners.backups.archive import BackupError


def create_backup(path: Path) -> None:
    """Write a consistent snapshot of the database and its documents, without blocking writers."""
    with read_only_transaction():
        applied = sorted(MigrationRecorder(connection).applied_migrations())
        archive.write_archive(path, iter_members(), created_at=now().isoformat(), migrations=applied)


def iter_members() -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the content of each file of the backup."""
    for model in serialization.backed_up_models(apps):
        yield serialization.member_name(model), serialization.dump_rows(model)
    for folder, storage, name in iter_documents():
        yield f"{folder}/{name}", _read_blocks(storage, name)


def iter_documents() -> Iterator[tuple[str, Storage, str]]:
    """Yield the stored files that rows refer to: their folder in the backup, their storage and name."""
    for folder, field in document_folders().items():
        rows = field.model._base_manager.exclude(**{field.name: ""})
        for name in rows.order_by(field.name).values_list(field.name, flat=True).distinct():
            yield folder, field.storage, name


def document_folders() -> dict[str, models.FileField]:
    """Return the file fields of all models by the folder of their files in a backup."""
    fields = [field for model in serialization.backed_up_models(apps) for field in model._meta.concrete_fields]
    return {f"documents/{field}".lower(): field for field in fields if isinstance(field, models.FileField)}


def _read_blocks(storage: Storage, name: str) -> Iterator[bytes]:
    try:
        with storage.open(name) as file:
            yield from file.chunks(archive.BLOCK_BYTES)
    except FileNotFoundError as error:
        raise BackupError(
            f"The document {name} is not where it should be. If somebody has just deleted it, back up once more; "
            "if not, put it back first."
        ) from error
    except OSError as error:
        raise BackupError(f"The document {name} cannot be read: {error.strerror}.") from error
