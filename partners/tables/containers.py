"""The archives of XML that spreadsheets come in, opened with care.

A file may have been made to do harm: nothing that it says of itself is believed, and no
more of it is held at a time than a chunk. A tree of the XML would be far larger than the
file, and openpyxl builds one, so that a megabyte can be made to cost gigabytes.
"""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from partners.file_types import OLE2_MAGIC, ZIP_MAGIC
from partners.tables.types import TableError

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
DIRECTORY_ENTRY = b"PK\x01\x02"
MAX_UNPACKED = 100_000_000
MAX_TAGS = 8_000_000
MAX_PARTS = 5_000
MAX_DEPTH = 200
CHUNK = 16_000
"""Bytes. With larger ones Python's garbage collector goes over all that a chunk has become."""
LONGEST_TAG = 1_000_000
"""Expat begins a tag anew with each chunk, so that it needs minutes for one of a hundred megabytes."""

DAMAGED = (
    EOFError,
    LookupError,  # a part, a shared string, or an encoding that is not there
    NotImplementedError,  # a way of packing that neither format knows
    OverflowError,
    ValueError,  # not a number, not a place in the file, not UTF-8
    expat.ExpatError,
    struct.error,  # a header that the end of the file cuts off
    zipfile.BadZipFile,
    zlib.error,
)
"""Exceptions raised while opening and reading a damaged file."""

START, END, TEXT = "start", "end", "text"
Event = tuple[str, str, Any]
"""START, the name of an element, and its attributes; END and its name; or TEXT, nothing, and the text.

Names of elements come without their namespace, those of attributes as ``namespace}name`` if they have one.
"""


class Container:
    """The parts of a zip archive, by their names in any case, with either slash."""

    def __init__(self, data: bytes):
        _refuse_other_files(data)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        _refuse_bombs(self._archive)
        self._parts = {_folded(part.filename): part for part in self._archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return _folded(name) in self._parts

    def head(self, name: str) -> bytes:
        """The beginning of a part, or nothing if there is no such part."""
        return next(_chunks(self._archive, self._parts[_folded(name)]), b"") if name in self else b""

    def events(self, name: str) -> Iterator[Event]:
        return chain.from_iterable(_Parser().fed(_chunks(self._archive, self._parts[_folded(name)])))


class _Parser:
    """A pull parser on top of expat. Without a DOCTYPE there are no entities to expand."""

    def __init__(self):
        self._events: list[Event] = []
        self._depth = self._unfinished = 0
        self._local, self._ended = lru_cache(maxsize=1_000)(_local), lru_cache(maxsize=1_000)(_ended)
        self._expat = expat.ParserCreate(namespace_separator="}")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text

    def fed(self, chunks: Iterable[bytes]) -> Iterator[list[Event]]:
        yield from map(self._feed, chunks)
        yield self._feed(b"", is_last=True)

    def _feed(self, chunk: bytes, is_last: bool = False) -> list[Event]:
        self._expat.Parse(chunk, is_last)
        events, self._events = self._events, []
        self._unfinished = 0 if events else self._unfinished + len(chunk)
        if self._unfinished > LONGEST_TAG:
            raise damaged()
        return events

    def _doctype(self, *declaration: object) -> None:
        raise TableError(
            _(
                "The file declares a document type (DOCTYPE), which could make it harmful."
                " Open it in a spreadsheet program, save it as XLSX and choose that file."
            )
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise damaged()
        self._events.append((START, self._local(name), attributes))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._events.append(self._ended(name))

    def _text(self, text: str) -> None:
        self._events.append((TEXT, "", text))


def _ended(name: str) -> Event:
    return END, _local(name), None


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def skip(events: Iterator[Event]) -> None:
    """Passes over the rest of the element that has just started."""
    depth = 1
    while depth:
        kind = next(events)[0]
        depth += (kind == START) - (kind == END)


def resolved(target: str, part: str) -> str:
    """The name of the part that a relationship of a part points to."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def packed(parts: Iterable[tuple[str, str]]) -> bytes:
    """A zip archive, with the same bytes for the same parts. The type of an ODS file must be stored as it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts:
            compression = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content.encode(), compression)
    return file.getvalue()


def damaged() -> TableError:
    return TableError(
        _("The file is damaged. Open it in a spreadsheet program, save it as XLSX or ODS again and choose that file.")
    )


def not_a_spreadsheet() -> TableError:
    return TableError(
        _("The file is neither XLSX nor ODS. Save the list as XLSX, ODS, TSV or CSV and choose that file.")
    )


def protected() -> TableError:
    return TableError(
        _("The file is protected with a password. Save it without the password and choose the file again.")
    )


def too_large() -> TableError:
    return TableError(
        _("The file unpacks to more than %(most)d MB. Copy the table to a new spreadsheet and choose that file.")
        % {"most": MAX_UNPACKED // 1_000_000}
    )


def _folded(name: str) -> str:
    return name.replace("\\", "/").lower()


def _refuse_other_files(data: bytes) -> None:
    if data.startswith(OLE2_MAGIC):
        raise protected() if ENCRYPTED_PACKAGE in data else _old_excel()
    if not data.startswith(ZIP_MAGIC):
        raise not_a_spreadsheet()
    if data.count(DIRECTORY_ENTRY) > MAX_PARTS:
        raise TableError(
            _("The file has more than %(most)d parts. Copy the table to a new spreadsheet and choose that file.")
            % {"most": MAX_PARTS}
        )


def _old_excel() -> TableError:
    return TableError(_("The file has the format of Excel 97-2003 (.xls). Save it as XLSX and choose that file."))


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Unpacks everything, a chunk at a time, and stops when it is too much."""
    size = tags = 0
    for part in archive.infolist():
        for chunk in _chunks(archive, part):
            size += len(chunk)
            tags += chunk.count(b"<") + chunk.count(b"/>")
            if size > MAX_UNPACKED:
                raise too_large()
            if tags > MAX_TAGS:
                raise _too_many_cells()


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    if part.flag_bits & 1:
        raise protected()
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged()  # other ways unpack a chunk to any size at once
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _too_many_cells() -> TableError:
    return TableError(
        _("The file has too many cells, empty or not. Copy the table to a new spreadsheet and choose that file.")
    )
