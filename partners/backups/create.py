"""Everything that the office has, in one file."""

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
    """The database as it stands at one moment, with its documents, while others go on working."""
    with read_only_transaction():
        applied = sorted(MigrationRecorder(connection).applied_migrations())
        with archive.open_for_writing(path, made_at=now().isoformat(), migrations=applied) as writer:
            for model in serialization.backed_up_models(apps):
                writer.add(f"rows/{model._meta.label_lower}.jsonl", serialization.dump_rows(model))
            for folder, storage, name in documents():
                writer.add(f"{folder}/{name}", _blocks(storage, name))


def documents() -> Iterator[tuple[str, Storage, str]]:
    """The files that rows name: their folder in the backup, and where they are kept under which name."""
    for folder, field in document_folders().items():
        named = field.model._base_manager.exclude(**{field.name: ""})
        for name in named.order_by(field.name).values_list(field.name, flat=True).distinct().iterator():
            yield folder, field.storage, name


def document_folders() -> dict[str, models.FileField]:
    """The fields that name files, by the folder that their files have in a backup."""
    fields = [field for model in serialization.backed_up_models(apps) for field in model._meta.concrete_fields]
    return {f"documents/{field}".lower(): field for field in fields if isinstance(field, models.FileField)}


def _blocks(storage: Storage, name: str) -> Iterator[bytes]:
    try:
        with storage.open(name) as file:
            yield from file.chunks(archive.BLOCK)
    except FileNotFoundError as error:
        raise BackupError(
            f"The document {name} is not where it should be. If somebody has just deleted it, back up once more; "
            "if not, put it back first."
        ) from error
    except OSError as error:
        raise BackupError(f"The document {name} cannot be read: {error.strerror}.") from error
