"""Damaged and malicious backups: each is rejected with a CommandError and leaves no trace."""

import io
import json
import random
import struct
import zipfile
from hashlib import sha256
from shutil import copy

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from partners.backups import serialization
from tests.helpers.backups import AGREEMENTS, add_document, duplicate_agreement, read_members, write_backup
from tests.helpers.sites import Site

pytestmark = pytest.mark.django_db

DOCUMENT = "documents/partners.document.file/"
UNIVERSITIES = "rows/partners.university.jsonl"


@pytest.fixture(scope="module")
def members(migrated_file, tmp_path_factory):
    """Return the members of a valid backup with a document, by name."""
    folder = tmp_path_factory.mktemp("valid")
    site = Site(f"sqlite:///{copy(migrated_file, folder)}", folder / "documents")
    list_ = folder / "list.tsv"
    list_.write_text("Country\tUniversity name\tAgreement type\nGermany\tMarburg\tBilateral\nItaly\tPavia\tErasmus+")
    site.run("import_partners", list_)
    site.call(add_document)
    site.run("backup", folder / "backup.zip")
    return read_members(folder / "backup.zip")


def dump():
    return {
        model._meta.label: list(model.objects.order_by("pk").values_list())
        for model in serialization.backed_up_models(apps)
    }


def restore(path):
    """Return the message of the CommandError."""
    with pytest.raises(CommandError) as raised:
        call_command("restore", path)
    return str(raised.value)


def damaged_message(reason):
    return f"backup.zip is damaged, or is not a backup: {reason}. Take another one."


def change_line(name, number, change):
    """Return a function that changes one row of a member."""

    def changed(members):
        lines = members[name].splitlines(keepends=True)
        row = json.loads(lines[number])
        lines[number] = json.dumps(change(row, json.loads(lines[0]))).encode() + b"\n"
        return members | {name: b"".join(lines)}

    return changed


def change_value(name, column, new):
    def change(row, columns):
        return [new if name == column else old for name, old in zip(columns, row, strict=True)]

    return change_line(name, 1, change)


def replace_member(name, data):
    return lambda members: members | {name: data}


def duplicate_row(members):
    data = members[UNIVERSITIES]
    return members | {UNIVERSITIES: data + data.splitlines(keepends=True)[1]}


MEMBERS = {
    "a row's JSON is cut": (replace_member(UNIVERSITIES, b'["id"'), "rows/partners.university.jsonl: "),
    "no JSON": (replace_member(UNIVERSITIES, b"\xff\xfe"), "rows/partners.university.jsonl: "),
    "no line": (replace_member(UNIVERSITIES, b""), "rows/partners.university.jsonl: "),
    "JSON without an end": (replace_member(UNIVERSITIES, b"[" * 100_000), "rows/partners.university.jsonl: "),
    "columns are a number": (replace_member(UNIVERSITIES, b"5\n"), "line 1 does not name its columns"),
    "columns are text": (replace_member(UNIVERSITIES, b'"id"\n'), "line 1 does not name its columns"),
    "columns of nobody": (replace_member(UNIVERSITIES, b'["id", "x"]\n'), "line 1 does not name its columns"),
    "columns are lists": (replace_member(UNIVERSITIES, b"[[], {}]\n"), "line 1 does not name its columns"),
    "a column twice": (replace_member(UNIVERSITIES, b'["id", "id"]\n'), "line 1 does not name its columns"),
    "row is an object": (change_line(UNIVERSITIES, 1, lambda row, columns: {}), "line 2 is not a row"),
    "row is nothing": (change_line(UNIVERSITIES, 1, lambda row, columns: None), "line 2 is not a row"),
    "row is too short": (change_line(UNIVERSITIES, 1, lambda row, columns: row[:-1]), "line 2 is not a row"),
    "row is too long": (change_line(UNIVERSITIES, 1, lambda row, columns: [*row, 1]), "line 2 is not a row"),
    "text for a number": (change_value(AGREEMENTS, "university_id", "abc"), "'abc' cannot be id"),
    "number for text": (change_value(UNIVERSITIES, "name", 5), "5 cannot be name"),
    "list for text": (change_value(UNIVERSITIES, "name", ["a"]), "['a'] cannot be name"),
    "truth for a number": (change_value(UNIVERSITIES, "id", True), "True cannot be id"),
    "text for truth": (change_value(UNIVERSITIES, "is_listed", "perhaps"), "'perhaps' cannot be is_listed"),
    "object for a day": (change_value(AGREEMENTS, "valid_until", {}), "{} cannot be valid_until"),
    "no such day": (change_value(AGREEMENTS, "valid_until", "2026-02-30"), "line 2 is not a row: "),
    "no such token": (change_value("rows/partners.run.jsonl", "token", "x"), "line 2 is not a row: "),
    "not base64": (change_value("rows/partners.run.jsonl", "content", "é"), "line 2 is not a row: "),
    "huge number": (change_value(UNIVERSITIES, "id", 10**30), "rows/partners.university.jsonl: "),
    "half a character": (change_value(UNIVERSITIES, "name", "\ud800"), "rows/partners.university.jsonl: "),
    "nothing for a name": (change_value(UNIVERSITIES, "name", None), "rows/partners.university.jsonl: "),
    "the same row twice": (duplicate_row, "rows/partners.university.jsonl: "),
    "two signed for the same days": (duplicate_agreement, "agreement_periods_apart"),
    "country of nobody": (change_value(UNIVERSITIES, "country_id", 987_654), "987654"),
    "university of nobody": (change_value(AGREEMENTS, "university_id", 987_654), "987654"),
    "table of nobody": (
        replace_member("rows/partners.secret.jsonl", b"[]\n"),
        "it has the unknown member 'rows/partners.secret",
    ),
    "table of another app": (
        replace_member("rows/sessions.session.jsonl", b"[]\n"),
        "it has the unknown member 'rows/sess",
    ),
    "stranger": (replace_member("stranger", b"x"), "it has the unknown member 'stranger'"),
    "document elsewhere": (replace_member("documents/other/a", b"x"), "it has the unknown member 'documents/other/a'"),
    "document above its folder": (
        replace_member(f"{DOCUMENT}../../../evil", b"x"),
        "it has the unknown member 'documents/part",
    ),
    "document in the folder above": (
        replace_member(f"{DOCUMENT}..", b"x"),
        "it has the unknown member 'documents/part",
    ),
    "document at the root": (replace_member(f"{DOCUMENT}/etc/evil", b"x"), "it has the unknown member 'documents/part"),
    "document without a name": (replace_member(DOCUMENT, b"x"), "it has the unknown member 'documents/part"),
    "document with a line break": (
        replace_member(f"{DOCUMENT}a\nb", b"x"),
        "it has the unknown member 'documents/part",
    ),
    "document of no row": (replace_member(f"{DOCUMENT}unnamed", b"x"), "no row names the document"),
}


@pytest.mark.parametrize(("change", "reason"), MEMBERS.values(), ids=MEMBERS)
def test_invalid_members_are_rejected(members, tmp_path, documents, change, reason):
    before = dump()

    message = restore(write_backup(tmp_path / "backup.zip", change(members)))

    assert "backup.zip is damaged, or is not a backup: " in message
    assert reason in message
    assert (dump(), documents.exists()) == (before, False)


@pytest.mark.parametrize("missing", ["rows/partners.agreement.jsonl", "rows/auth.user.jsonl", DOCUMENT])
def test_missing_member_is_rejected(members, tmp_path, documents, missing):
    before = dump()
    remaining = {name: data for name, data in members.items() if not name.startswith(missing)}

    message = restore(write_backup(tmp_path / "backup.zip", remaining))

    assert message.endswith(" is not in it. Take another one.") or ", which is not in it. Take" in message
    assert (dump(), documents.exists()) == (before, False)


NO_MIGRATIONS, NO_CHECKSUMS = "its manifest names no migrations", "its manifest has no checksums"
MANIFESTS = {
    "without migrations": ({"migrations": ...}, NO_MIGRATIONS),
    "no migrations": ({"migrations": []}, NO_MIGRATIONS),
    "migrations are text": ({"migrations": "partners"}, NO_MIGRATIONS),
    "migrations are an object": ({"migrations": {"partners": "0001"}}, NO_MIGRATIONS),
    "migration is a number": ({"migrations": [5]}, NO_MIGRATIONS),
    "migration is half a name": ({"migrations": [["partners"]]}, NO_MIGRATIONS),
    "migration is of lists": ({"migrations": [[["partners"], {}]]}, NO_MIGRATIONS),
    "without checksums": ({"sha256": ...}, NO_CHECKSUMS),
    "checksums are a list": ({"sha256": ["rows"]}, NO_CHECKSUMS),
    "checksum is a number": ({"sha256": {"rows": 5}}, NO_CHECKSUMS),
    "other members": ({"sha256": {"rows": "x"}}, "its members do not match its manifest"),
    "without a format": ({"format": ...}, "its format is None, and this version reads 1"),
    "later format": ({"format": 2}, "its format is 2, and this version reads 1"),
    "format is a list": ({"format": [1]}, "its format is [1], and this version reads 1"),
}


@pytest.mark.parametrize(("manifest", "reason"), MANIFESTS.values(), ids=MANIFESTS)
def test_invalid_manifest_is_rejected(members, tmp_path, manifest, reason):
    before = dump()

    message = restore(write_backup(tmp_path / "backup.zip", members, manifest))

    assert message.endswith(damaged_message(reason))
    assert dump() == before


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"null", b"5", b'"text"', b"\xff", b"[" * 100_000])
def test_malformed_manifest_is_rejected(members, tmp_path, manifest):
    with zipfile.ZipFile(tmp_path / "backup.zip", "w") as zipped:
        zipped.writestr("manifest.json", manifest)

    assert "backup.zip is damaged, or is not a backup: " in restore(tmp_path / "backup.zip")


def test_migration_of_a_newer_version_is_named(members, tmp_path):
    migrations = [*json.loads(members["manifest.json"])["migrations"], ["strange", "0001_initial"]]

    message = restore(write_backup(tmp_path / "backup.zip", members, {"migrations": migrations}))

    assert message == "The backup is of a newer version, which has strange.0001_initial. Upgrade first, then restore."


def test_wrong_checksum_is_rejected(members, tmp_path):
    checksums = {name: sha256(data).hexdigest() for name, data in members.items() if name != "manifest.json"}

    message = restore(write_backup(tmp_path / "backup.zip", members, {"sha256": checksums | {UNIVERSITIES: "0" * 64}}))

    assert message.endswith(damaged_message(f"{UNIVERSITIES} is not as it was written"))


def test_zip_bomb_is_rejected_before_it_is_unpacked(members, tmp_path):
    bomb = members | {f"{DOCUMENT}bomb": b"\0" * 100_000_000}

    message = restore(write_backup(tmp_path / "backup.zip", bomb))

    assert " bytes that unpack to 100," in message


def test_manifest_that_unpacks_to_much_is_rejected(tmp_path):
    with zipfile.ZipFile(tmp_path / "backup.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("manifest.json", b" " * 70_000_000)

    assert restore(tmp_path / "backup.zip").endswith(damaged_message("its manifest is too long"))


def test_duplicate_member_is_rejected(members, tmp_path):
    path = write_backup(tmp_path / "backup.zip", members)
    with zipfile.ZipFile(path, "a") as zipped, pytest.warns(UserWarning, match="Duplicate name"):
        zipped.writestr(UNIVERSITIES, b"[]\n")

    assert restore(path).endswith(damaged_message("its members do not match its manifest"))


def test_encrypted_backup_is_rejected(members, tmp_path):
    path = write_backup(tmp_path / "backup.zip", members)
    encrypted = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = encrypted.find(signature)
        while at >= 0:
            flags = struct.unpack_from("<H", encrypted, at + offset)[0]
            struct.pack_into("<H", encrypted, at + offset, flags | 1)
            at = encrypted.find(signature, at + 4)
    path.write_bytes(encrypted)

    assert "is encrypted, password required" in restore(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6" + b"\0" * 18, b"SQLite format 3\0" * 100])
def test_file_of_another_type_is_rejected(tmp_path, data):
    (tmp_path / "backup.zip").write_bytes(data)

    assert "backup.zip is damaged, or is not a backup: " in restore(tmp_path / "backup.zip")


def test_folder_is_rejected(tmp_path):
    assert "is damaged, or is not a backup: " in restore(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_randomly_changed_rows_are_rejected_or_restored(members, tmp_path, documents, seed):
    chance = random.Random(seed)  # noqa: S311
    values = [None, True, -1, 0, 10**19, 1.5, float("nan"), "", "x", "\0", "\ud800", [], {}, "2026-13-01", "9" * 5000]
    name = chance.choice([name for name in members if name.startswith("rows/") and members[name].count(b"\n") > 1])
    table = [json.loads(line) for line in members[name].splitlines()]
    row = chance.choice(table)
    row[chance.randrange(len(row))] = chance.choice(values)
    data = b"".join(json.dumps(values).encode() + b"\n" for values in table)
    before = dump()

    try:
        call_command("restore", write_backup(tmp_path / "backup.zip", members | {name: data}), stdout=io.StringIO())
    except CommandError:
        assert (dump(), documents.exists()) == (before, False)
    else:
        assert len(list(documents.iterdir())) == 1


@pytest.mark.slow
def test_rejected_backup_leaves_an_empty_database_empty(members, new_site, tmp_path):
    site, valid = new_site(), tmp_path / "valid.zip"

    rejected = site.run("restore", write_backup(tmp_path / "backup.zip", members | {f"{DOCUMENT}unnamed": b"x"}))
    tables = site.run("inspectdb")[0]
    restored = site.run("restore", write_backup(valid, members))

    assert "no row names the document 'documents/partners.document.file/unnamed'" in rejected[1]
    assert "class " not in tables
    assert restored == ("Restored 2 universities with 2 agreements.", "")
    assert len(list(site.documents.iterdir())) == 1
