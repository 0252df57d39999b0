"""What every kind of table file is read into."""

from typing import NamedTuple

from partners.names import clean_name


class TableError(ValueError):
    """A file that cannot be read as the table it should be, told in a sentence."""


class Record(NamedTuple):
    """The cells that begin on a line, or stand in a row, of the file. The first is line 1."""

    line: int
    cells: list[str]


def is_filled(cell: str) -> bool:
    return bool(clean_name(cell))


def has_text(record: Record) -> bool:
    return any(map(is_filled, record.cells))
