"""What a file is, told from its content, and which files the register takes as documents."""

import io
import struct
import zipfile
import zlib

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from partners.rules import UNPRINTABLE

LONGEST_NAME = 200
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""They show a name in another order than it has, so that “fdp.exe” reads “exe.pdf”."""

ZIP, OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DIRECTORY_ENTRY = b"PK\x01\x02"
MOST_PARTS = 5_000
MOST_READ = 1_000_000
"""Bytes of a part, whatever it unpacks to."""
WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
OPEN_DOCUMENT_TEXT = b"application/vnd.oasis.opendocument.text"
DAMAGED = (
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


class Kind(TextChoices):
    PDF = "pdf", _("PDF")
    DOCX = "docx", _("Word document")
    ODT = "odt", _("OpenDocument text")
    PNG = "png", _("PNG image")
    JPEG = "jpeg", _("JPEG image")


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
}
ENDINGS = {kind: (f".{kind.value}",) for kind in Kind} | {Kind.JPEG: (".jpg", ".jpeg")}
STARTS = {b"%PDF-": Kind.PDF, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": Kind.PNG, b"\xff\xd8\xff": Kind.JPEG}
OTHERS = {
    OLE2: _("a file of Office 97-2003, or one with a password"),
    ZIP: _("an archive, or a document of another kind"),
    b"GIF8": _("a GIF image"),
    b"II*\x00": _("a TIFF image"),
    b"MM\x00*": _("a TIFF image"),
    b"{\\rtf": _("rich text"),
    b"<": _("a web page or XML"),
}


def kind_of(content: bytes) -> Kind | None:
    for start, kind in STARTS.items():
        if content.startswith(start):
            return kind
    if WORD in _part(content, "[Content_Types].xml"):
        return Kind.DOCX
    return Kind.ODT if _part(content, "mimetype") == OPEN_DOCUMENT_TEXT else None


def kind_of_document(name: str, content: bytes) -> Kind:
    """What the file is. Refuses what the register does not take, and a name that says something else."""
    if not content:
        raise ValidationError(_("“%(name)s” is empty. Choose another file."), "empty", {"name": name})
    kind = kind_of(content)
    if kind is None:
        what = next((what for start, what in OTHERS.items() if content.startswith(start)), _("a file of another kind"))
        message = _("“%(name)s” is %(what)s. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file.")
        raise ValidationError(message, "kind", {"name": name, "what": what})
    if not name.lower().endswith(ENDINGS[kind]):
        message = _("“%(name)s” is in fact a %(kind)s. Let its name end with “%(ending)s”, and choose it again.")
        raise ValidationError(message, "ending", {"name": name, "kind": kind.label, "ending": ENDINGS[kind][0]})
    return kind


def small_enough(name: str, size: int, most_mb: int) -> None:
    if size > most_mb * 1_000_000:
        message = _("“%(name)s” has %(size).1f MB, a document at most %(most)d MB. Make it smaller, or divide it.")
        raise ValidationError(message, "too_large", {"name": name, "size": size / 1_000_000, "most": most_mb})


def file_name(name: str) -> None:
    """A name of one line that reads as it is."""
    hidden = {char for char in name if char in BIDI_CONTROLS or UNPRINTABLE.match(char)}
    if hidden:
        shown = "".join("\N{REPLACEMENT CHARACTER}" if char in hidden else char for char in name)
        message = _("“%(name)s” has characters in its name that nobody sees. Rename the file, and choose it again.")
        raise ValidationError(message, "hidden_characters", {"name": shown})
    if len(name) > LONGEST_NAME:
        message = _("“%(name)s…” has a name of more than %(most)d characters. Shorten it, and choose the file again.")
        raise ValidationError(message, "long_name", {"name": name[:40], "most": LONGEST_NAME})


def _part(content: bytes, name: str) -> bytes:
    """The beginning of a part of an archive, or nothing."""
    if not content.startswith(ZIP) or content.count(DIRECTORY_ENTRY) > MOST_PARTS:
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return b""  # other ways unpack to any size at once
            with archive.open(name) as part:
                return part.read(MOST_READ)
    except DAMAGED:
        return b""
