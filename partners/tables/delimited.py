"""Reading delimited text: encodings, delimiters, quotes and line ends of any office program."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from types import MappingProxyType

from django.utils.translation import gettext as _

from partners.tables.encodings import ENCODINGS
from partners.tables.headers import find_places
from partners.tables.types import Record, TableError, UnknownEncodingError, has_text

TAB = "\t"
BOM = "\ufeff"
"""Some programs write it twice, so all are stripped."""
DELIMITERS = "\t;,|"
NON_ASCII, INVALID_UTF8 = "[^\0-\x7f]", "[\udc80-\udcff]"
UTF8 = "utf-8-sig"
BINARY_RE = re.compile("[\0-\x08\x0e-\x19\x1c-\x1f\x80-\x84\x86-\x9f\ufff0-\uffff]")
"""Characters that other files than text have, read as UTF-16."""
NEWLINE = r"\r\n|\r|\n"
BLANK_LINES_RE = re.compile("[\r\n]+")
SEPARATOR_LINE_RE = re.compile(rf'\A"?sep=(.)"?({NEWLINE}|\Z)', re.IGNORECASE)
"""A first line by which a file tells Excel its delimiter."""
MAX_SAMPLED_ROWS = 50
"""Rows with text that are searched for the header, to find the delimiter."""


def decode(data: bytes, encoding: str = "") -> str:
    """Decode a text file, which is in UTF-8 or UTF-16 if no encoding is given.

    Raise UnknownEncodingError if it is in neither, TableError if it is damaged or no text.
    """
    if encoding:
        try:
            return _strip_marks(data.decode(encoding))
        except UnicodeDecodeError as error:
            message = _("The file is not in the encoding %s. Choose another one.")
            raise TableError(message % ENCODINGS.get(encoding, encoding)) from error
    for candidate in _candidate_encodings(data):
        try:
            text = _strip_marks(data.decode(candidate))
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (candidate == UTF8 or not BINARY_RE.search(text)):
            return text
    if b"\0" not in data:
        _reject_damaged_utf8(data)
        raise UnknownEncodingError(
            _("The encoding of the file is not known. Save the file in UTF-8, and choose it again.")
        )
    raise TableError(_("The file is not a text table. Save the list as TSV or CSV and choose that file."))


def _candidate_encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    elif b"\0" not in data:
        yield UTF8
    else:
        # Delimiters, line ends and spaces have a zero as the higher byte of the two, in text of any script.
        is_little_endian = data[1::2].count(0) > data[0::2].count(0)
        yield "utf-16-le" if is_little_endian else "utf-16-be"


def _strip_marks(text: str) -> str:
    """Return the text without byte order marks in front, and without the mark of DOS at its end."""
    return text.lstrip(BOM).removesuffix("\x1a")


def _reject_damaged_utf8(data: bytes) -> None:
    """Raise TableError if most non-ASCII characters are valid UTF-8, which text in Windows-1252 hardly ever is."""
    text = data.decode(errors="surrogateescape")
    invalid = len(re.findall(INVALID_UTF8, text))
    if len(re.findall(NON_ASCII, text)) > 2 * invalid:
        before = text[: re.search(INVALID_UTF8, text).start()]
        raise TableError(
            _("Line %d has a damaged character in it. Correct it, save the list in UTF-8 and choose that file.")
            % (1 + len(re.findall(NEWLINE, before)))
        )


def detect_delimiter(text: str, columns: Sequence[str], assigned: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the delimiter that a first line such as ``sep=;`` names.

    Otherwise return the one that splits a record near the beginning into the largest number of the columns.
    """
    if separator := SEPARATOR_LINE_RE.match(text):
        return separator[1]

    def score(delimiter: str) -> tuple[int, int, int]:
        records = list(islice(filter(has_text, parse_records(text, delimiter)), MAX_SAMPLED_ROWS))
        if not records:
            return len(columns), 0, 0  # all text is delimiters
        places = [find_places(record, columns, assigned) for record in records]
        wide = sum(len(record.cells) >= len(columns) for record in records)
        return max(sum(map(bool, found.values())) for found in places), wide, len(records[0].cells)

    return max(DELIMITERS, key=score)


def parse_records(text: str, delimiter: str) -> Iterator[Record]:
    """Split text into cells, leaving out empty lines. A quote opens a quoted cell only if a matching one closes it.

    Python's csv module would read on to the end of the file after an opening quote that is
    never closed, and would drop the quotes from a cell such as ``"Tor Vergata" University``.
    """
    text = SEPARATOR_LINE_RE.sub(r"\2", text)
    cell_re = _cell_re(delimiter)
    cells: list[str] = []
    start, line, at = 1, 1, 0
    while at < len(text) or cells:
        # Skipped in one step, since a file may consist of millions of them.
        if not cells and (blank := BLANK_LINES_RE.match(text, at)):
            line += _count_newlines(blank[0])
            start, at = line, blank.end()
            continue
        match = cell_re.match(text, at)
        quoted, bare, end = match.group("quoted", "bare", "end")
        if quoted is None:
            cells.append(bare)
        else:
            cells.append(quoted.replace('""', '"'))
            line += _count_newlines(quoted)
        at = match.end()
        if end != delimiter:
            yield Record(start, cells)
            line += bool(end)
            cells, start = [], line


@cache
def _cell_re(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a cell and what ends it: the delimiter, a line end or the end of the text."""
    escaped = re.escape(delimiter)
    return re.compile(
        rf'(?:"(?P<quoted>(?:[^"]|"")*+)"(?=[{escaped}\r\n]|\Z)|(?P<bare>[^{escaped}\r\n]*))'
        rf"(?P<end>{escaped}|{NEWLINE}|\Z)"
    )


def _count_newlines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
