"""Reading of XLS, the format of Excel 97-2003, by xlrd."""

import sys
from collections import defaultdict
from collections.abc import Iterator

import xlrd

from partners.tables.cells import Row, UnreadableError, cell_text

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
VISIBLE = 0
"""Other numbers are those of hidden sheets."""


def read_xls(data: bytes) -> Iterator[tuple[str, bool, Iterator[Row]]]:
    """Yield the name, True if it is visible, and the rows of each sheet."""
    if ENCRYPTED_PACKAGE in data:
        raise UnreadableError("protected")
    try:
        # formatting_info is needed for merged cells.
        book = xlrd.open_workbook(file_contents=data, logfile=sys.stderr, formatting_info=True, ragged_rows=True)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise UnreadableError("protected") from error
        raise UnreadableError("not_a_spreadsheet" if "Can't find workbook" in str(error) else "damaged") from error
    for sheet in book.sheets():
        yield sheet.name, sheet.visibility == VISIBLE, _rows(sheet, book.datemode)


def _rows(sheet: xlrd.sheet.Sheet, datemode: int) -> Iterator[Row]:
    merges = defaultdict(list)
    for top, bottom, left, right in sheet.merged_cells:
        merges[top].append((left, bottom - top, right - left))
    for row in range(sheet.nrows):
        yield Row(row + 1, [_text(cell, datemode) for cell in sheet.row(row)], merges.get(row, []))


def _text(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR!")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(cell.value, datemode)
        except (xlrd.XLDateError, ValueError, OverflowError):
            return cell_text(cell.value)  # not a day of the calendar
        return cell_text(moment.time() if cell.value < 1 else moment)
    return cell_text(cell.value)
