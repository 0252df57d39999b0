"""What a file is, told from its content, and which files the register takes as documents."""

import io
import struct
import zipfile
import zlib

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from partners.validators import CONTROL_CHARACTERS_RE

MAX_NAME_LENGTH = 200
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""They show a name in another order than it has, so that “fdp.exe” reads “exe.pdf”."""

ZIP_MAGIC, OLE2_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DIRECTORY_ENTRY_MAGIC = b"PK\x01\x02"
MAX_ARCHIVE_ENTRIES = 5_000
MAX_ENTRY_BYTES = 1_000_000
"""Bytes of a part, whatever it unpacks to."""
DOCX_CONTENT_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT_MIMETYPE = b"application/vnd.oasis.opendocument.text"
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
"""What opening and reading an archive raises that is not as it should be."""


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
EXTENSIONS = {kind: (f".{kind.value}",) for kind in FileType} | {FileType.JPEG: (".jpg", ".jpeg")}
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


def detect_file_type(content: bytes) -> FileType | None:
    for start, kind in MAGIC_BYTES.items():
        if content.startswith(start):
            return kind
    if DOCX_CONTENT_TYPE in _read_archive_entry(content, "[Content_Types].xml"):
        return FileType.DOCX
    return FileType.ODT if _read_archive_entry(content, "mimetype") == ODT_MIMETYPE else None


def validate_document_type(name: str, content: bytes) -> FileType:
    """What the file is. Refuses what the register does not take, and a name that says something else."""
    if not content:
        raise ValidationError(_("“%(name)s” is empty. Choose another file."), "empty", {"name": name})
    kind = detect_file_type(content)
    if kind is None:
        what = next(
            (what for start, what in UNSUPPORTED_MAGIC.items() if content.startswith(start)),
            _("a file of another kind"),
        )
        message = _("“%(name)s” is %(what)s. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file.")
        raise ValidationError(message, "kind", {"name": name, "what": what})
    if not name.lower().endswith(EXTENSIONS[kind]):
        message = _("“%(name)s” is in fact a %(kind)s. Let its name end with “%(ending)s”, and choose it again.")
        raise ValidationError(message, "ending", {"name": name, "kind": kind.label, "ending": EXTENSIONS[kind][0]})
    return kind


def validate_file_size(name: str, size: int, most_mb: int) -> None:
    if size > most_mb * 1_000_000:
        message = _("“%(name)s” has %(size).1f MB, a document at most %(most)d MB. Make it smaller, or divide it.")
        raise ValidationError(message, "too_large", {"name": name, "size": size / 1_000_000, "most": most_mb})


def validate_file_name(name: str) -> None:
    """A name of one line that reads as it is."""
    hidden = {char for char in name if char in BIDI_CONTROLS or CONTROL_CHARACTERS_RE.match(char)}
    if hidden:
        shown = "".join("\N{REPLACEMENT CHARACTER}" if char in hidden else char for char in name)
        message = _("“%(name)s” has characters in its name that nobody sees. Rename the file, and choose it again.")
        raise ValidationError(message, "hidden_characters", {"name": shown})
    if len(name) > MAX_NAME_LENGTH:
        message = _("“%(name)s…” has a name of more than %(most)d characters. Shorten it, and choose the file again.")
        raise ValidationError(message, "long_name", {"name": name[:40], "most": MAX_NAME_LENGTH})


def _read_archive_entry(content: bytes, name: str) -> bytes:
    """The beginning of a part of an archive, or nothing."""
    if not content.startswith(ZIP_MAGIC) or content.count(DIRECTORY_ENTRY_MAGIC) > MAX_ARCHIVE_ENTRIES:
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return b""  # other ways unpack to any size at once
            with archive.open(name) as part:
                return part.read(MAX_ENTRY_BYTES)
    except ARCHIVE_ERRORS:
        return b""
