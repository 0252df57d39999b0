"""What every kind of table file is read into, and written from."""

from datetime import date
from typing import NamedTuple

from partners.names import clean_name

ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Cell = str | int | date
"""What can be written to a table. Read again it is text."""


class TableError(ValueError):
    """A file that cannot be read as the table it should be, told in a sentence."""


class Record(NamedTuple):
    """The cells that begin on a line, or stand in a row, of the file. The first is line 1."""

    line: int
    cells: list[str]


def is_spreadsheet(data: bytes) -> bool:
    """Whether it is a file of the kind, be it one that has to be refused."""
    return data.startswith((ZIP, OLE2))


def is_filled(cell: str) -> bool:
    return bool(clean_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_filled, record.cells))
