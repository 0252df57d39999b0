"""Tables as text, as any office program saves them: encodings, delimiters, quotes and line ends."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from partners.interchange.records import Cell, Record, TableError, has_text
from partners.names import matching_key

TAB = "\t"
DELIMITERS = "\t;,"
NEWLINE = r"\r\n|\r|\n"
TO_QUOTE = re.compile(r'\A"|[\t\r\n]')


def decode(data: bytes) -> str:
    """Text in UTF-8 or UTF-16, or else in Windows-1252, as Excel and old mail programs save it."""
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(_("The file is not a text table. Save the list as TSV or CSV and choose that file."))


def _encodings(data: bytes) -> list[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    if b"\0" not in data:
        return ["utf-8-sig", "cp1252"]
    if not any(data[1:32:2]):
        return ["utf-16-le"]
    if not any(data[0:32:2]):
        return ["utf-16-be"]
    return []


def delimiter_of(text: str, columns: Sequence[str]) -> str:
    """The delimiter by which the first record with text in it splits into the most of the columns."""
    wanted = set(map(matching_key, columns))
    headers = {each: next(filter(has_text, records(text, each)), None) for each in DELIMITERS}

    def found(delimiter: str) -> tuple[int, int]:
        cells = headers[delimiter].cells
        return len(wanted.intersection(map(matching_key, cells))), len(cells)

    blank = [delimiter for delimiter, header in headers.items() if header is None]
    return blank[0] if blank else max(DELIMITERS, key=found)


def records(text: str, delimiter: str) -> Iterator[Record]:
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
    return '"{}"'.format(cell.replace('"', '""')) if TO_QUOTE.search(cell) else cell


def write_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """With a byte order mark, without which Excel takes UTF-8 for Windows-1252."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")
