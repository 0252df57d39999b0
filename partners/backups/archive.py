"""A backup's file: a zip with a checksum of each thing in it, told by a manifest that is written last."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1 << 20
MAX_MANIFEST_BYTES = 1 << 26
MAX_EXPANSION, ALWAYS_ALLOWED_BYTES = 200, 1 << 26
"""A backup's text shrinks to a tenth or a thirtieth. A zip bomb shrinks to a thousandth."""
UNREADABLE = (
    *(AttributeError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What zipfile and json raise over a file in which some bytes are wrong."""


class BackupError(Exception):
    """A backup that cannot be made or restored, told in a sentence."""


class BackupWriter:
    def __init__(self, zipped: zipfile.ZipFile):
        self.zipped = zipped
        self.sums: dict[str, str] = {}

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        told = hashlib.sha256()
        with self.zipped.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                told.update(block)
                member.write(block)
        self.sums[name] = told.hexdigest()


@contextmanager
def open_for_writing(path: Path, **about) -> Iterator[BackupWriter]:
    """Writes a file that has its name only when it is complete and on the disk, and that nobody else may read."""
    unfinished = partial_path(path)
    try:
        with open(unfinished, "wb", opener=_owner_only) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
                writer = BackupWriter(zipped)
                yield writer
                zipped.writestr(MANIFEST, json.dumps({"format": FORMAT, **about, "sha256": writer.sums}, indent=1))
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def partial_path(path: Path) -> Path:
    """What a backup is until it is complete, and what is left of one that was killed."""
    return path.with_name(f".{path.name}.part")


class BackupReader:
    """A backup that was found to be whole."""

    def __init__(self, zipped: zipfile.ZipFile):
        self.zipped = zipped
        self.manifest = self._read_manifest()
        self.sums: dict[str, str] = self.manifest["sha256"]
        self.migrations: list[tuple[str, str]] = [tuple(name) for name in self.manifest["migrations"]]

    def members(self, folder: str) -> list[str]:
        return [name for name in self.sums if name.startswith(f"{folder}/")]

    def open(self, name: str):
        return self.zipped.open(name)

    def check(self) -> None:
        """Raise ValueError unless everything is as it was written."""
        names = self.zipped.namelist()
        if sorted(names) != sorted([*self.sums, MANIFEST]):
            raise ValueError("what is in it is not what its manifest tells")
        self._check_size()
        for name, expected in self.sums.items():
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
        """Raise ValueError for a zip bomb, before any of it is unpacked."""
        unpacked = sum(member.file_size for member in self.zipped.infolist())
        packed = sum(member.compress_size for member in self.zipped.infolist())
        if unpacked > max(packed * MAX_EXPANSION, ALWAYS_ALLOWED_BYTES):
            raise ValueError(f"it is {packed:,} bytes that unpack to {unpacked:,}")


def _is_checksums(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(checksum, str) for checksum in value.values())


def _is_migrations(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_migration, value))


def _is_migration(name: object) -> bool:
    return isinstance(name, list) and len(name) == 2 and all(isinstance(part, str) for part in name)


@contextmanager
def open_for_reading(path: Path) -> Iterator[BackupReader]:
    """Reads a backup, after everything in it was held against its checksum."""
    with _opened(path) as zipped:
        yield _verified(path, zipped)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BackupError(f"{path} is not there.") from error
    except UNREADABLE as error:
        raise damaged(path, error) from error


def _verified(path: Path, zipped: zipfile.ZipFile) -> BackupReader:
    try:
        reader = BackupReader(zipped)
        reader.check()
    except UNREADABLE as error:
        raise damaged(path, error) from error
    return reader


def damaged(path: Path, error: Exception) -> BackupError:
    reason = str(error.args[0] if isinstance(error, KeyError) else error).rstrip(".")
    return BackupError(f"{path} is damaged, or is not a backup: {reason}. Take another one.")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
