"""Writing rows to table files."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from partners.tables.cells import Cell
from partners.tables.formulas import escape_cells, escape_csv

FORMATS = ("tsv", "csv", "xlsx", "ods")
NEEDS_QUOTING_RE = re.compile(r'\A"|[\t\r\n]')


def write_sheets(sheets: Mapping[str, Iterable[Sequence[Cell]]], file_format: str) -> bytes:
    """Return a file of the rows of each sheet, by its name. A text file has those of the first sheet only.

    The first row of a sheet is its header. ``file_format`` is one of FORMATS.
    """
    if file_format == "tsv":
        return write_tsv(next(iter(sheets.values())))
    if file_format == "csv":
        return write_csv(escape_csv(next(iter(sheets.values()))))
    # Imported lazily, as most files are text.
    from partners.tables import ods_writer, xlsx_writer

    write = xlsx_writer.write_xlsx if file_format == "xlsx" else ods_writer.write_ods
    return write({name: escape_cells(rows) for name, rows in sheets.items()})


def write_tsv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write cells unquoted, except those that a reader would take for quoted or for several."""
    lines = []
    for row in rows:
        cells = map(str, row)
        quoted = ['"{}"'.format(cell.replace('"', '""')) if NEEDS_QUOTING_RE.search(cell) else cell for cell in cells]
        lines.append("\t".join(quoted) + "\n")
    return "".join(lines).encode()


def write_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write UTF-8 with a byte order mark, as Excel takes it for Windows-1252 otherwise, and quote every cell.

    Unquoted, a cell with a semicolon would be two in a spreadsheet that splits at semicolons.
    """
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("utf-8-sig")
