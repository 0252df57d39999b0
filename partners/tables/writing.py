"""Writing rows to table files."""

from collections.abc import Iterable, Sequence

from partners.tables import delimited
from partners.tables.cells import Cell
from partners.tables.formulas import escape_cells, escape_csv

FORMATS = ("tsv", "csv", "xlsx", "ods")


def write_table(rows: Iterable[Sequence[Cell]], file_format: str) -> bytes:
    """Return a file of the rows, the first of which is the header. ``file_format`` is one of FORMATS."""
    if file_format == "tsv":
        return delimited.write_tsv(rows)
    if file_format == "csv":
        return delimited.write_csv(escape_csv(rows))
    # Imported lazily, as most files are text.
    from partners.tables import ods_writer, xlsx_writer

    write = xlsx_writer.write_xlsx if file_format == "xlsx" else ods_writer.write_ods
    return write(escape_cells(rows))
