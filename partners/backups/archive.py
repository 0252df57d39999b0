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


def write_archive(path: Path, members: Iterable[tuple[str, Iterable[bytes]]], **metadata) -> None:
    """Write members, each a name and blocks of bytes, and a manifest of them with the metadata.

    They go to a partial file, readable by its owner only, which is renamed once it is complete and synced to disk.
    """
    partial = partial_path(path)
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
        with open(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
                checksums = {name: write_member(zipped, name, blocks) for name, blocks in members}
                manifest = {"format": FORMAT, **metadata, "sha256": checksums}
                zipped.writestr(MANIFEST, json.dumps(manifest, indent=1))
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def write_member(zipped: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> str:
    """Write one member and return its SHA-256."""
    digest = hashlib.sha256()
    with zipped.open(name, "w", force_zip64=True) as member:
        for block in blocks:
            digest.update(block)
            member.write(block)
    return digest.hexdigest()


def partial_path(path: Path) -> Path:
    """Return the path of an incomplete backup, which remains if its process is killed."""
    return path.with_name(f".{path.name}.part")


class BackupReader:
    def __init__(self, zipped: zipfile.ZipFile):
        self.zipped = zipped
        self.manifest = _read_manifest(zipped)
        self.checksums: dict[str, str] = self.manifest["sha256"]
        self.migrations: list[tuple[str, str]] = [tuple(name) for name in self.manifest["migrations"]]

    def members(self, folder: str) -> list[str]:
        return [name for name in self.checksums if name.startswith(f"{folder}/")]

    def verify(self) -> None:
        """Raise ValueError for a zip bomb, before anything is unpacked, and for members that the manifest has not."""
        members = self.zipped.infolist()
        if sorted(member.filename for member in members) != sorted([*self.checksums, MANIFEST]):
            raise ValueError("its members do not match its manifest")
        packed, unpacked = sum(member.compress_size for member in members), sum(member.file_size for member in members)
        if unpacked > max(packed * MAX_COMPRESSION_RATIO, ALWAYS_ALLOWED_BYTES):
            raise ValueError(f"it is {packed:,} bytes that unpack to {unpacked:,}")
        for name, expected in self.checksums.items():
            with self.zipped.open(name) as member:
                if hashlib.file_digest(member, "sha256").hexdigest() != expected:
                    raise ValueError(f"{name} is not as it was written")


def _read_manifest(zipped: zipfile.ZipFile) -> dict:
    if zipped.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise ValueError("its manifest is too long")
    manifest = json.loads(zipped.read(MANIFEST))
    if not isinstance(manifest, dict):
        raise ValueError("its manifest is not a JSON object")
    if manifest.get("format") != FORMAT:
        raise ValueError(f"its format is {manifest.get('format')!r:.40}, and this version reads {FORMAT}")
    checksums, migrations = manifest.get("sha256"), manifest.get("migrations")
    if not isinstance(checksums, dict) or not all(isinstance(checksum, str) for checksum in checksums.values()):
        raise ValueError("its manifest has no checksums")
    is_list = isinstance(migrations, list) and all(isinstance(name, list) for name in migrations)
    if not is_list or {tuple(map(type, name)) for name in migrations} != {(str, str)}:
        raise ValueError("its manifest names no migrations")
    return manifest


@contextmanager
def open_archive(path: Path) -> Iterator[BackupReader]:
    """Open a backup whose checksums were verified. Raise BackupError if it is damaged."""
    try:
        zipped = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BackupError(f"{path} is not there.") from error
    except READ_ERRORS as error:
        raise damaged_backup_error(path, error) from error
    with zipped:
        try:
            reader = BackupReader(zipped)
            reader.verify()
        except READ_ERRORS as error:
            raise damaged_backup_error(path, error) from error
        yield reader


def damaged_backup_error(path: Path, error: Exception) -> BackupError:
    reason = str(error.args[0] if isinstance(error, KeyError) else error).rstrip(".")
    return BackupError(f"{path} is damaged, or is not a backup: {reason}. Take another one.")
