"""Shared parts of the readers and writers of spreadsheets. Imports no Django, so that the reader starts fast."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, NamedTuple

Cell = str | int | date
"""Types that can be written to a table. They are read back as text."""
MIN_WIDTH, MAX_WIDTH = 10, 60
ESCAPED_RE = re.compile("_x(?!0000|[Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
"""A character that XML cannot hold, escaped. NUL and halves of characters stay, as no database takes them."""


class UnreadableError(Exception):
    """The argument is a key of ``spreadsheets.MESSAGES``."""


class Row(NamedTuple):
    line: int
    cells: list[str]
    merges: list[tuple[int, int, int]]
    """Column from 0, height and width of each merged cell that begins in this row."""


class Archive(zipfile.ZipFile):
    """A zip archive whose parts are found in any case and with either slash."""

    def __init__(self, file: IO[bytes]):
        super().__init__(file)
        if any(part.flag_bits & 1 for part in self.infolist()):
            raise UnreadableError("protected")
        self.names = {name.replace("\\", "/").lower(): name for name in self.namelist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.names

    def open_part(self, name: str) -> IO[bytes]:
        """Raise KeyError if there is no such part."""
        return self.open(self.names[name.lower()])

    def read_part(self, name: str, default: bytes = b"") -> bytes:
        return self.open_part(name).read() if name in self else default


def cell_text(value: str | float | bool | date | time | timedelta) -> str:
    """Return a value as text: numbers without an exponent, dates as ISO 8601, a midnight as its date."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, timedelta):
        value /= timedelta(days=1)
    if isinstance(value, int | float):
        return format(Decimal(repr(value + 0.0)), "f").removesuffix(".0")
    if isinstance(value, datetime) and value.time() == time.min:
        value = value.date()
    return value.isoformat()


def column_widths(rows: Iterable[Sequence[Cell]]) -> list[int]:
    """Return the widths of the columns in characters: of the longest line in each, within limits."""
    widths: list[int] = []
    for row in rows:
        widths += [MIN_WIDTH] * (len(row) - len(widths))
        for column, cell in enumerate(row):
            longest = max(map(len, str(cell).split("\n"))) + 2
            widths[column] = max(widths[column], min(longest, MAX_WIDTH))
    return widths or [MIN_WIDTH]


def unescape(text: str) -> str:
    return ESCAPED_RE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def local_name(name: str) -> str:
    """Return the name of an XML element or attribute without its namespace."""
    return name.rpartition("}")[2]
