"""Reading table files into rows with their line numbers, and writing rows to table files.

The content determines the type of file. Blank lines and the order of columns do not matter, as files come from any
office program.
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
"""A cell that a spreadsheet evaluates, or would evaluate without the apostrophes in front."""
CSV_CELL_START = r"(?:\A|(?<=[;\t\r\n]))"
"""Start of a cell for a spreadsheet that splits at semicolons, whatever the delimiter of the file is."""
CSV_FORMULA_RE = re.compile(rf"{CSV_CELL_START}(?={FORMULA_START})")
CSV_ESCAPED_FORMULA_RE = re.compile(rf"{CSV_CELL_START}'(?={FORMULA_START})")


class TableRow(NamedTuple):
    line: int
    cells: dict[str, str]
    surplus: tuple[str, ...]
    """Cells that are not blank in columns without a header."""


@dataclass
class Table:
    rows: deque[TableRow]
    ignored_columns: list[str] = field(default_factory=list)
    """Headers of columns that were not requested."""
    other_sheets: list[str] = field(default_factory=list)
    """Names of further sheets with text in them."""

    def __len__(self) -> int:
        return len(self.rows)

    def pop_rows(self) -> Iterator[TableRow]:
        """Yield the rows and remove them from the table, so that their memory can be reused."""
        while self.rows:
            yield self.rows.popleft()


def read_table(data: bytes, columns: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """Read the requested columns of a file. Blank rows are skipped.

    If optional columns are given, those in the file are read too, and any others are an error. If ``optional`` is
    None, others are ignored. Raise TableError if the file cannot be read or has no such columns.
    """
    records, other_sheets = _read_records(data, columns)
    filled = filter(has_text, records)
    header = next(filled, None)
    if header is None:
        raise TableError(_("The file is empty. Choose a file with the columns %s.") % _join_names(columns))
    positions = _column_positions(header, columns, optional or ())
    header_positions = {at for at, name in enumerate(header.cells) if is_not_blank(name)}
    others = [header.cells[at] for at in sorted(header_positions.difference(positions.values()))]
    if optional is not None and others:
        raise TableError(
            _("Line %(line)d has columns that are not known: %(others)s. Leave them out, or name them %(optional)s.")
            % {"line": header.line, "others": _join_names(others), "optional": _join_names(optional)}
        )
    rows = deque(_to_table_row(record, positions, header_positions) for record in _limit_rows(filled))
    if not rows:
        raise TableError(_("The file has a header in line %d and no rows below it.") % header.line)
    return Table(rows, ignored_columns=others, other_sheets=other_sheets)


def write_table(rows: Iterable[Sequence[Cell]], file_format: str) -> bytes:
    """Return a file of the rows, the first of which is the header. ``file_format`` is a key of ``WRITERS``."""
    return WRITERS[file_format](rows)


def _read_records(data: bytes, columns: Sequence[str]) -> tuple[Iterable[Record], list[str]]:
    """Return the records of the file, and the names of further sheets."""
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
    """Import lazily: most files are text."""
    from partners.tables import spreadsheets

    return spreadsheets


def _limit_rows(records: Iterable[Record]) -> Iterator[Record]:
    for count, record in enumerate(records, start=1):
        if count > MAX_ROWS:
            raise TableError(_("The file has more than %d rows. Split it into several files.") % MAX_ROWS)
        yield record


def _column_positions(header: Record, columns: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    """Return the index in the header of each column. Raise TableError if one is missing or repeated."""
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


def _to_table_row(record: Record, positions: Mapping[str, int], header_positions: set[int]) -> TableRow:
    line, cells = record
    return TableRow(
        line,
        {column: cells[at] if at < len(cells) else "" for column, at in positions.items()},
        tuple([cell for at, cell in enumerate(cells) if at not in header_positions and is_not_blank(cell)]),
    )


def _join_names(names: Iterable[str]) -> str:
    quoted = [f"“{truncate(name)}”" for name in names]
    return ", ".join([*quoted[:MAX_LISTED_COLUMNS], *["…"] * (len(quoted) > MAX_LISTED_COLUMNS)])


def _escape_formulas(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Prefix formulas with an apostrophe, so that a spreadsheet does not evaluate them."""
    for row in rows:
        yield [f"'{cell}" if isinstance(cell, str) and FORMULA_RE.match(cell) else cell for cell in row]


def _unescape_formulas(record: Record) -> Record:
    if not any(cell.startswith("'") for cell in record.cells):
        return record
    return record._replace(
        cells=[cell[1:] if cell.startswith("'") and FORMULA_RE.match(cell) else cell for cell in record.cells]
    )


def _escape_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Prefix formulas with an apostrophe, also where a cell would begin if a spreadsheet split the text."""
    for row in rows:
        yield [CSV_FORMULA_RE.sub("'", cell) if isinstance(cell, str) else cell for cell in row]


def _unescape_csv(record: Record) -> Record:
    if not any("'" in cell for cell in record.cells):
        return record
    return record._replace(cells=[CSV_ESCAPED_FORMULA_RE.sub("", cell) for cell in record.cells])


WRITERS = {
    "tsv": delimited.write_tsv,
    "csv": lambda rows: delimited.write_csv(_escape_csv(rows)),
    "xlsx": lambda rows: _spreadsheets().write_xlsx(_escape_formulas(rows)),
    "ods": lambda rows: _spreadsheets().write_ods(_escape_formulas(rows)),
}
