"""What every kind of table file is read into, and written from."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from partners.file_kinds import OLE2, ZIP
from partners.names import clean_name

LONGEST_QUOTE = 80
"""Characters of a cell that a message quotes."""

Cell = str | int | date
"""What can be written to a table. Read again it is text."""


Watch = Callable[[Iterable, int, str], Iterable]
"""What long work passes through: things, how many they are, and what is done to them. It gives them as they are."""


def unwatched(things: Iterable, total: int, doing: str) -> Iterable:
    return things


class TableError(ValueError):
    """A file that cannot be read as the table it should be, told in a sentence."""


class Record(NamedTuple):
    """The cells that begin on a line, or stand in a row, of the file. The first is line 1."""

    line: int
    cells: list[str]


def is_spreadsheet(data: bytes) -> bool:
    """Whether it is a file of the kind, be it one that has to be refused."""
    return data.startswith((ZIP, OLE2))


def shortened(text: str) -> str:
    text = clean_name(text)
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


def is_filled(cell: str) -> bool:
    return bool(clean_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_filled, record.cells))
