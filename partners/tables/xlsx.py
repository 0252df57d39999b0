"""The XML of XLSX files, from Excel and from what else writes it."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

from partners.tables.cells import (
    Pieces,
    Row,
    boolean_text,
    cost,
    date_text,
    iso_date_text,
    number_text,
    put,
    unescaped,
)
from partners.tables.containers import (
    END,
    MAX_PARTS,
    MAX_UNPACKED,
    START,
    TEXT,
    Container,
    Event,
    damaged,
    resolved,
    skip,
    too_large,
)

DAY_0 = datetime.fromisoformat("1899-12-30")
DAY_0_OF_1904 = datetime.fromisoformat("1904-01-01")
FEBRUARY_29_1900 = 60
"""A day that Excel counts and that never was. What comes before is a day later than by ``DAY_0``."""

DATE_FORMATS = {
    str(number) for numbers in (range(14, 23), range(27, 37), (45, 47), range(50, 59)) for number in numbers
}
"""The numbers of the formats for dates and times that need no definition: ECMA-376 part 1, 18.8.30."""
DATE_LETTERS = re.compile("[dmyhs]", re.IGNORECASE)
LITERALS = re.compile(r'"[^"]*"|[\\_*].|\[[^\[\]]*\]')
DURATION = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
MAX_STYLES = 65_490
LAST_COLUMN = "XFD"


class Relationship(NamedTuple):
    id: str
    kind: str
    target: str


@dataclass
class _Book:
    """Shared strings, date styles and epoch, to which the cells of all sheets refer."""

    strings: list[str] = field(default_factory=list)
    date_styles: set[str] = field(default_factory=set)
    day_0: datetime = DAY_0


def is_xlsx(container: Container) -> bool:
    part = _workbook_part(container)
    return part.lower().endswith(".xml") and next(container.events(part))[1] == "workbook"


def sheets(container: Container) -> Iterator[tuple[str, Iterator[Row]]]:
    """The name and the rows of each sheet, in the order of the sheets."""
    workbook = _workbook_part(container)
    relationships = _relationships(container, workbook)
    book, names = _workbook(container.events(workbook))
    parts = {each.kind: each.target for each in relationships}
    if "sharedStrings" in parts:
        book.strings = list(_shared_strings(container.events(parts["sharedStrings"])))
    if "styles" in parts:
        book.date_styles = set(_date_styles(container.events(parts["styles"])))
    worksheets = {each.id: each.target for each in relationships if each.kind == "worksheet"}
    for part, name in {worksheets[each]: name for each, name in names.items() if each in worksheets}.items():
        yield name, _rows(container.events(part), book)


def _workbook_part(container: Container) -> str:
    return next((each.target for each in _relationships(container, "") if each.kind == "officeDocument"), "")


def _relationships(container: Container, part: str) -> list[Relationship]:
    folder, name = posixpath.split(part)
    described_in = posixpath.join(folder, "_rels", f"{name}.rels")
    events = container.events(described_in) if described_in in container else ()
    found = (
        Relationship(of["Id"], of["Type"].rpartition("/")[2], resolved(of["Target"], part))
        for kind, element, of in events
        if kind == START and element == "Relationship"
    )
    return list(islice(found, MAX_PARTS))


def _workbook(events: Iterator[Event]) -> tuple[_Book, dict[str, str]]:
    """The book, and the names of its sheets by the relationships by which it knows them."""
    book, names = _Book(), {}
    for kind, name, attributes in events:
        if kind == START and name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.day_0 = DAY_0_OF_1904
        elif kind == START and name == "sheet" and len(names) < MAX_PARTS:
            names |= {value: attributes.get("name", "") for key, value in attributes.items() if key.endswith("}id")}
    return book, names


def _shared_strings(events: Iterator[Event]) -> Iterator[str]:
    size = 0
    for kind, name, _attributes in events:
        if kind == START and name == "si":
            yield (text := unescaped(_written(events)))
            size += cost(text)
            if size > MAX_UNPACKED:
                raise too_large()


def _date_styles(events: Iterator[Event]) -> Iterator[str]:
    """The numbers of the cell styles that show a number as a date."""
    date_formats = set(DATE_FORMATS)
    for kind, name, attributes in events:
        if kind == START and name == "numFmt":
            change = date_formats.add if _is_date_format(attributes.get("formatCode", "")) else date_formats.discard
            change(attributes["numFmtId"])
        elif kind == START and name == "cellXfs":
            break
    styles = (attributes for kind, name, attributes in events if kind == START and name == "xf")
    for number, attributes in enumerate(islice(styles, MAX_STYLES)):
        if attributes.get("numFmtId") in date_formats:
            yield str(number)


def _is_date_format(code: str) -> bool:
    return not DURATION.search(code) and bool(DATE_LETTERS.search(LITERALS.sub("", code)))


def _rows(events: Iterator[Event], book: _Book) -> Iterator[Row]:
    line, column, cells = 0, 0, {}
    for kind, name, attributes in events:
        if kind == START and name == "row":
            line, column, cells = int(float(attributes.get("r", line + 1))), 0, {}
        elif kind == START and name == "c":
            column = _column(attributes["r"].rstrip("0123456789")) if "r" in attributes else column + 1
            text = _text(attributes, _written(events, attributes.get("t") != "str"), book)
            if text is not None:
                put(cells, text, column)
        elif kind == END and name == "row":
            yield Row(line, cells)


def _written(events: Iterator[Event], needs_result: bool = False) -> str:
    """The text of an element that has just started, without readings aloud, and without a formula that has a result.

    Programs that do not calculate write formulas only: a cell that seems blank would be lost unseen.
    """
    parts, formula, depth, is_text = Pieces(), "", 1, False
    while depth:
        kind, name, value = next(events)
        if kind == TEXT:
            if is_text:
                parts.append(value)
        elif kind == START and name == "f":
            formula = _formula(events)
        elif kind == START and name == "rPh":
            skip(events)
        else:
            is_text = kind == START and name in ("v", "t")
            depth += 1 if kind == START else -1
    return "".join(parts) or formula * needs_result


def _formula(events: Iterator[Event]) -> str:
    return "=" + "".join(text for _kind, _name, text in takewhile(lambda event: event[0] == TEXT, events))


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    if not letters.isalpha() or len(letters) > len(LAST_COLUMN):
        raise damaged()
    number = 0
    for letter in letters.upper():
        number = number * 26 + int(letter, 36) - 9
    return number


def _text(attributes: dict[str, str], written: str, book: _Book) -> str | None:
    """The text of a cell, or None if it is blank. A cell of text without any is not blank."""
    kind = attributes.get("t", "n")
    if kind in ("str", "inlineStr"):
        return unescaped(written)
    if not written.strip():
        return None
    if written.startswith("="):
        return written
    if kind == "n" and attributes.get("s", "0") in book.date_styles:
        return _serial_date_text(written, book.day_0)
    return book.strings[int(written)] if kind == "s" else _READERS[kind](written)


_READERS = {"n": number_text, "b": boolean_text, "d": iso_date_text, "e": str}


def _serial_date_text(written: str, day_0: datetime) -> str:
    """A count of days as a date. What is no date in this calendar stays a number."""
    days = float(written)
    missing = int(day_0 == DAY_0 and days < FEBRUARY_29_1900)
    try:
        when = day_0 + timedelta(days=missing, milliseconds=round(days * 86_400_000))
    except OverflowError:
        return number_text(written)
    if days < 0:
        return number_text(written)
    return when.time().isoformat() if days < 1 else date_text(when)
