"""Writing of XLSX: header in bold with filters, columns as wide as their texts, dates as dates."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from partners.tables.cells import Cell, column_widths

FIRST_DATE = date(1900, 3, 1)
"""Excel takes earlier dates for one day off, or for none at all."""
CREATED = datetime(1980, 1, 1)  # noqa: DTZ001 - the same file for the same rows
TOP = {"valign": "top"}


def write_xlsx(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """Return a workbook of the rows of each sheet, by its name. The first row of a sheet is its header.

    A text stays a text, whatever it looks like, and when edited.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
        workbook.set_properties({"created": CREATED})
        formats = {
            "header": workbook.add_format({"num_format": "@", "bold": True}),
            "text": workbook.add_format({"num_format": "@", "text_wrap": True} | TOP),
            "date": workbook.add_format({"num_format": r"yyyy\-mm\-dd", "align": "left"} | TOP),
            "number": workbook.add_format({"num_format": "0"} | TOP),
        }
        for name, rows in sheets.items():
            _write_rows(workbook.add_worksheet(name), list(rows), formats)
    return file.getvalue()


def _write_rows(sheet: Worksheet, rows: Sequence[Sequence[Cell]], formats: Mapping[str, Format]) -> None:
    # XlsxWriter leaves out cells that are longer than Excel shows. Other programs show them.
    sheet.xls_strmax = float("inf")
    sheet.freeze_panes(1, 0)
    widths = column_widths(rows)
    sheet.autofilter(0, 0, max(len(rows) - 1, 0), len(widths) - 1)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if line and type(cell) is date and cell >= FIRST_DATE:
                sheet.write_datetime(line, column, cell, formats["date"])
            elif line and type(cell) is int:
                sheet.write_number(line, column, cell, formats["number"])
            elif line == 0 or cell != "":
                sheet.write_string(line, column, str(cell), formats["text" if line else "header"])
