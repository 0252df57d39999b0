"""The backup file: a zip with a manifest, written last, that has the checksum of every member."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Version of the file's layout; raise it when older code could not read a new backup.
FORMAT = 1
MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 1 << 26
# Rows compress 10 to 30 times, a zip bomb about 1000 times.
MAX_COMPRESSION_RATIO, ALWAYS_ALLOWED_BYTES = 200, 1 << 26
# Raised by zipfile and json for a damaged file.
READ_ERRORS = (
    *(AttributeError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)


class BackupError(Exception):
    """A backup cannot be created or restored; the message is a sentence for the administrator."""


class BackupWriter:
    def __init__(self, zipped: zipfile.ZipFile):
        self.zipped = zipped
        self.checksums: dict[str, str] = {}

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        with self.zipped.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                digest.update(block)
                member.write(block)
        self.checksums[name] = digest.hexdigest()


@contextmanager
def open_for_writing(path: Path, **metadata) -> Iterator[BackupWriter]:
    """Write to a partial file, readable by its owner only, and rename it once it is complete and synced to disk."""
    partial = partial_path(path)
    try:
        with open(partial, "wb", opener=_owner_only) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
                writer = BackupWriter(zipped)
                yield writer
                zipped.writestr(
                    MANIFEST, json.dumps({"format": FORMAT, **metadata, "sha256": writer.checksums}, indent=1)
                )
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def partial_path(path: Path) -> Path:
    """Return the path of an incomplete backup, which remains if its process is killed."""
    return path.with_name(f".{path.name}.part")


class BackupReader:
    def __init__(self, zipped: zipfile.ZipFile):
        self.zipped = zipped
        self.manifest = self._read_manifest()
        self.checksums: dict[str, str] = self.manifest["sha256"]
        self.migrations: list[tuple[str, str]] = [tuple(name) for name in self.manifest["migrations"]]

    def members(self, folder: str) -> list[str]:
        return [name for name in self.checksums if name.startswith(f"{folder}/")]

    def open(self, name: str):
        return self.zipped.open(name)

    def verify(self) -> None:
        """Raise ValueError if members do not match the manifest or their checksums."""
        names = self.zipped.namelist()
        if sorted(names) != sorted([*self.checksums, MANIFEST]):
            raise ValueError("its members do not match its manifest")
        self._check_size()
        for name, expected in self.checksums.items():
            with self.open(name) as member:
                if hashlib.file_digest(member, "sha256").hexdigest() != expected:
                    raise ValueError(f"{name} is not as it was written")

    def _read_manifest(self) -> dict:
        if self.zipped.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
            raise ValueError("its manifest is too long")
        manifest = json.loads(self.zipped.read(MANIFEST))
        if not isinstance(manifest, dict):
            raise ValueError("its manifest is not a JSON object")
        if manifest.get("format") != FORMAT:
            raise ValueError(f"its format is {manifest.get('format')!r:.40}, and this version reads {FORMAT}")
        if not _is_checksums(manifest.get("sha256")):
            raise ValueError("its manifest has no checksums")
        if not _is_migrations(manifest.get("migrations")):
            raise ValueError("its manifest names no migrations")
        return manifest

    def _check_size(self) -> None:
        """Raise ValueError for a zip bomb, before anything is unpacked."""
        unpacked = sum(member.file_size for member in self.zipped.infolist())
        packed = sum(member.compress_size for member in self.zipped.infolist())
        if unpacked > max(packed * MAX_COMPRESSION_RATIO, ALWAYS_ALLOWED_BYTES):
            raise ValueError(f"it is {packed:,} bytes that unpack to {unpacked:,}")


def _is_checksums(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(checksum, str) for checksum in value.values())


def _is_migrations(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_migration, value))


def _is_migration(name: object) -> bool:
    return isinstance(name, list) and len(name) == 2 and all(isinstance(part, str) for part in name)


@contextmanager
def open_for_reading(path: Path) -> Iterator[BackupReader]:
    """Open a backup whose checksums were verified. Raise BackupError if it is damaged."""
    with _open_zip(path) as zipped:
        yield _verified_reader(path, zipped)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BackupError(f"{path} is not there.") from error
    except READ_ERRORS as error:
        raise damaged_backup_error(path, error) from error


def _verified_reader(path: Path, zipped: zipfile.ZipFile) -> BackupReader:
    try:
        reader = BackupReader(zipped)
        reader.verify()
    except READ_ERRORS as error:
        raise damaged_backup_error(path, error) from error
    return reader


def damaged_backup_error(path: Path, error: Exception) -> BackupError:
    reason = str(error.args[0] if isinstance(error, KeyError) else error).rstrip(".")
    return BackupError(f"{path} is damaged, or is not a backup: {reason}. Take another one.")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
