"""Reading of XLSX: values by calamine, and by a pass of our own what calamine returns as empty.

XML is parsed without further guards: expat refuses entities that grow, and the process has limits.
"""

import io
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import zip_longest
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from partners.tables.cells import Archive, Row, cell_text, local_name

WORKBOOK, RELATIONSHIPS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
ERROR_OR_FORMULA_RE = re.compile(rb"""[<:]f[\s/>]|t\s*=\s*["']e["']""")
Position = tuple[int, int]
"""Row and column, from 0."""


def read_xlsx(data: bytes, archive: Archive) -> Iterator[tuple[str, bool, Iterator[Row]]]:
    """Yield the name, True if it is visible, and the rows of each sheet."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    parts = _sheet_parts(archive)
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            is_visible = sheet.visible == SheetVisibleEnum.Visible
            yield sheet.name, is_visible, _rows(workbook, sheet.name, archive, parts[sheet.name])


def _rows(workbook: CalamineWorkbook, name: str, archive: Archive, part: str) -> Iterator[Row]:
    sheet = workbook.get_sheet_by_name(name)
    gaps = defaultdict(dict)
    for (row, column), text in _errors_and_formulas(archive, part):
        gaps[row][column] = text
    merges = defaultdict(list)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        merges[top].append((left, bottom - top + 1, right - left + 1))
    # The rows of calamine end with the last cell that it does not take for empty.
    rows_with_gaps = range(max(gaps, default=-1) + 1)
    for row, (values, _row) in enumerate(zip_longest(sheet.iter_rows(), rows_with_gaps, fillvalue=())):
        cells = list(map(cell_text, values))
        for column, text in gaps.get(row, {}).items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = text
        yield Row(row + 1, cells, merges.get(row, []))


def _sheet_parts(archive: Archive) -> dict[str, str]:
    """Return the parts of the archive with the sheets, by the names of the sheets."""
    targets = {
        element.get("Id"): posixpath.normpath(posixpath.join("/xl", element.get("Target"))).lstrip("/")
        for element in ElementTree.parse(archive.open_part(RELATIONSHIPS)).getroot()  # noqa: S314
    }
    parts = {}
    for element in ElementTree.parse(archive.open_part(WORKBOOK)).iter():  # noqa: S314
        if local_name(element.tag) == "sheet":
            relationship = next(value for key, value in element.items() if local_name(key) == "id")
            parts[element.get("name")] = targets[relationship]
    return parts


def _errors_and_formulas(archive: Archive, part: str) -> Iterator[tuple[Position, str]]:
    """Yield the errors of a sheet, and its formulas without a result, as programs that do not calculate write them.

    A cell that seems blank would be lost unseen.
    """
    if not ERROR_OR_FORMULA_RE.search(archive.open_part(part).read()):
        return
    row = column = -1
    for event, element in ElementTree.iterparse(archive.open_part(part), ["start", "end"]):  # noqa: S314
        name = local_name(element.tag)
        if event == "start" and name == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "end" and name == "c":
            column = _column(element.get("r", "")) if element.get("r") else column + 1
            children = {local_name(child.tag): child.text or "" for child in element}
            value = children.get("v", "")
            if element.get("t") == "e":
                yield (row, column), value
            elif "f" in children and not value and element.get("t") != "str":
                yield (row, column), f"={children['f']}"
        elif event == "end" and name == "row":
            element.clear()


def _column(reference: str) -> int:
    """Return the column of a cell, from 0, by its reference such as AB12."""
    number = 0
    for letter in reference.rstrip("0123456789").upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
