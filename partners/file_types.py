"""File type detection by content, and validation of files that are uploaded as documents."""

import io
import struct
import zipfile
import zlib

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from partners.validators import CONTROL_CHARACTERS_RE

MAX_NAME_LENGTH = 200
# They display a name in another order, so that “fdp.exe” reads “exe.pdf”.
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

ZIP_MAGIC, OLE2_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DIRECTORY_ENTRY_MAGIC = b"PK\x01\x02"
MAX_ARCHIVE_ENTRIES = 5_000
# Bytes read of one entry, whatever it unpacks to.
MAX_ENTRY_BYTES = 1_000_000
DOCX_CONTENT_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT_MIMETYPE = b"application/vnd.oasis.opendocument.text"
# Raised by zipfile for damaged or unsupported archives.
ARCHIVE_ERRORS = (
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,  # a password
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class FileType(TextChoices):
    PDF = "pdf", _("PDF")
    DOCX = "docx", _("Word document")
    ODT = "odt", _("OpenDocument text")
    PNG = "png", _("PNG image")
    JPEG = "jpeg", _("JPEG image")


MEDIA_TYPES = {
    FileType.PDF: "application/pdf",
    FileType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileType.ODT: "application/vnd.oasis.opendocument.text",
    FileType.PNG: "image/png",
    FileType.JPEG: "image/jpeg",
}
EXTENSIONS = {file_type: (f".{file_type.value}",) for file_type in FileType} | {FileType.JPEG: (".jpg", ".jpeg")}
MAGIC_BYTES = {
    b"%PDF-": FileType.PDF,
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": FileType.PNG,
    b"\xff\xd8\xff": FileType.JPEG,
}
UNSUPPORTED_MAGIC = {
    OLE2_MAGIC: _("a file of Office 97-2003, or one with a password"),
    ZIP_MAGIC: _("an archive, or a document of another kind"),
    b"GIF8": _("a GIF image"),
    b"II*\x00": _("a TIFF image"),
    b"MM\x00*": _("a TIFF image"),
    b"{\\rtf": _("rich text"),
    b"<": _("a web page or XML"),
}

OTHER_FILES = {
    FileType.PDF: _("a PDF"),
    FileType.DOCX: _("a Word document"),
    FileType.ODT: _("a text document"),
    FileType.PNG: _("a picture"),
    FileType.JPEG: _("a picture"),
}
MARKUP = {
    b"<office:document": _("a flat OpenDocument file"),
    b"excel.sheet": _("an XML spreadsheet"),
    b"urn:schemas-microsoft-com:office:spreadsheet": _("an XML spreadsheet"),
    b"<!doctype html": _("a web page"),
    b"<html": _("a web page"),
    b"<meta": _("a web page"),
    b"<table": _("a web page"),
    b"<": _("XML"),
}
"""Texts near the beginning of files in markup, in small letters, the more telling first."""
OTHER_BEGINNINGS = {
    b"mime-version:": _("a web page"),
    b"gif8": _("a picture"),
    b"ii*": _("a picture"),
    b"mm*": _("a picture"),
    b"{\\rtf": _("rich text"),
}


def detect_file_type(content: bytes) -> FileType | None:
    for magic, file_type in MAGIC_BYTES.items():
        if content.startswith(magic):
            return file_type
    if DOCX_CONTENT_TYPE in _read_archive_entry(content, "[Content_Types].xml"):
        return FileType.DOCX
    return FileType.ODT if _read_archive_entry(content, "mimetype") == ODT_MIMETYPE else None


def describe_other_file(content: bytes) -> str:
    """Return the type of a file that is no table, such as a web page with the name of a spreadsheet, or ""."""
    file_type = detect_file_type(content)
    if file_type:
        return str(OTHER_FILES[file_type])
    start = content[:4_000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if content.startswith(ZIP_MAGIC):
        return str(_("a document of Numbers")) if b"Index/" in content and b".iwa" in content else ""
    if start.startswith(b"<"):
        return next(str(what) for mark, what in MARKUP.items() if mark in start)
    return next((str(what) for mark, what in OTHER_BEGINNINGS.items() if start.startswith(mark)), "")


def validate_document_type(name: str, content: bytes) -> FileType:
    """Return the file's type. Raise ValidationError if it is unsupported or contradicts the name's extension."""
    if not content:
        raise ValidationError(_("“%(name)s” is empty. Choose another file."), "empty", {"name": name})
    file_type = detect_file_type(content)
    if file_type is None:
        what = next(
            (what for magic, what in UNSUPPORTED_MAGIC.items() if content.startswith(magic)),
            _("a file of another kind"),
        )
        message = _("“%(name)s” is %(what)s. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file.")
        raise ValidationError(message, "unsupported_type", {"name": name, "what": what})
    if not name.lower().endswith(EXTENSIONS[file_type]):
        message = _("“%(name)s” is in fact a %(kind)s. Let its name end with “%(ending)s”, and choose it again.")
        params = {"name": name, "kind": file_type.label, "ending": EXTENSIONS[file_type][0]}
        raise ValidationError(message, "wrong_extension", params)
    return file_type


def validate_file_size(name: str, size: int, max_mb: int) -> None:
    if size > max_mb * 1_000_000:
        message = _("“%(name)s” has %(size).1f MB, a document at most %(most)d MB. Make it smaller, or divide it.")
        raise ValidationError(message, "too_large", {"name": name, "size": size / 1_000_000, "most": max_mb})


def validate_file_name(name: str) -> None:
    """Raise ValidationError for a name that is too long or has invisible or reordering characters."""
    hidden = {char for char in name if char in BIDI_CONTROLS or CONTROL_CHARACTERS_RE.match(char)}
    if hidden:
        visible = "".join("\N{REPLACEMENT CHARACTER}" if char in hidden else char for char in name)
        message = _("“%(name)s” has characters in its name that nobody sees. Rename the file, and choose it again.")
        raise ValidationError(message, "hidden_characters", {"name": visible})
    if len(name) > MAX_NAME_LENGTH:
        message = _("“%(name)s…” has a name of more than %(most)d characters. Shorten it, and choose the file again.")
        raise ValidationError(message, "long_name", {"name": name[:40], "most": MAX_NAME_LENGTH})


def _read_archive_entry(content: bytes, name: str) -> bytes:
    """Return the first MAX_ENTRY_BYTES of an archive entry, or nothing if it cannot be read."""
    if not content.startswith(ZIP_MAGIC) or content.count(DIRECTORY_ENTRY_MAGIC) > MAX_ARCHIVE_ENTRIES:
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return b""  # other methods may unpack to any size at once
            with archive.open(name) as entry:
                return entry.read(MAX_ENTRY_BYTES)
    except ARCHIVE_ERRORS:
        return b""


def read_png_size(name: str, content: bytes) -> tuple[int, int]:
    """Return width and height in pixels of a PNG image. Raise ValidationError if it is none, or is damaged."""
    if validate_document_type(name, content) != FileType.PNG:
        raise ValidationError(_("“%(name)s” is no PNG image. Save it as one."), "unsupported_type", {"name": name})
    position, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[position : position + 8].ljust(8, b"\0"))
        checked = content[position + 4 : position + 8 + length]
        checksum = content[position + 8 + length : position + 12 + length]
        if len(checksum) < 4 or zlib.crc32(checked) != int.from_bytes(checksum, "big"):
            message = _("“%(name)s” is damaged. Save the image once more, and choose that file.")
            raise ValidationError(message, "damaged", {"name": name})
        position += 12 + length
    return struct.unpack(">II", content[16:24])
