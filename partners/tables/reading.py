"""Reading table files into rows with their line numbers.

The content determines the type of file. Blank lines, rows above the header and the order of columns do not matter, as
files come from any office program.
"""

import copy
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from partners.file_types import describe_other_file
from partners.tables import delimited
from partners.tables.encodings import EncodingGuess
from partners.tables.formulas import unescape_cells, unescape_csv, unwrap_texts
from partners.tables.headers import Header, find_header, find_places, require_columns
from partners.tables.types import (
    MAX_LISTED,
    Record,
    Sheet,
    TableError,
    is_not_blank,
    is_spreadsheet,
    join_names,
    truncate,
)
from partners.tables.undivided import divide_rows

MAX_ROWS = 200_000
MAX_HEADER_ROWS = 50
"""Rows with text among which the header is searched."""


class TableRow(NamedTuple):
    line: int
    cells: dict[str, str]
    surplus: tuple[str, ...]
    """Cells that are not blank in columns without a header."""


@dataclass(frozen=True)
class ReadOptions:
    """Instructions of a person on how to read a file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Headers of the file by the columns that they stand for."""
    encoding: str = ""
    """Python's name of a text file's encoding. Empty: it is UTF-8 or UTF-16, or else unknown."""
    fill_down: bool = False
    """An empty country means the one above."""
    skip_headings: bool = False
    """Rows with one filled cell are headings or notes."""
    accept_names: bool = False
    """Names that look like none or damaged are right."""


DEFAULT_OPTIONS = ReadOptions()


@dataclass
class Table:
    rows: deque[TableRow]
    ignored_columns: list[str] = field(default_factory=list)
    """Headers of columns that were not requested."""
    skipped_rows: list[tuple[int, str]] = field(default_factory=list)
    """Lines and texts of rows above the header, of headings between the rows, and of repetitions of the header."""
    sheet: str = ""
    """Name of the sheet, if the file has sheets."""
    other_sheets: list[str] = field(default_factory=list)
    """Names of further sheets with text in them."""
    hidden_sheets: list[str] = field(default_factory=list)
    encoding_guess: EncodingGuess | None = None
    """Set if the encoding is neither UTF-8 nor UTF-16, and nobody has named it."""
    further_notices: list[str] = field(default_factory=list)
    options: ReadOptions = DEFAULT_OPTIONS
    mobilities: "Table | None" = None
    """The sheet of mobilities in the register's workbook. It may have no rows."""

    def __len__(self) -> int:
        return len(self.rows)

    def notices(self) -> list[str]:
        """Return sentences about what was read and what was skipped."""
        notices = [self.encoding_guess.describe()] if self.encoding_guess else []
        sheets = [self.sheet] if self.mobilities is None else [self.sheet, self.mobilities.sheet]
        if self.other_sheets or self.hidden_sheets or len(sheets) > 1:
            notices += [_("Sheet “%s” is read.") % truncate(sheet) for sheet in sheets]
        if self.other_sheets:
            notices.append(_("Skipped sheets: %s.") % join_names(self.other_sheets))
        if self.hidden_sheets:
            notices.append(_("Skipped hidden sheets: %s.") % join_names(self.hidden_sheets))
        if self.ignored_columns:
            notices.append(_("Ignored columns: %s.") % join_names(self.ignored_columns))
        notices += self._skipped_row_notices()
        if self.mobilities is not None:
            skipped = self.mobilities._skipped_row_notices()
            notices += [describe_in_sheet(self.mobilities.sheet, notice) for notice in skipped]
        return notices + self.further_notices

    def _skipped_row_notices(self) -> list[str]:
        notices = []
        for line, text in self.skipped_rows[:MAX_LISTED]:
            notices.append(_("Line %(line)d is skipped: “%(text)s”.") % {"line": line, "text": text})
        if len(self.skipped_rows) > MAX_LISTED:
            notices.append(_("%d more lines are skipped.") % (len(self.skipped_rows) - MAX_LISTED))
        return notices

    def pop_rows(self) -> Iterator[TableRow]:
        """Yield the rows and remove them from the table, so that their memory can be reused."""
        while self.rows:
            yield self.rows.popleft()


class TableFile:
    """A file whose sheets are found and not read yet. ``sheets`` are those with text in them.

    ``columns`` are those that the file is expected to have.
    """

    def __init__(self, data: bytes, columns: Sequence[str], options: ReadOptions = DEFAULT_OPTIONS):
        self.options = options
        if len(data) > settings.IMPORT_MAX_MB * 1_000_000:
            message = _(
                "The file is larger than %d MB. Leave out what is not the list, or split it into several files."
            )
            raise TableError(message % settings.IMPORT_MAX_MB)
        if kind := describe_other_file(data):
            message = _("The file is %s, not a table. Save the table in it as XLSX and choose that file.")
            raise TableError(message % kind)
        self.sheets = [sheet for sheet in _open_sheets(data, columns, options) if sheet.read_head(MAX_HEADER_ROWS)]
        if not self.sheets:
            raise TableError(_("The file is empty. Choose a file with the columns %s.") % join_names(columns))
        divided = {sheet: divide_rows(sheet, columns, options.columns) for sheet in self.sheets}
        self.notices = {sheet: notice for sheet, notice in divided.items() if notice}

    def split(self, column: str, columns: Sequence[str]) -> tuple["TableFile", "TableFile"]:
        """Return the file with only those visible sheets that have the column, and the file without them.

        The header of a sheet is the row that has most of ``columns``.
        """
        parts = copy.copy(self), copy.copy(self)
        parts[0].sheets = [
            sheet
            for sheet in self.visible_sheets
            if find_header(sheet.head, columns, self.options.columns).places[column]
        ]
        parts[1].sheets = [sheet for sheet in self.sheets if sheet not in parts[0].sheets]
        return parts

    @property
    def visible_sheets(self) -> list[Sheet]:
        return [sheet for sheet in self.sheets if sheet.is_visible]

    def find_header(self, columns: Sequence[str]) -> tuple[Sheet, Header]:
        """Return the first visible sheet with the columns, and its header; or else the one that comes closest.

        Raise TableError if only hidden sheets have the columns.
        """
        headers = [(sheet, find_header(sheet.head, columns, self.options.columns)) for sheet in self.sheets]
        hidden = [sheet.name for sheet, header in headers if not (sheet.is_visible or header.missing)]
        visible = [(sheet, header) for sheet, header in headers if sheet.is_visible]
        sheet, header = min(visible, key=lambda pair: len(pair[1].missing), default=(None, None))
        if hidden and (header is None or header.missing):
            message = _(
                "Only the hidden sheet %s has the columns. Unhide the sheet, save the file and choose it again."
            )
            raise TableError(message % join_names(hidden))
        if header is None:
            raise TableError(_("The file has hidden sheets only. Unhide one, save the file and choose it again."))
        return sheet, header

    def read(
        self,
        columns: Sequence[str],
        optional: Sequence[str] | None = None,
        ignored: Sequence[str] = (),
        *,
        allow_empty=False,
    ) -> Table:
        """Read the columns. Blank rows are skipped.

        If optional columns are given, those in the file are read too, and any others but the ignored ones are an
        error. If ``optional`` is None, others are ignored. Raise TableError if the file has no such columns.
        """
        sheet, header = self.find_header(columns)
        require_columns(header, sheet.head)
        record, positions = header.record, self._find_positions(sheet, header, optional or ())
        header_positions = {at for at, name in enumerate(record.cells) if is_not_blank(name)}
        others = [record.cells[at] for at in sorted(header_positions.difference(positions.values()))]
        if optional is not None:
            _require_known([name for name in others if name not in ignored], record.line, optional)
        table = self._read_rows(sheet, header, positions, header_positions)
        if not (table.rows or allow_empty):
            message = _("The file has a header in line %d and no rows below it.")
            raise TableError(message % record.line)
        table.ignored_columns = others
        table.sheet = sheet.name
        table.options = self.options
        others = [other for other in self.visible_sheets if other is not sheet]
        table.other_sheets = [other.name for other in others]
        alike = [other.name for other in others if not find_header(other.head, columns, self.options.columns).missing]
        if alike:
            message = _(
                "Not read, though they have the columns: %s. Put all rows into one sheet, or import each sheet alone."
            )
            table.further_notices.append(message % join_names(alike))
        table.further_notices += filter(None, [self.notices.get(sheet)])
        table.hidden_sheets = [other.name for other in self.sheets if not other.is_visible]
        return table

    def _find_positions(self, sheet: Sheet, header: Header, optional: Sequence[str]) -> dict[str, int]:
        """Return the positions of the header's columns and of those optional ones that the sheet has."""
        places = find_places(header.record, optional, self.options.columns)
        require_columns(Header(header.record, {name: at for name, at in places.items() if at}), sheet.head)
        return {column: at[0] for column, at in {**header.places, **places}.items() if at}

    def _read_rows(
        self, sheet: Sheet, header: Header, positions: Mapping[str, int], header_positions: set[int]
    ) -> Table:
        index = sheet.head.index(header.record)
        names = {(at, header.record.cells[at]) for places in header.places.values() for at in places}
        table = Table(deque(), skipped_rows=[_describe_row(record) for record in sheet.head[:index]])
        for count, record in enumerate(chain(sheet.head[index + 1 :], sheet.records), start=1):
            if count > MAX_ROWS:
                raise TableError(_("The file has more than %d rows. Split it into several files.") % MAX_ROWS)
            # A row with two of the headers repeats them, as at the top of a printed page.
            if record.is_heading or len(names.intersection(enumerate(record.cells))) > 1:
                table.skipped_rows.append(_describe_row(record))
            else:
                table.rows.append(_to_table_row(record, positions, header_positions))
        _skip_running_numbers(table)
        return table


def _skip_running_numbers(table: Table) -> None:
    """Take a column without a header out of the table if it has nothing but running numbers."""
    if not table.rows or table.rows[0].surplus not in (("0",), ("1",)):
        return
    first = int(table.rows[0].surplus[0])
    if all(row.surplus == (str(number),) for number, row in enumerate(table.rows, start=first)):
        table.rows = deque(row._replace(surplus=()) for row in table.rows)
        table.further_notices.append(_("A column without a header is skipped: it has running numbers."))


def describe_in_sheet(sheet: str, message: str) -> str:
    return _("Sheet “%(sheet)s”: %(message)s") % {"sheet": truncate(sheet), "message": message}


def _open_sheets(data: bytes, columns: Sequence[str], options: ReadOptions) -> list[Sheet]:
    """Return the sheets of a spreadsheet, or the one of a text file."""
    if is_spreadsheet(data):
        # Imported lazily, as most files are text.
        from partners.tables.spreadsheets import read_sheets

        sheets = read_sheets(data)
        for sheet in sheets:
            sheet.records = map(unescape_cells, sheet.records)
        return sheets
    text = delimited.decode(data, options.encoding)
    delimiter = delimited.detect_delimiter(text, columns, options.columns)
    records = delimited.parse_records(text, delimiter)
    records = records if delimiter == delimited.TAB else map(unescape_csv, map(unwrap_texts, records))
    return [Sheet("", is_visible=True, records=records)]


def _describe_row(record: Record) -> tuple[int, str]:
    return record.line, truncate(" | ".join(filter(is_not_blank, record.cells)))


def _require_known(others: Sequence[str], line: int, optional: Sequence[str]) -> None:
    """Raise TableError if there are columns that are not known."""
    if others:
        message = _(
            "Line %(line)d has columns that are not known: %(others)s. Leave them out, or name them %(optional)s."
        )
        params = {"line": line, "others": join_names(others), "optional": join_names(optional)}
        raise TableError(message % params)


def _to_table_row(record: Record, positions: Mapping[str, int], header_positions: set[int]) -> TableRow:
    cells = record.cells
    return TableRow(
        record.line,
        {column: cells[at].strip("\r\n") if at < len(cells) else "" for column, at in positions.items()},
        tuple([cell for at, cell in enumerate(cells) if at not in header_positions and is_not_blank(cell)]),
    )
