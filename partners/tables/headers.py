"""Recognition of the header of a table, by the names of its columns and by other usual ones."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from partners.name_normalization import collapse_white_space, matching_key
from partners.tables.types import Record, TableError, is_not_blank, join_names

NAMES_PATH = Path(__file__).with_name("header_names.json")
"""Usual other names of columns, in the languages of universities."""
NAME_COLUMN = "University name"
NOT_ALPHANUMERIC_RE = re.compile(r"[\W_\u00b2\u00b3\u00b9\u2070-\u2079]+")
"""White space, punctuation, and marks of footnotes."""
ADDITION_RE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
HARMLESS_RE = re.compile(
    "[a-z]{2,3}|english|englisch|anglais|(official|original)( name)?|required|mandatory|Pflichtfeld", re.IGNORECASE
)
"""Additions in brackets that leave a name what it is."""
PARTS_RE = re.compile(r" ?[/|\r\n] ?| [-\u2013\u2014] ")
"""Between names in two languages."""


@cache
def usual_names() -> dict[str, frozenset[str]]:
    """Return the keys of the usual other names of each column."""
    names = json.loads(NAMES_PATH.read_text(encoding="utf-8"))
    return {column: frozenset(map(header_key, others)) for column, others in names.items()}


def header_key(text: str) -> str:
    """Return the matching key without anything but letters and digits."""
    return NOT_ALPHANUMERIC_RE.sub("", matching_key(text))


@dataclass(frozen=True)
class Header:
    """A row of a table, with the places where each wanted column could be."""

    record: Record
    places: Mapping[str, list[int]]

    @property
    def missing(self) -> list[str]:
        return [column for column, places in self.places.items() if not places]


@dataclass
class HeaderError(TableError):
    """No row has each column once. ``header`` is the row that comes closest, ``head`` the first rows."""

    message: str
    header: Header
    head: Sequence[Record] = field(default=())

    def __str__(self) -> str:
        return self.message


def find_places(record: Record, columns: Sequence[str], assigned: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the indexes of the cells that could be each column.

    They have the header that is assigned to the column, or else the column's name, or else another usual name of it,
    or else such names in two languages or with an addition in brackets.
    """
    exact = [matching_key(collapse_white_space(cell)) for cell in record.cells]
    keys = [header_key(cell) for cell in record.cells]
    places = {}
    for column in columns:
        name = matching_key(collapse_white_space(assigned.get(column, column)))
        places[column] = [index for index, key in enumerate(exact) if key == name]
        if not places[column] and column not in assigned:
            names = {header_key(column), *usual_names().get(column, ())}
            places[column] = [index for index, key in enumerate(keys) if key in names] or [
                index for index, cell in enumerate(record.cells) if _is_composed_of(names, cell, column)
            ]
    return places


def _is_composed_of(names: Collection[str], cell: str, column: str) -> bool:
    """Return True if a cell has several names of the column, or one with an addition such as a unit or a language.

    Other additions to the name of a university could make it another column, such as "Partner (contact)".
    """
    additions = ADDITION_RE.findall(cell)
    if column == NAME_COLUMN and not all(map(HARMLESS_RE.fullmatch, additions)):
        return False
    parts = PARTS_RE.split(ADDITION_RE.sub(" ", cell)) if additions or PARTS_RE.search(cell) else []
    keys = set(filter(None, map(header_key, parts)))
    return bool(keys) and keys.issubset(names)


def find_header(head: Sequence[Record], columns: Sequence[str], assigned: Mapping[str, str]) -> Header:
    """Return the first row with all the columns, or the last of several such rows that follow each other.

    Otherwise return the first of those that have most of them, rather one with as many cells as columns.
    """
    headers = [Header(record, find_places(record, columns, assigned)) for record in head]

    def distance(header: Header) -> tuple[int, bool]:
        return len(header.missing), sum(map(is_not_blank, header.record.cells)) < len(columns)

    header, *others = headers[headers.index(min(headers, key=distance)) :]
    for other in others:
        # The lower row of a header whose other cells are merged.
        if header.missing or other.missing:
            break
        header = other
    return header


def require_columns(header: Header, head: Sequence[Record]) -> None:
    """Raise HeaderError if a column is missing, or could be one of several."""
    line = header.record.line
    if header.missing:
        message = _("Line %(line)d is not the header: it lacks %(missing)s and has %(seen)s. Name the columns %(all)s.")
        params = {
            "line": line,
            "missing": join_names(header.missing),
            "seen": join_names(filter(is_not_blank, header.record.cells)),
            "all": join_names(header.places),
        }
        raise HeaderError(message % params, header, head)
    names = {column: [header.record.cells[place] for place in places] for column, places in header.places.items()}
    ambiguous = {column: cells for column, cells in names.items() if len(cells) > 1}
    if repeated := [column for column, cells in ambiguous.items() if len(set(map(matching_key, cells))) == 1]:
        message = _("Line %(line)d has the column %(repeated)s more than once. Leave one of them.")
        raise HeaderError(message % {"line": line, "repeated": join_names(repeated)}, header, head)
    for column, cells in ambiguous.items():
        message = _("Line %(line)d has several columns that could be “%(column)s”: %(names)s. Say which is meant.")
        raise HeaderError(message % {"line": line, "column": column, "names": join_names(cells)}, header, head)
