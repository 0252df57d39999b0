"""Files as tables: bytes to rows that remember their line, and rows to bytes.

Tolerant about form, so that a list may come from any office program: encodings, line
ends, delimiters, quoting, blank lines, and columns in any order.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.interchange.records import Record, TableError
from partners.names import clean_name, matching_key

DELIMITERS = "\t;,"
NEWLINE = r"\r\n|\r|\n"


class Row(NamedTuple):
    line: int
    cells: dict[str, str]
    surplus: list[str]
    """What stands to the right of the last column that has a header."""


@dataclass
class Table:
    rows: list[Row]
    ignored: list[str] = field(default_factory=list)
    """Headers of columns that nobody asked for."""

    def __len__(self) -> int:
        return len(self.rows)


def read(data: bytes, columns: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """The rows of a file, each with the cells of the columns asked for, blank rows left out.

    Where optional columns are named, those that the file has are read too, and others are an
    error; where none are, others are ignored.
    """
    text = decode(data)
    records = _records(text, _delimiter(text, columns))
    filled = filter(_has_text, records)
    header = next(filled, None)
    if header is None:
        raise TableError(_("The file is empty. Choose a file with the columns %s.") % _listed(columns))
    places = _places(header, columns, optional or ())
    headed = {at for at, name in enumerate(header.cells) if _is_filled(name)}
    others = [header.cells[at] for at in sorted(headed.difference(places.values()))]
    if optional is not None and others:
        raise TableError(
            _("Line %(line)d has columns that are not known: %(others)s. Leave them out, or name them %(optional)s.")
            % {"line": header.line, "others": _listed(others), "optional": _listed(optional)}
        )
    rows = [_row(record, places, headed) for record in filled]
    if not rows:
        raise TableError(_("The file has a header in line %d and no rows below it.") % header.line)
    return Table(rows, ignored=others)


def write(rows: Iterable[Sequence[str]], file_format: str) -> bytes:
    """A file of the rows, in one of the formats that ``WRITERS`` names."""
    return WRITERS[file_format](rows)


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


def _delimiter(text: str, columns: Sequence[str]) -> str:
    """The delimiter by which the first record with text in it splits into the most of the columns."""
    wanted = set(map(matching_key, columns))
    headers = {each: next(filter(_has_text, _records(text, each)), None) for each in DELIMITERS}

    def found(delimiter: str) -> tuple[int, int]:
        cells = headers[delimiter].cells
        return len(wanted.intersection(map(matching_key, cells))), len(cells)

    blank = [delimiter for delimiter, header in headers.items() if header is None]
    return blank[0] if blank else max(DELIMITERS, key=found)


def _records(text: str, delimiter: str) -> Iterator[Record]:
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
        quoted = match["quoted"]
        cells.append(match["bare"] if quoted is None else quoted.replace('""', '"'))
        line += len(re.findall(NEWLINE, match[0]))
        at = match.end()
        if match["end"] != delimiter:
            yield Record(start, cells)
            cells, start = [], line


def _has_text(record: Record) -> bool:
    return any(map(_is_filled, record.cells))


def _is_filled(cell: str) -> bool:
    return bool(clean_name(cell))


def _places(header: Record, columns: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    """Where in the header each column stands."""
    keys = [matching_key(cell) for cell in header.cells]
    counts = {column: keys.count(matching_key(column)) for column in (*columns, *optional)}
    if missing := [column for column in columns if counts[column] == 0]:
        raise TableError(
            _("Line %(line)d is not the header: it lacks %(missing)s and has %(seen)s. Name the columns %(all)s.")
            % {
                "line": header.line,
                "missing": _listed(missing),
                "seen": _listed(filter(_is_filled, header.cells)),
                "all": _listed(columns),
            }
        )
    if repeated := [column for column, count in counts.items() if count > 1]:
        raise TableError(
            _("Line %(line)d has the column %(repeated)s more than once. Leave one of them.")
            % {"line": header.line, "repeated": _listed(repeated)}
        )
    return {column: keys.index(matching_key(column)) for column, count in counts.items() if count}


def _row(record: Record, places: Mapping[str, int], headed: set[int]) -> Row:
    cells = dict(enumerate(record.cells))
    return Row(
        record.line,
        {column: cells.get(at, "") for column, at in places.items()},
        [cell for at, cell in cells.items() if at not in headed and _is_filled(cell)],
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _write_tsv(rows: Iterable[Sequence[str]]) -> bytes:
    """Bare cells, but for those that a reader would take for quoted or for several."""
    return "".join("\t".join(map(_tsv_cell, row)) + "\n" for row in rows).encode()


def _tsv_cell(cell: str) -> str:
    needs_quotes = cell.startswith('"') or any(char in cell for char in "\t\r\n")
    return '"{}"'.format(cell.replace('"', '""')) if needs_quotes else cell


def _write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """With a byte order mark, without which Excel takes UTF-8 for Windows-1252."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


WRITERS = {"tsv": _write_tsv, "csv": _write_csv}
