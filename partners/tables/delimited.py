"""Tables as text, as any office program saves them: encodings, delimiters, quotes and line ends."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from partners.name_normalization import matching_key
from partners.tables.types import Cell, Record, TableError, has_text

TAB = "\t"
BOM = "\ufeff"
"""What some programs put before text, and others once more."""
DELIMITERS = "\t;,"
BEYOND_ASCII, OTHER_THAN_UTF8 = "[^\0-\x7f]", "[\udc80-\udcff]"
NEWLINE = r"\r\n|\r|\n"
NEEDS_QUOTING_RE = re.compile(r'\A"|[\t\r\n]')


def decode(data: bytes) -> str:
    """Text in UTF-8 or UTF-16, or else in Windows-1252, as Excel and old mail programs save it."""
    for encoding in _candidate_encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.lstrip(BOM)
    raise TableError(_("The file is not a text table. Save the list as TSV or CSV and choose that file."))


def _candidate_encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    elif b"\0" not in data:
        yield "utf-8-sig"
        _reject_damaged_utf8(data)
        yield "cp1252"
    elif not any(data[1:32:2]):
        yield "utf-16-le"
    elif not any(data[0:32:2]):
        yield "utf-16-be"


def _reject_damaged_utf8(data: bytes) -> None:
    """What is mostly UTF-8 is not Windows-1252, in which hardly anything reads as UTF-8."""
    text = data.decode(errors="surrogateescape")
    others = len(re.findall(OTHER_THAN_UTF8, text))
    if len(re.findall(BEYOND_ASCII, text)) > 2 * others:
        before = text[: re.search(OTHER_THAN_UTF8, text).start()]
        raise TableError(
            _("Line %d has a damaged character in it. Correct it, save the list in UTF-8 and choose that file.")
            % (1 + len(re.findall(NEWLINE, before)))
        )


def detect_delimiter(text: str, columns: Sequence[str]) -> str:
    """The delimiter by which the first record with text in it splits into the most of the columns."""
    wanted = set(map(matching_key, columns))
    headers = {each: next(filter(has_text, parse_records(text, each)), None) for each in DELIMITERS}

    def found(delimiter: str) -> tuple[int, int]:
        cells = headers[delimiter].cells
        return len(wanted.intersection(map(matching_key, cells))), len(cells)

    blank = [delimiter for delimiter, header in headers.items() if header is None]
    return blank[0] if blank else max(DELIMITERS, key=found)


def parse_records(text: str, delimiter: str) -> Iterator[Record]:
    """Splits text into cells. A quote opens a quoted cell only where a matching one closes it.

    Python's csv module would read on to the end of the file after an opening quote that is
    never closed, and would drop the quotes from a cell such as ``"Tor Vergata" University``.
    """
    cell = re.compile(
        rf'(?:"(?P<quoted>(?:[^"]|"")*+)"(?=[{delimiter}\r\n]|\Z)|(?P<bare>[^{delimiter}\r\n]*))'
        rf"(?P<end>{delimiter}|{NEWLINE}|\Z)"
    )
    cells: list[str] = []
    start, line, at = 1, 1, 0
    while at < len(text) or cells:
        match = cell.match(text, at)
        quoted, bare, end = match.group("quoted", "bare", "end")
        if quoted is None:
            cells.append(bare)
        else:
            cells.append(quoted.replace('""', '"'))
            line += len(re.findall(NEWLINE, quoted))
        at = match.end()
        if end != delimiter:
            yield Record(start, cells)
            line += bool(end)
            cells, start = [], line


def write_tsv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Bare cells, but for those that a reader would take for quoted or for several."""
    return "".join("\t".join(_tsv_cell(str(cell)) for cell in row) + "\n" for row in rows).encode()


def _tsv_cell(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""')) if NEEDS_QUOTING_RE.search(cell) else cell


def write_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """With a byte order mark, without which Excel takes UTF-8 for Windows-1252, and every cell quoted.

    Bare, a cell with a semicolon would be two where a spreadsheet separates by semicolons.
    """
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("utf-8-sig")
