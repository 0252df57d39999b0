"""Types and helpers that all kinds of table files share."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from partners.file_types import OLE2_MAGIC, ZIP_MAGIC
from partners.name_normalization import normalize_name

MAX_QUOTED_LENGTH = 80
"""Characters of a cell that a message quotes."""
MAX_LISTED = 30
"""Names or rows that a message lists."""

ProgressCallback = Callable[[Iterable, int, str], Iterable]
"""Wraps the iterable of a long operation. Arguments: the items, their number, and what is done to them."""


def no_progress(items: Iterable, total: int, description: str) -> Iterable:
    return items


class TableError(ValueError):
    """A file is not the expected table. The message is a sentence for users."""


class UnknownEncodingError(TableError):
    """The file is text that is neither in UTF-8 nor in UTF-16."""


class Record(NamedTuple):
    """The cells of a row, and the line of the file where it begins, counted from 1."""

    line: int
    cells: list[str]
    is_heading: bool = False
    """The only text is one cell merged across columns."""


@dataclass(eq=False)
class Sheet:
    """The records of a sheet, or of a text file, which has no name and is visible."""

    name: str
    is_visible: bool
    records: Iterable[Record]
    head: list[Record] = field(default_factory=list)
    """The first records with text, among which the header is."""

    def read_head(self, size: int) -> list[Record]:
        """Move up to `size` records with text from ``records`` to ``head``."""
        self.records = filter(has_text, self.records)
        self.head = list(islice(self.records, size))
        return self.head


def is_spreadsheet(data: bytes) -> bool:
    """Return True for any ZIP or OLE2 file, also if it is not supported."""
    return data.startswith((ZIP_MAGIC, OLE2_MAGIC))


def truncate(text: str) -> str:
    """Return the beginning of a text for a message. Line breaks are spaces."""
    text = normalize_name(re.sub("[\r\n]+", " ", text))
    return text if len(text) <= MAX_QUOTED_LENGTH else f"{text[: MAX_QUOTED_LENGTH - 1]}…"


def join_names(names: Iterable[str]) -> str:
    quoted = [f"“{truncate(name)}”" for name in names]
    return ", ".join(quoted if len(quoted) <= MAX_LISTED else [*quoted[:MAX_LISTED], "…"])


def join_lines(lines: Sequence[int]) -> str:
    """Return the numbers of lines for a message, the first ones of many."""
    return ", ".join(map(str, lines[:MAX_LISTED])) + ("…" if len(lines) > MAX_LISTED else "")


def is_not_blank(cell: str) -> bool:
    return bool(normalize_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_not_blank, record.cells))
