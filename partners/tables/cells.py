"""Cells of XLSX and ODS: limits, escaping, and text of values."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.tables.containers import MAX_UNPACKED, too_large
from partners.tables.types import Cell, Record, TableError

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
LONGEST_CELL = 1_000_000
"""Characters. Excel has room for 32,767."""
CELL = 20
"""Bytes counted for a cell besides its text, so that many empty cells count too."""

NARROWEST, WIDEST = 10, 60

NOT_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
"""Characters that XML cannot hold, as a range for regular expressions."""

LOOKS_ESCAPED = re.compile(rf"_(?=x[0-9A-Fa-f]{{4}}[_\r{NOT_XML}])")
TO_ESCAPE = re.compile(f"[{NOT_XML}]")
ESCAPED = re.compile("_x(?!0000|[Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")


class Row(NamedTuple):
    line: int
    cells: dict[int, str]
    """The text by the column, of which the first is 1. Blank cells are left out."""
    repeated: int = 1
    """On how many rows, one below the other, these cells stand."""


class Pieces(list):
    """The pieces of one cell's text, which cannot go on without end."""

    length = 0

    def append(self, text: str) -> None:
        self.length += len(text)
        if self.length > LONGEST_CELL:
            raise TableError(
                _("The table has a cell of more than %(most)d characters. Shorten it.") % {"most": LONGEST_CELL}
            )
        super().append(text)


@dataclass
class Extent:
    """The size of all sheets so far. A few bytes can stand for any number of rows, cells and characters."""

    rows: int = 0
    size: int = 0

    def grow(self, rows: int, size: int) -> None:
        self.rows += rows
        self.size += size
        if self.rows > MAX_ROWS:
            raise TableError(
                _("The table has more than %(most)d rows. Divide it among several files.") % {"most": MAX_ROWS}
            )
        if self.size > MAX_UNPACKED:
            raise too_large()


def records(rows: Iterable[Row], extent: Extent) -> Iterator[Record]:
    """The rows that have text in them, each at least as wide as the first."""
    width = 0
    for line, cells, repeated in rows:
        if not any(cells.values()):
            continue
        texts = [cells.get(column, "") for column in range(1, max(width, *cells) + 1)]
        width = width or len(texts)
        extent.grow(repeated, repeated * sum(map(cost, texts)))
        for below in range(repeated):
            yield Record(line + below, list(texts))


def put(cells: dict[int, str], text: str, column: int, repeated: int = 1) -> None:
    """Puts a text into the cells from a column on."""
    last = column + repeated - 1
    if column == last <= MAX_COLUMNS:
        cells[column] = text
    elif last <= MAX_COLUMNS:
        cells.update(dict.fromkeys(range(column, last + 1), text))
    elif text:
        raise TableError(
            _("The table has more than %(most)d columns. Remove those that are not needed.") % {"most": MAX_COLUMNS}
        )


def cost(text: str) -> int:
    """The bytes of memory that a cell may take."""
    return CELL + len(text) * (1 if text.isascii() else 4)


def number_text(written: str) -> str:
    """The digits of a number, without those that only a binary fraction has, and without an exponent."""
    if written.isascii() and written.isdecimal():
        return str(int(written))
    value = float(written) + 0.0
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def boolean_text(written: str) -> str:
    return "TRUE" if written.strip() in ("1", "true") else "FALSE"


def date_text(when: datetime) -> str:
    return (when.date() if when.time() == time.min else when).isoformat()


def iso_date_text(written: str) -> str:
    try:
        return date_text(datetime.fromisoformat(written.strip()))
    except ValueError:
        return written


def escaped(text: str) -> str:
    """Escape characters that XML cannot contain as Excel does, ``_x000B_``, and text that looks like such an escape."""
    return TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", LOOKS_ESCAPED.sub("_x005F_", text))


def unescaped(text: str) -> str:
    """The opposite of escaped, but for NUL and halves of characters, which no database takes."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def text_of(cell: Cell) -> str:
    return cell if isinstance(cell, str) else str(cell)


def column_widths(rows: Iterable[Sequence[Cell]]) -> list[int]:
    """The widths, in characters, at which the columns are good to read."""
    widths: list[int] = []
    for row in rows:
        widths += [NARROWEST] * (len(row) - len(widths))
        for at, cell in enumerate(row):
            longest = max(map(len, text_of(cell).split("\n"))) + 2
            widths[at] = max(widths[at], min(longest, WIDEST))
    return widths
