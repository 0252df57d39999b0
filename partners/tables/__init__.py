"""Files as tables: bytes to rows that remember their line, and rows to bytes.

What kind of file it is, its content tells. Tolerant about form, so that a list may come
from any office program: blank lines anywhere, and columns in any order.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key
from partners.tables import delimited
from partners.tables.types import Cell, Record, TableError, has_text, is_not_blank, is_spreadsheet, truncate

MAX_ROWS = 200_000
MAX_LISTED_COLUMNS = 30
FORMULA_START = r"'*[=+\-@\t\r]"
FORMULA_RE = re.compile(rf"\A{FORMULA_START}")
"""What a spreadsheet runs, or would run but for the apostrophes in front."""
CSV_CELL_START = r"(?:\A|(?<=[;\t\r\n]))"
"""Where a cell begins for a spreadsheet that separates by semicolons, whatever the file does."""
CSV_FORMULA = re.compile(rf"{CSV_CELL_START}(?={FORMULA_START})")
CSV_ESCAPED_FORMULA = re.compile(rf"{CSV_CELL_START}'(?={FORMULA_START})")


class TableRow(NamedTuple):
    line: int
    cells: dict[str, str]
    surplus: tuple[str, ...]
    """What stands to the right of the last column that has a header."""


@dataclass
class Table:
    rows: deque[TableRow]
    ignored: list[str] = field(default_factory=list)
    """Headers of columns that nobody asked for."""
    other_sheets: list[str] = field(default_factory=list)
    """The names of the sheets with text in them that are not this table."""

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self) -> Iterator[TableRow]:
        """The rows, each of which the table lets go of, to make room for what becomes of them."""
        while self.rows:
            yield self.rows.popleft()


def read_table(data: bytes, columns: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """The rows of a file, each with the cells of the columns asked for, blank rows left out.

    Where optional columns are named, those that the file has are read too, and others are an
    error; where none are, others are ignored.
    """
    records, other_sheets = _read_records(data, columns)
    filled = filter(has_text, records)
    header = next(filled, None)
    if header is None:
        raise TableError(_("The file is empty. Choose a file with the columns %s.") % _join_names(columns))
    places = _column_positions(header, columns, optional or ())
    headed = {at for at, name in enumerate(header.cells) if is_not_blank(name)}
    others = [header.cells[at] for at in sorted(headed.difference(places.values()))]
    if optional is not None and others:
        raise TableError(
            _("Line %(line)d has columns that are not known: %(others)s. Leave them out, or name them %(optional)s.")
            % {"line": header.line, "others": _join_names(others), "optional": _join_names(optional)}
        )
    rows = deque(_row(record, places, headed) for record in _not_too_many(filled))
    if not rows:
        raise TableError(_("The file has a header in line %d and no rows below it.") % header.line)
    return Table(rows, ignored=others, other_sheets=other_sheets)


def write_table(rows: Iterable[Sequence[Cell]], file_format: str) -> bytes:
    """A file of the rows, the first of which is the header, in one of the formats that ``WRITERS`` names."""
    return WRITERS[file_format](rows)


def _read_records(data: bytes, columns: Sequence[str]) -> tuple[Iterable[Record], list[str]]:
    """The rows, and the names of further sheets."""
    if len(data) > settings.IMPORT_MAX_MB * 1_000_000:
        message = _("The file is larger than %d MB. Leave out what is not the list, or split it into several files.")
        raise TableError(message % settings.IMPORT_MAX_MB)
    if is_spreadsheet(data):
        sheets = _spreadsheets().sheets(data, columns)
        return map(_unescape_formulas, sheets[0].records if sheets else ()), [sheet.name for sheet in sheets[1:]]
    text = delimited.decode(data)
    delimiter = delimited.detect_delimiter(text, columns)
    records = delimited.parse_records(text, delimiter)
    return records if delimiter == delimited.TAB else map(_unescape_csv, records), []


def _spreadsheets() -> ModuleType:
    """Loaded where a file is one. Most are text."""
    from partners.tables import spreadsheets

    return spreadsheets


def _not_too_many(records: Iterable[Record]) -> Iterator[Record]:
    for number, record in enumerate(records, start=1):
        if number > MAX_ROWS:
            raise TableError(_("The file has more than %d rows. Split it into several files.") % MAX_ROWS)
        yield record


def _column_positions(header: Record, columns: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    """Where in the header each column stands."""
    keys = [matching_key(cell) for cell in header.cells]
    counts = {column: keys.count(matching_key(column)) for column in (*columns, *optional)}
    if missing := [column for column in columns if counts[column] == 0]:
        raise TableError(
            _("Line %(line)d is not the header: it lacks %(missing)s and has %(seen)s. Name the columns %(all)s.")
            % {
                "line": header.line,
                "missing": _join_names(missing),
                "seen": _join_names(filter(is_not_blank, header.cells)),
                "all": _join_names(columns),
            }
        )
    if repeated := [column for column, count in counts.items() if count > 1]:
        raise TableError(
            _("Line %(line)d has the column %(repeated)s more than once. Leave one of them.")
            % {"line": header.line, "repeated": _join_names(repeated)}
        )
    return {column: keys.index(matching_key(column)) for column, count in counts.items() if count}


def _row(record: Record, places: Mapping[str, int], headed: set[int]) -> TableRow:
    line, cells = record
    return TableRow(
        line,
        {column: cells[at] if at < len(cells) else "" for column, at in places.items()},
        tuple([cell for at, cell in enumerate(cells) if at not in headed and is_not_blank(cell)]),
    )


def _join_names(names: Iterable[str]) -> str:
    quoted = [f"“{truncate(name)}”" for name in names]
    return ", ".join([*quoted[:MAX_LISTED_COLUMNS], *["…"] * (len(quoted) > MAX_LISTED_COLUMNS)])


def _escape_formulas(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """An apostrophe in front keeps a spreadsheet from running a cell. ``_armed`` takes it away again."""
    for row in rows:
        yield [f"'{cell}" if isinstance(cell, str) and FORMULA_RE.match(cell) else cell for cell in row]


def _unescape_formulas(record: Record) -> Record:
    if not any(cell.startswith("'") for cell in record.cells):
        return record
    return record._replace(
        cells=[cell[1:] if cell.startswith("'") and FORMULA_RE.match(cell) else cell for cell in record.cells]
    )


def _escape_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Like ``_defused``, and also where a cell would begin if a spreadsheet took the cell apart."""
    for row in rows:
        yield [CSV_FORMULA.sub("'", cell) if isinstance(cell, str) else cell for cell in row]


def _unescape_csv(record: Record) -> Record:
    if not any("'" in cell for cell in record.cells):
        return record
    return record._replace(cells=[CSV_ESCAPED_FORMULA.sub("", cell) for cell in record.cells])


WRITERS = {
    "tsv": delimited.write_tsv,
    "csv": lambda rows: delimited.write_csv(_escape_csv(rows)),
    "xlsx": lambda rows: _spreadsheets().write_xlsx(_escape_formulas(rows)),
    "ods": lambda rows: _spreadsheets().write_ods(_escape_formulas(rows)),
}
