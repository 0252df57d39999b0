"""Types and helpers that all kinds of table files share."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from partners.file_types import OLE2_MAGIC, ZIP_MAGIC
from partners.name_normalization import normalize_name

MAX_QUOTED_LENGTH = 80
"""Characters of a cell that a message quotes."""

Cell = str | int | date
"""Types that can be written to a table. They are read back as text."""


ProgressCallback = Callable[[Iterable, int, str], Iterable]
"""Wraps the iterable of a long operation. Arguments: the items, their number, and what is done to them."""


def no_progress(items: Iterable, total: int, description: str) -> Iterable:
    return items


class TableError(ValueError):
    """A file is not the expected table. The message is a sentence for users."""


class Record(NamedTuple):
    """The cells of a row, and the line of the file where it begins, counted from 1."""

    line: int
    cells: list[str]


def is_spreadsheet(data: bytes) -> bool:
    """Return True for any ZIP or OLE2 file, also if it is not supported."""
    return data.startswith((ZIP_MAGIC, OLE2_MAGIC))


def truncate(text: str) -> str:
    text = normalize_name(text)
    return text if len(text) <= MAX_QUOTED_LENGTH else f"{text[: MAX_QUOTED_LENGTH - 1]}…"


def is_not_blank(cell: str) -> bool:
    return bool(normalize_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_not_blank, record.cells))
