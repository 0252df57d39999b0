import os
import stat
import zipfile

import pytest

from partners.backups import archive
from partners.backups.archive import BackupError

MEMBERS = {"rows/a.jsonl": [b'["id"]\n', b"[1]\n" * 400], "documents/b": [b"%PDF", os.urandom(300)], "empty": []}


@pytest.fixture
def backup(tmp_path):
    path = tmp_path / "backup.zip"
    archive.write_archive(path, MEMBERS.items(), migrations=[["partners", "0001_initial"]])
    return path


def members(path):
    with archive.open_archive(path) as reader:
        return {name: reader.zipped.open(name).read() for name in reader.checksums}


def test_members_are_read_as_written(backup):
    assert members(backup) == {name: b"".join(blocks) for name, blocks in MEMBERS.items()}


def test_file_is_readable_by_its_owner_only(backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_any_wrong_byte_is_detected_or_harmless(backup):
    original, content = members(backup), backup.read_bytes()
    rejected = 0
    for at in range(len(content)):
        backup.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        try:
            assert members(backup) == original
        except BackupError:
            rejected += 1

    assert rejected > len(content) / 2


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_rejected(backup, share):
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(BackupError, match=r"is damaged, or is not a backup: File is not a zip file\. Take another"):
        members(backup)


def test_zip_without_manifest_is_rejected(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a", "b")

    with pytest.raises(BackupError, match="is damaged, or is not a backup"):
        members(tmp_path / "other.zip")


def test_member_missing_from_the_manifest_is_rejected(backup):
    with zipfile.ZipFile(backup, "a") as zipped:
        zipped.writestr("documents/stranger", "x")

    with pytest.raises(BackupError, match="its members do not match its manifest"):
        members(backup)


def test_missing_file_is_reported(tmp_path):
    with pytest.raises(BackupError, match=r"none\.zip is not there\.$"):
        members(tmp_path / "none.zip")


def test_failed_backup_leaves_the_previous_one_and_no_partial_file(backup):
    original = members(backup)

    with pytest.raises(TypeError):
        archive.write_archive(backup, [("rows", [b"new", None])])

    assert members(backup) == original
    assert list(backup.parent.iterdir()) == [backup]


def test_missing_folder_is_reported(tmp_path):
    path = tmp_path / "none" / "backup.zip"

    with pytest.raises(BackupError, match=r"backup\.zip cannot be written: No such file or directory\."):
        archive.write_archive(path, [])
