import struct

import pytest
from django.core.exceptions import ValidationError

from partners import file_types
from partners.file_types import FileType, detect_file_type, validate_document_type
from tests.helpers.files import JPEG, PDF, PNG, build_zip, docx, odt

ALL = {FileType.PDF: PDF, FileType.DOCX: docx(), FileType.ODT: odt(), FileType.PNG: PNG, FileType.JPEG: JPEG}
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def error_message(validator, *values):
    with pytest.raises(ValidationError) as raised:
        validator(*values)
    return raised.value.messages[0]


@pytest.mark.parametrize(("file_type", "content"), ALL.items(), ids=[str(file_type) for file_type in ALL])
def test_file_type_is_detected_by_content(file_type, content):
    assert detect_file_type(content) == file_type


@pytest.mark.parametrize("extension", ["jpg", "jpeg", "JPG"])
def test_jpeg_has_two_extensions_in_any_case(extension):
    assert validate_document_type(f"scan.{extension}", JPEG) == FileType.JPEG


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (OLD_WORD, "a file of Office 97-2003, or one with a password"),
        (build_zip({"invoice.pdf": PDF}), "an archive, or a document of another kind"),
        (docx("application/vnd.ms-word.document.macroEnabled.main+xml"), "an archive, or a document of another kind"),
        (odt("application/vnd.oasis.opendocument.spreadsheet"), "an archive, or a document of another kind"),
        (b"<html><script>alert(1)</script>", "a web page or XML"),
        (b"GIF89a", "a GIF image"),
        (b"{\\rtf1", "rich text"),
        (b"MZ\x90\x00", "a file of another kind"),
        (b"\xff\xd8", "a file of another kind"),
        (b" %PDF-1.7", "a file of another kind"),
    ],
    ids=["doc", "zip", "docm", "ods", "html", "gif", "rtf", "exe", "cut off", "not at the beginning"],
)
def test_unsupported_type_is_rejected_by_its_name(content, what):
    assert error_message(validate_document_type, "agreement.pdf", content) == (
        f"“agreement.pdf” is {what}. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file."
    )


@pytest.mark.parametrize("name", ["agreement.png", "agreement", "agreement.pdf.exe"])
def test_wrong_extension_is_rejected(name):
    assert error_message(validate_document_type, name, PDF) == (
        f"“{name}” is in fact a PDF. Let its name end with “.pdf”, and choose it again."
    )


def test_empty_file_is_rejected():
    message = error_message(validate_document_type, "agreement.pdf", b"")

    assert message == "“agreement.pdf” is empty. Choose another file."


def test_file_of_exactly_the_limit_is_accepted():
    file_types.validate_file_size("scan.pdf", 20_000_000, 20)


def test_larger_file_is_rejected():
    assert error_message(file_types.validate_file_size, "scan.pdf", 25_300_000, 20) == (
        "“scan.pdf” has 25.3 MB, a document at most 20 MB. Make it smaller, or divide it."
    )


@pytest.mark.parametrize("hidden", ["\x00", "\n", "\x7f", "\u202e", "\u2066", "\u2028"])
def test_name_with_hidden_characters_is_rejected(hidden):
    assert error_message(file_types.validate_file_name, f"agreement{hidden}fdp.exe") == (
        "“agreement\ufffdfdp.exe” has characters in its name that nobody sees. Rename the file, and choose it again."
    )


@pytest.mark.parametrize("name", ["Łódź – 東京 (1).pdf", "عقد.pdf", "=1+1.pdf", "-agreement.pdf", "a\u200f.pdf"])
def test_name_in_any_script_is_accepted(name):
    file_types.validate_file_name(name)


def test_long_name_is_rejected():
    file_types.validate_file_name("a" * 200)

    assert error_message(file_types.validate_file_name, "a" * 201) == (
        f"“{'a' * 40}…” has a name of more than 200 characters. Shorten it, and choose the file again."
    )


def test_only_the_beginning_of_a_large_archive_entry_is_read():
    types = b" " * 50_000_000 + file_types.DOCX_CONTENT_TYPE

    assert detect_file_type(build_zip({"[Content_Types].xml": types})) is None


def test_archive_with_too_many_entries_is_not_opened(monkeypatch):
    monkeypatch.setattr(file_types, "MAX_ARCHIVE_ENTRIES", 1)

    assert detect_file_type(docx()) is None


@pytest.mark.parametrize("cut", [4, 30, 60, -40, -1])
def test_damaged_archive_has_no_type(cut):
    assert detect_file_type(docx()[:cut]) is None


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8, 12), (8, 99), (6, 1)],
    ids=["bzip2", "unknown method", "password"],
)
def test_archive_with_unsupported_compression_has_no_type(offset, value):
    """Set the flags or the compression method in the local header and in the central directory."""
    content = docx()
    for start, distance in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        at = content.index(start) + offset + distance
        content = content[:at] + struct.pack("<H", value) + content[at + 2 :]

    assert detect_file_type(content) is None
