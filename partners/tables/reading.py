"""Reading table files into rows with their line numbers.

The content determines the type of file. Blank lines, rows above the header and the order of columns do not matter, as
files come from any office program.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from partners.file_types import describe_other_file
from partners.name_normalization import collapse_white_space, matching_key
from partners.tables import delimited
from partners.tables.formulas import unescape_cells, unescape_csv
from partners.tables.types import (
    Record,
    Sheet,
    TableError,
    is_not_blank,
    is_spreadsheet,
    truncate,
)

MAX_ROWS = 200_000
MAX_LISTED_COLUMNS = MAX_LISTED_ROWS = 30
MAX_HEADER_ROWS = 50
"""Rows with text among which the header is searched."""


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
    skipped_rows: list[tuple[int, str]] = field(default_factory=list)
    """Lines and texts of rows above the header, and of rows that are one merged cell."""
    sheet: str = ""
    """Name of the sheet, if the file has sheets."""
    other_sheets: list[str] = field(default_factory=list)
    """Names of further sheets with text in them."""
    hidden_sheets: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def notices(self) -> list[str]:
        """Return sentences about what was read and what was skipped."""
        notices = []
        if self.other_sheets or self.hidden_sheets:
            notices.append(_("Sheet “%s” is read.") % truncate(self.sheet))
        if self.other_sheets:
            notices.append(_("Skipped sheets: %s.") % _join_names(self.other_sheets))
        if self.hidden_sheets:
            notices.append(_("Skipped hidden sheets: %s.") % _join_names(self.hidden_sheets))
        if self.ignored_columns:
            notices.append(_("Ignored columns: %s.") % _join_names(self.ignored_columns))
        for line, text in self.skipped_rows[:MAX_LISTED_ROWS]:
            notices.append(_("Line %(line)d is skipped: “%(text)s”.") % {"line": line, "text": text})
        if len(self.skipped_rows) > MAX_LISTED_ROWS:
            notices.append(_("%d more lines are skipped.") % (len(self.skipped_rows) - MAX_LISTED_ROWS))
        return notices

    def pop_rows(self) -> Iterator[TableRow]:
        """Yield the rows and remove them from the table, so that their memory can be reused."""
        while self.rows:
            yield self.rows.popleft()


def read_table(data: bytes, columns: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """Read the requested columns of a file from the first visible sheet that has them. Blank rows are skipped.

    If optional columns are given, those in the file are read too, and any others are an error. If ``optional`` is
    None, others are ignored. Raise TableError if the file cannot be read or has no such columns.
    """
    sheets = _read_sheets(data, columns)
    visible = [sheet for sheet in sheets if sheet.is_visible]
    sheet = next((sheet for sheet in visible if _header_index(sheet.head, columns) is not None), None)
    if sheet is None:
        _raise_hidden(sheets, columns)
        if not visible:
            raise TableError(_("The file is empty. Choose a file with the columns %s.") % _join_names(columns))
        sheet = visible[0]
    table = _read_rows(sheet, columns, optional)
    table.sheet = sheet.name
    table.other_sheets = [other.name for other in visible if other is not sheet]
    table.hidden_sheets = [other.name for other in sheets if not other.is_visible]
    return table


def _read_sheets(data: bytes, columns: Sequence[str]) -> list[Sheet]:
    """Return the sheets with text in them; of a text file the only one."""
    if len(data) > settings.IMPORT_MAX_MB * 1_000_000:
        message = _("The file is larger than %d MB. Leave out what is not the list, or split it into several files.")
        raise TableError(message % settings.IMPORT_MAX_MB)
    if kind := describe_other_file(data):
        raise TableError(_("The file is %s, not a table. Save the table in it as XLSX and choose that file.") % kind)
    if is_spreadsheet(data):
        # Imported lazily, as most files are text.
        from partners.tables.spreadsheets import read_sheets

        sheets = read_sheets(data)
        for sheet in sheets:
            sheet.records = map(unescape_cells, sheet.records)
    else:
        text = delimited.decode(data)
        delimiter = delimited.detect_delimiter(text, columns)
        records = delimited.parse_records(text, delimiter)
        sheets = [Sheet("", "visible", records if delimiter == delimited.TAB else map(unescape_csv, records))]
    return [sheet for sheet in sheets if sheet.read_head(MAX_HEADER_ROWS)]


def _raise_hidden(sheets: Iterable[Sheet], columns: Sequence[str]) -> None:
    """Raise TableError if only hidden sheets have the columns."""
    hidden = [sheet.name for sheet in sheets if _header_index(sheet.head, columns) is not None]
    if hidden:
        raise TableError(
            _("Only the hidden sheet %s has the columns. Unhide the sheet, save the file and choose it again.")
            % _join_names(hidden)
        )


def _header_index(head: Sequence[Record], columns: Sequence[str]) -> int | None:
    """Return the index of the first row with all the columns."""
    wanted = set(map(matching_key, columns))
    return next((index for index, record in enumerate(head) if wanted.issubset(_header_keys(record))), None)


def _header_keys(record: Record) -> list[str]:
    return [matching_key(collapse_white_space(cell)) for cell in record.cells]


def _read_rows(sheet: Sheet, columns: Sequence[str], optional: Sequence[str] | None) -> Table:
    index = _header_index(sheet.head, columns) or 0
    header = sheet.head[index]
    positions = _column_positions(header, columns, optional or ())
    header_positions = {at for at, name in enumerate(header.cells) if is_not_blank(name)}
    others = [header.cells[at] for at in sorted(header_positions.difference(positions.values()))]
    if optional is not None and others:
        raise TableError(
            _("Line %(line)d has columns that are not known: %(others)s. Leave them out, or name them %(optional)s.")
            % {"line": header.line, "others": _join_names(others), "optional": _join_names(optional)}
        )
    table = Table(deque(), others, [_describe_row(record) for record in sheet.head[:index]])
    for count, record in enumerate(sheet.records_below(index), start=1):
        if count > MAX_ROWS:
            raise TableError(_("The file has more than %d rows. Split it into several files.") % MAX_ROWS)
        if record.is_heading:
            table.skipped_rows.append(_describe_row(record))
        else:
            table.rows.append(_to_table_row(record, positions, header_positions))
    if not table.rows:
        raise TableError(_("The file has a header in line %d and no rows below it.") % header.line)
    return table


def _describe_row(record: Record) -> tuple[int, str]:
    return record.line, truncate(" | ".join(filter(is_not_blank, record.cells)))


def _column_positions(header: Record, columns: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    """Return the index in the header of each column. Raise TableError if one is missing or repeated."""
    keys = _header_keys(header)
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
    cells = record.cells
    return TableRow(
        record.line,
        {column: cells[at].strip("\r\n") if at < len(cells) else "" for column, at in positions.items()},
        tuple([cell for at, cell in enumerate(cells) if at not in header_positions and is_not_blank(cell)]),
    )


def _join_names(names: Iterable[str]) -> str:
    quoted = [f"“{truncate(name)}”" for name in names]
    return ", ".join([*quoted[:MAX_LISTED_COLUMNS], *["…"] * (len(quoted) > MAX_LISTED_COLUMNS)])
