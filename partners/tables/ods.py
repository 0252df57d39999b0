"""Reading of ODS, from LibreOffice and from what else writes it."""

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, iterparse

from partners.spreadsheet_errors import is_spreadsheet_error
from partners.tables.cells import Archive, Row, cell_text, local_name, unescape

NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, TEXT, STYLE = (NAMESPACE % name for name in ("office", "table", "text", "style"))
WHITE_SPACE_RE = re.compile("[ \t\n]+")
BLANKS = {"s": "\x01", "tab": "\x02", "line-break": "\x03"}
"""Characters that stand for significant white space while the rest is collapsed. XML cannot contain them."""
MARKS_TO_BLANKS = str.maketrans("\x01\x02\x03", " \t\n")
CELLS = {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}
NOT_TEXT = {"annotation", "ruby-text"}


def read_ods(archive: Archive) -> Iterator[tuple[str, bool, Iterator[Row]]]:
    """Yield the name, True if visible, and the rows of each sheet, to be read to their end one after the other."""
    hidden_styles = set()
    events = iterparse(archive.open_part("content.xml"), ["start", "end"])  # noqa: S314 - the process has limits
    for event, element in events:
        if event == "end" and element.tag == f"{STYLE}style":
            if any(child.get(f"{TABLE}display") == "false" for child in element):
                hidden_styles.add(element.get(f"{STYLE}name"))
        elif event == "start" and element.tag == f"{TABLE}table":
            is_visible = element.get(f"{TABLE}style-name") not in hidden_styles
            yield element.get(f"{TABLE}name", ""), is_visible, _rows(element, events)


def _rows(table: Element, events: Iterator[tuple[str, Element]]) -> Iterator[Row]:
    line = 1
    for event, element in events:
        if event == "end" and element is table:
            table.clear()
            return
        if event == "end" and element.tag == f"{TABLE}table-row":
            cells, merges = _cells(element)
            repeated = _count(element, f"{TABLE}number-rows-repeated")
            if any(cells):
                yield from (Row(below, list(cells), merges) for below in range(line, line + repeated))
            line += repeated
            element.clear()


def _cells(row: Element) -> tuple[list[str], list[tuple[int, int, int]]]:
    """Return the texts of a row up to the last that is not blank, and the merged cells that begin in it."""
    cells, merges, column = [], [], 0
    for cell in row:
        if cell.tag not in CELLS:
            continue
        repeated = _count(cell, f"{TABLE}number-columns-repeated")
        if text := _text(cell) if cell.tag == f"{TABLE}table-cell" else "":
            cells += [""] * (column - len(cells)) + [text] * repeated
        height, width = _count(cell, f"{TABLE}number-rows-spanned"), _count(cell, f"{TABLE}number-columns-spanned")
        if text and (height, width) != (1, 1):
            merges.append((column, height, width))
        column += repeated
    return cells, merges


def _count(element: Element, name: str) -> int:
    return max(1, int(element.get(name, 1)))


def _text(cell: Element) -> str:
    displayed = "\n".join(_paragraph(child) for child in cell if child.tag == f"{TEXT}p")
    if is_spreadsheet_error(displayed):
        return displayed  # OpenOffice gives it the value 0
    kind = cell.get(f"{OFFICE}value-type")
    if kind in ("float", "percentage", "currency") and cell.get(f"{OFFICE}value"):
        return cell_text(float(cell.get(f"{OFFICE}value")))
    if kind == "boolean" and cell.get(f"{OFFICE}boolean-value"):
        return cell_text(cell.get(f"{OFFICE}boolean-value") == "true")
    if kind == "date" and (written := cell.get(f"{OFFICE}date-value")):
        return _date_text(written)
    if not displayed and kind is None and cell.get(f"{TABLE}formula"):
        return "=" + cell.get(f"{TABLE}formula").partition("=")[2]  # a program that does not calculate has written it
    return cell.get(f"{OFFICE}string-value") or displayed


def _date_text(written: str) -> str:
    try:
        return cell_text(datetime.fromisoformat(written.strip()))
    except ValueError:
        return written


def _paragraph(paragraph: Element) -> str:
    """Return the text of a paragraph. Bare white space is one space, and none at the ends: OpenDocument 1.3, 6.1.2."""
    collapsed = WHITE_SPACE_RE.sub(" ", "".join(_pieces(paragraph))).strip(" ")
    return unescape(collapsed.translate(MARKS_TO_BLANKS))


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local_name(child.tag)
        if name in BLANKS:
            yield BLANKS[name] * _count(child, f"{TEXT}c")
        elif name not in NOT_TEXT:
            yield from _pieces(child)
        yield child.tail or ""
