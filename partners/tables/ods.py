"""The XML of ODS files, from LibreOffice and from what else writes it."""

import re
from collections.abc import Iterator

from partners.tables.cells import Pieces, Row, boolean_text, iso_date_text, number_text, put, unescaped
from partners.tables.containers import END, START, TEXT, Container, Event, skip, too_large

CONTENT, MANIFEST, MIMETYPE = "content.xml", "META-INF/manifest.xml", "mimetype"
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TABLE = f"{OPEN_DOCUMENT}office:1.0}}", f"{OPEN_DOCUMENT}table:1.0}}"
FORMULA = f"{TABLE}formula"
COUNT = f"{OPEN_DOCUMENT}text:1.0}}c"
ROWS_REPEATED, COLUMNS_REPEATED = f"{TABLE}number-rows-repeated", f"{TABLE}number-columns-repeated"

BLANKS = re.compile("[ \t\n]+")
SPACE, TAB, LINE_BREAK = "\x01", "\x02", "\x03"
"""A placeholder for significant white space while the rest is collapsed. XML cannot contain it."""
ELEMENTS = {"s": SPACE, "tab": TAB, "line-break": LINE_BREAK}
MAX_SPACES = 10_000_000
MEANT = str.maketrans({SPACE: " ", TAB: "\t", LINE_BREAK: "\n"})


def is_encrypted(container: Container) -> bool:
    return b"encryption-data" in container.head(MANIFEST)


def is_ods(container: Container) -> bool:
    return CONTENT in container and b"spreadsheet" in (container.head(MIMETYPE) or b"spreadsheet")


def sheets(container: Container) -> Iterator[tuple[str, Iterator[Row]]]:
    """The name and the rows of each sheet, in the order of the sheets, to be read to their end one after the other."""
    events = _with_blanks(container.events(CONTENT))
    for kind, name, attributes in events:
        if kind == START and name == "table":
            yield attributes.get(f"{TABLE}name", ""), _rows(events)


def _with_blanks(events: Iterator[Event]) -> Iterator[Event]:
    """Puts text in place of the elements that stand for blanks."""
    left = MAX_SPACES
    for kind, name, attributes in events:
        if name not in ELEMENTS:
            yield kind, name, attributes
        elif kind == START:
            count = _repeated(attributes, COUNT)
            left -= count
            if left < 0:
                raise too_large()
            yield TEXT, "", ELEMENTS[name] * count


def _rows(events: Iterator[Event]) -> Iterator[Row]:
    line = 1
    for kind, name, attributes in events:
        if kind == START and name == "table-row":
            repeated = _repeated(attributes, ROWS_REPEATED)
            yield Row(line, _cells(events), repeated)
            line += repeated
        elif kind == START and name == "shapes":
            skip(events)
        elif kind == END and name == "table":
            return


def _cells(events: Iterator[Event]) -> dict[int, str]:
    column, cells = 1, {}
    for kind, name, attributes in events:
        if kind == START:
            repeated = _repeated(attributes, COLUMNS_REPEATED)
            text = _cell(attributes, events)
            if text is not None and name == "table-cell":
                put(cells, text, column, repeated)
            column += repeated
        elif kind == END:
            break
    return cells


def _repeated(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, 1)))


def _cell(attributes: dict[str, str], events: Iterator[Event]) -> str | None:
    """The text of a cell, or None if it is blank. A cell of text without any is not blank."""
    shown = _shown(events)
    kind = attributes.get(f"{OFFICE}value-type")
    attribute, read = _READERS.get(kind, _AS_SHOWN)
    written = attributes.get(OFFICE + attribute)
    if written:
        return read(written)
    if not shown and kind is None and FORMULA in attributes:
        return "=" + attributes[FORMULA].partition("=")[2]  # a program that does not calculate has written it
    return shown if shown or kind == "string" else None


_NUMBER = ("value", number_text)
_AS_SHOWN = ("string-value", str)
_READERS = {
    "float": _NUMBER,
    "percentage": _NUMBER,
    "currency": _NUMBER,
    "date": ("date-value", iso_date_text),
    "boolean": ("boolean-value", boolean_text),
}


def _shown(events: Iterator[Event]) -> str:
    """The paragraphs of a cell, without comments and drawings."""
    paragraphs = Pieces()
    for kind, name, _attributes in events:
        if kind == END:
            break
        if kind == START and name == "p":
            paragraphs.append(_paragraph(events))
        elif kind == START:
            skip(events)
    return "\n".join(paragraphs)


def _paragraph(events: Iterator[Event]) -> str:
    """Bare blanks count as one space, and as none at the ends: OpenDocument 1.3 part 3, 6.1.2."""
    parts, depth = Pieces(), 1
    while depth:
        kind, name, value = next(events)
        if kind == TEXT:
            parts.append(value)
        elif kind == START and name in ("annotation", "ruby-text"):
            skip(events)
        elif kind == START:
            depth += 1
        else:
            depth -= 1
    return unescaped(BLANKS.sub(" ", "".join(parts)).strip(" ").translate(MEANT))
