"""Backups that are damaged, or were made by somebody who means harm: each ends in a sentence, and leaves nothing."""

import io
import json
import random
import struct
import zipfile
from hashlib import sha256

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from partners.backups import archive, serialization
from tests.backups.conftest import Site

pytestmark = pytest.mark.django_db

DOCUMENT = "documents/partners.document.file/"
UNIVERSITIES, AGREEMENTS = "rows/partners.university.jsonl", "rows/partners.agreement.jsonl"
ADD_DOCUMENT = """
from django.core.files.uploadedfile import SimpleUploadedFile
from partners.models import Agreement, Document
agreement = Agreement.objects.first()
Document.of(SimpleUploadedFile("signed.pdf", b"%PDF-1.7 signed %%EOF"), agreement=agreement).save()
"""


@pytest.fixture(scope="module")
def members(databases, tmp_path_factory):
    """The members of a whole backup with a document, by name."""
    folder = tmp_path_factory.mktemp("whole")
    site = Site(f"sqlite:///{folder}/partners.sqlite3", folder / "documents")
    site.run("migrate", "--verbosity", "0")
    list_ = folder / "list.tsv"
    list_.write_text("Country\tUniversity name\tAgreement type\nGermany\tMarburg\tBilateral\nItaly\tPavia\tErasmus+")
    site.run("import_partners", list_)
    site.run("shell", "--verbosity", "0", "--command", ADD_DOCUMENT)
    site.run("backup", folder / "backup.zip")
    with zipfile.ZipFile(folder / "backup.zip") as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def write(path, members, manifest=None, **options):
    """A zip of these members, with checksums that are right."""
    content = {name: data for name, data in members.items() if name != archive.MANIFEST}
    about = json.loads(members[archive.MANIFEST]) | {
        "sha256": {name: sha256(data).hexdigest() for name, data in content.items()}
    }
    about = {name: value for name, value in (about | (manifest or {})).items() if value is not ...}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in content.items():
            zipped.writestr(name, data, **options)
        zipped.writestr(archive.MANIFEST, json.dumps(about))
    return path


def everything():
    return {
        model._meta.label: list(model.objects.order_by("pk").values_list())
        for model in serialization.backed_up_models(apps)
    }


def restore(path):
    """The sentence in which it ends. Anything but a CommandError fails the test."""
    with pytest.raises(CommandError) as raised:
        call_command("restore", path)
    return str(raised.value)


def damage(reason):
    return f"backup.zip is damaged, or is not a backup: {reason}. Take another one."


def line(name, number, change):
    """Changes one row of a member."""

    def changed(members):
        lines = members[name].splitlines(keepends=True)
        row = json.loads(lines[number])
        lines[number] = json.dumps(change(row, json.loads(lines[0]))).encode() + b"\n"
        return members | {name: b"".join(lines)}

    return changed


def value(name, column, new):
    def change(row, columns):
        return [new if each == column else old for each, old in zip(columns, row, strict=True)]

    return line(name, 1, change)


def content(name, data):
    return lambda members: members | {name: data}


def twice(members):
    data = members[UNIVERSITIES]
    return members | {UNIVERSITIES: data + data.splitlines(keepends=True)[1]}


MEMBERS = {
    "a row's JSON is cut": (content(UNIVERSITIES, b'["id"'), "rows/partners.university.jsonl: "),
    "no JSON": (content(UNIVERSITIES, b"\xff\xfe"), "rows/partners.university.jsonl: "),
    "no line": (content(UNIVERSITIES, b""), "rows/partners.university.jsonl: "),
    "JSON without an end": (content(UNIVERSITIES, b"[" * 100_000), "rows/partners.university.jsonl: "),
    "columns are a number": (content(UNIVERSITIES, b"5\n"), "line 1 does not name its columns"),
    "columns are text": (content(UNIVERSITIES, b'"id"\n'), "line 1 does not name its columns"),
    "columns of nobody": (content(UNIVERSITIES, b'["id", "x"]\n'), "line 1 does not name its columns"),
    "columns are lists": (content(UNIVERSITIES, b"[[], {}]\n"), "line 1 does not name its columns"),
    "a column twice": (content(UNIVERSITIES, b'["id", "id"]\n'), "line 1 does not name its columns"),
    "row is an object": (line(UNIVERSITIES, 1, lambda row, columns: {}), "line 2 is not a row"),
    "row is nothing": (line(UNIVERSITIES, 1, lambda row, columns: None), "line 2 is not a row"),
    "row is too short": (line(UNIVERSITIES, 1, lambda row, columns: row[:-1]), "line 2 is not a row"),
    "row is too long": (line(UNIVERSITIES, 1, lambda row, columns: [*row, 1]), "line 2 is not a row"),
    "text for a number": (value(AGREEMENTS, "university_id", "abc"), "'abc' cannot be id"),
    "number for text": (value(UNIVERSITIES, "name", 5), "5 cannot be name"),
    "list for text": (value(UNIVERSITIES, "name", ["a"]), "['a'] cannot be name"),
    "truth for a number": (value(UNIVERSITIES, "id", True), "True cannot be id"),
    "text for truth": (value(UNIVERSITIES, "is_listed", "perhaps"), "'perhaps' cannot be is_listed"),
    "object for a day": (value(AGREEMENTS, "valid_until", {}), "{} cannot be valid_until"),
    "no such day": (value(AGREEMENTS, "valid_until", "2026-02-30"), "line 2 is not a row: "),
    "no such token": (value("rows/partners.importrun.jsonl", "token", "x"), "line 2 is not a row: "),
    "not base64": (value("rows/partners.importrun.jsonl", "content", "é"), "line 2 is not a row: "),
    "huge number": (value(UNIVERSITIES, "id", 10**30), "rows/partners.university.jsonl: "),
    "half a character": (value(UNIVERSITIES, "name", "\ud800"), "rows/partners.university.jsonl: "),
    "nothing for a name": (value(UNIVERSITIES, "name", None), "rows/partners.university.jsonl: "),
    "the same row twice": (twice, "rows/partners.university.jsonl: "),
    "country of nobody": (value(UNIVERSITIES, "country_id", 987_654), "987654"),
    "university of nobody": (value(AGREEMENTS, "university_id", 987_654), "987654"),
    "table of nobody": (
        content("rows/partners.secret.jsonl", b"[]\n"),
        "nothing is known of 'rows/partners.secret",
    ),
    "table of another app": (content("rows/sessions.session.jsonl", b"[]\n"), "nothing is known of 'rows/sess"),
    "stranger": (content("stranger", b"x"), "nothing is known of 'stranger'"),
    "document elsewhere": (content("documents/other/a", b"x"), "nothing is known of 'documents/other/a'"),
    "document above its folder": (content(f"{DOCUMENT}../../../evil", b"x"), "nothing is known of 'documents/part"),
    "document in the folder above": (content(f"{DOCUMENT}..", b"x"), "nothing is known of 'documents/part"),
    "document at the root": (content(f"{DOCUMENT}/etc/evil", b"x"), "nothing is known of 'documents/part"),
    "document without a name": (content(DOCUMENT, b"x"), "nothing is known of 'documents/part"),
    "document with a line break": (content(f"{DOCUMENT}a\nb", b"x"), "nothing is known of 'documents/part"),
    "document of no row": (content(f"{DOCUMENT}unnamed", b"x"), "no row names the document"),
}


@pytest.mark.parametrize(("change", "reason"), MEMBERS.values(), ids=MEMBERS)
def test_members_of_no_register_are_refused(members, tmp_path, documents, change, reason):
    before = everything()

    sentence = restore(write(tmp_path / "backup.zip", change(members)))

    assert "backup.zip is damaged, or is not a backup: " in sentence
    assert reason in sentence
    assert (everything(), documents.exists()) == (before, False)


@pytest.mark.parametrize("missing", ["rows/partners.agreement.jsonl", "rows/auth.user.jsonl", DOCUMENT])
def test_missing_member_is_refused(members, tmp_path, documents, missing):
    before = everything()
    left = {name: data for name, data in members.items() if not name.startswith(missing)}

    sentence = restore(write(tmp_path / "backup.zip", left))

    assert sentence.endswith(" is not in it. Take another one.") or ", which is not in it. Take" in sentence
    assert (everything(), documents.exists()) == (before, False)


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
    "other members": ({"sha256": {"rows": "x"}}, "what is in it is not what its manifest tells"),
    "without a format": ({"format": ...}, "its format is None, and this version reads 1"),
    "later format": ({"format": 2}, "its format is 2, and this version reads 1"),
    "format is a list": ({"format": [1]}, "its format is [1], and this version reads 1"),
}


@pytest.mark.parametrize(("manifest", "reason"), MANIFESTS.values(), ids=MANIFESTS)
def test_manifest_of_no_backup_is_refused(members, tmp_path, manifest, reason):
    before = everything()

    sentence = restore(write(tmp_path / "backup.zip", members, manifest))

    assert sentence.endswith(damage(reason))
    assert everything() == before


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"null", b"5", b'"text"', b"\xff", b"[" * 100_000])
def test_manifest_that_is_no_object_is_refused(members, tmp_path, manifest):
    with zipfile.ZipFile(tmp_path / "backup.zip", "w") as zipped:
        zipped.writestr("manifest.json", manifest)

    assert "backup.zip is damaged, or is not a backup: " in restore(tmp_path / "backup.zip")


def test_migration_of_a_newer_version_is_named(members, tmp_path):
    migrations = [*json.loads(members["manifest.json"])["migrations"], ["strange", "0001_initial"]]

    sentence = restore(write(tmp_path / "backup.zip", members, {"migrations": migrations}))

    assert sentence == "The backup is of a newer version, which has strange.0001_initial. Upgrade first, then restore."


def test_wrong_checksum_is_refused(members, tmp_path):
    checksums = {name: sha256(data).hexdigest() for name, data in members.items() if name != "manifest.json"}

    sentence = restore(write(tmp_path / "backup.zip", members, {"sha256": checksums | {UNIVERSITIES: "0" * 64}}))

    assert sentence.endswith(damage(f"{UNIVERSITIES} is not as it was written"))


def test_zip_bomb_is_refused_before_it_is_unpacked(members, tmp_path):
    bomb = members | {f"{DOCUMENT}bomb": b"\0" * 100_000_000}

    sentence = restore(write(tmp_path / "backup.zip", bomb))

    assert " bytes that unpack to 100," in sentence


def test_manifest_that_unpacks_to_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "backup.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("manifest.json", b" " * 70_000_000)

    assert restore(tmp_path / "backup.zip").endswith(damage("its manifest is too long"))


def test_member_that_is_there_twice_is_refused(members, tmp_path):
    path = write(tmp_path / "backup.zip", members)
    with zipfile.ZipFile(path, "a") as zipped, pytest.warns(UserWarning, match="Duplicate name"):
        zipped.writestr(UNIVERSITIES, b"[]\n")

    assert restore(path).endswith(damage("what is in it is not what its manifest tells"))


def test_encrypted_backup_is_refused(members, tmp_path):
    path = write(tmp_path / "backup.zip", members)
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
def test_file_of_another_kind_is_refused(tmp_path, data):
    (tmp_path / "backup.zip").write_bytes(data)

    assert "backup.zip is damaged, or is not a backup: " in restore(tmp_path / "backup.zip")


def test_folder_is_refused(tmp_path):
    assert "is damaged, or is not a backup: " in restore(tmp_path)


@pytest.mark.parametrize("seed", range(40))
def test_rows_changed_by_chance_end_in_a_sentence_or_in_a_register(members, tmp_path, documents, seed):
    chance = random.Random(seed)  # noqa: S311
    values = [None, True, -1, 0, 10**19, 1.5, float("nan"), "", "x", "\0", "\ud800", [], {}, "2026-13-01", "9" * 5000]
    name = chance.choice([name for name in members if name.startswith("rows/") and members[name].count(b"\n") > 1])
    table = [json.loads(each) for each in members[name].splitlines()]
    row = chance.choice(table)
    row[chance.randrange(len(row))] = chance.choice(values)
    data = b"".join(json.dumps(each).encode() + b"\n" for each in table)
    before = everything()

    try:
        call_command("restore", write(tmp_path / "backup.zip", members | {name: data}), stdout=io.StringIO())
    except CommandError:
        assert (everything(), documents.exists()) == (before, False)
    else:
        assert len(list(documents.iterdir())) == 1


def test_refused_backup_leaves_an_empty_database_empty(members, new_site, tmp_path):
    site, whole = new_site(), tmp_path / "whole.zip"

    refused = site.run("restore", write(tmp_path / "backup.zip", members | {f"{DOCUMENT}unnamed": b"x"}))
    tables = site.run("inspectdb")[0]
    restored = site.run("restore", write(whole, members))

    assert "no row names the document 'documents/partners.document.file/unnamed'" in refused[1]
    assert "class " not in tables
    assert restored == ("Restored 2 universities with 2 agreements.", "")
    assert len(list(site.documents.iterdir())) == 1
