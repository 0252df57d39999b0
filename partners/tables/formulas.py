"""Escaping of cells that a spreadsheet would evaluate as formulas, by an apostrophe in front."""

import re
from collections.abc import Iterable, Iterator, Sequence

from partners.tables.cells import Cell
from partners.tables.types import Record

FORMULA_START = r"'*[=+\-@\t\r]"
FORMULA_RE = re.compile(rf"\A{FORMULA_START}")
"""A cell that a spreadsheet evaluates, or would evaluate without the apostrophes in front."""
TEXT_FORMULA_RE = re.compile(r'\A="([^"]*)"\Z')
CSV_CELL_START = r"(?:\A|(?<=[;\t\r\n]))"
"""Start of a cell for a spreadsheet that splits at semicolons, whatever the delimiter of the file is."""
CSV_FORMULA_RE = re.compile(rf"{CSV_CELL_START}(?={FORMULA_START})")
CSV_ESCAPED_FORMULA_RE = re.compile(rf"{CSV_CELL_START}'(?={FORMULA_START})")


def escape_cells(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [f"'{cell}" if isinstance(cell, str) and FORMULA_RE.match(cell) else cell for cell in row]


def unescape_cells(record: Record) -> Record:
    if not any(cell.startswith("'") for cell in record.cells):
        return record
    return record._replace(
        cells=[cell[1:] if cell.startswith("'") and FORMULA_RE.match(cell) else cell for cell in record.cells]
    )


def escape_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Escape also where a cell would begin if a spreadsheet split the text."""
    for row in rows:
        yield [CSV_FORMULA_RE.sub("'", cell) if isinstance(cell, str) else cell for cell in row]


def unwrap_texts(record: Record) -> Record:
    """Return the texts of formulas such as ="0311", by which programs keep a spreadsheet from changing a text."""
    if not any(cell.startswith('="') for cell in record.cells):
        return record
    return record._replace(cells=[TEXT_FORMULA_RE.sub(r"\1", cell) for cell in record.cells])


def unescape_csv(record: Record) -> Record:
    if not any("'" in cell for cell in record.cells):
        return record
    return record._replace(cells=[CSV_ESCAPED_FORMULA_RE.sub("", cell) for cell in record.cells])
