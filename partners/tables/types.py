"""What every kind of table file is read into, and written from."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from partners.file_types import OLE2_MAGIC, ZIP_MAGIC
from partners.name_normalization import normalize_name

MAX_QUOTED_LENGTH = 80
"""Characters of a cell that a message quotes."""

Cell = str | int | date
"""What can be written to a table. Read again it is text."""


ProgressCallback = Callable[[Iterable, int, str], Iterable]
"""What long work passes through: things, how many they are, and what is done to them. It gives them as they are."""


def no_progress(things: Iterable, total: int, doing: str) -> Iterable:
    return things


class TableError(ValueError):
    """A file that cannot be read as the table it should be, told in a sentence."""


class Record(NamedTuple):
    """The cells that begin on a line, or stand in a row, of the file. The first is line 1."""

    line: int
    cells: list[str]


def is_spreadsheet(data: bytes) -> bool:
    """Whether it is a file of the kind, be it one that has to be refused."""
    return data.startswith((ZIP_MAGIC, OLE2_MAGIC))


def truncate(text: str) -> str:
    text = normalize_name(text)
    return text if len(text) <= MAX_QUOTED_LENGTH else f"{text[: MAX_QUOTED_LENGTH - 1]}…"


def is_not_blank(cell: str) -> bool:
    return bool(normalize_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_not_blank, record.cells))
