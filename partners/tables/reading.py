"""Reading table files into rows with their line numbers.

The content determines the type of file. Blank lines and the order of columns do not matter, as files come from any
office program.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key
from partners.tables import delimited
from partners.tables.formulas import unescape_cells, unescape_csv
from partners.tables.types import Record, TableError, has_text, is_not_blank, is_spreadsheet, truncate

MAX_ROWS = 200_000
MAX_LISTED_COLUMNS = 30


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


def _read_records(data: bytes, columns: Sequence[str]) -> tuple[Iterable[Record], list[str]]:
    """Return the records of the file, and the names of further sheets."""
    if len(data) > settings.IMPORT_MAX_MB * 1_000_000:
        message = _("The file is larger than %d MB. Leave out what is not the list, or split it into several files.")
        raise TableError(message % settings.IMPORT_MAX_MB)
    if is_spreadsheet(data):
        # Imported lazily, as most files are text.
        from partners.tables import spreadsheets

        sheets = spreadsheets.sheets(data, columns)
        return map(unescape_cells, sheets[0].records if sheets else ()), [sheet.name for sheet in sheets[1:]]
    text = delimited.decode(data)
    delimiter = delimited.detect_delimiter(text, columns)
    records = delimited.parse_records(text, delimiter)
    return records if delimiter == delimited.TAB else map(unescape_csv, records), []


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
