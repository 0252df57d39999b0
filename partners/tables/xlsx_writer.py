"""XLSX files as an office likes them. openpyxl would write the sheet to a temporary file first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape

from partners.tables.cells import NARROWEST, column_widths, escaped, text_of
from partners.tables.containers import packed
from partners.tables.types import Cell

HEADER, TEXT, DATE, NUMBER = 1, 2, 3, 4
"""The numbers of the cell styles in ``STYLES``. A cell of the second stays a text when it is edited."""
EARLIEST = date(1900, 3, 1)
"""Excel takes earlier dates for one day off, or for none at all."""
DAY_0 = date(1899, 12, 30).toordinal()

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

CONTENT_TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    "</Types>"
)
RELATIONSHIPS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
WORKBOOK_RELATIONSHIPS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{DOCUMENT}/styles" Target="styles.xml"/>'
    "</Relationships>"
)
WORKBOOK = (
    f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}">'
    '<sheets><sheet name="Partners" sheetId="1" r:id="rId1"/></sheets>'
    '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
    "Partners!$A$1:${column}${row}</definedName></definedNames></workbook>"
)
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="left" vertical="top"/></xf>'
    '<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
SHEET = (
    f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView tabSelected="1" workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft"/></sheetView></sheetViews>'
    '<cols>{columns}</cols><sheetData>{rows}</sheetData><autoFilter ref="A1:{column}{row}"/></worksheet>'
)


def write_xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet, whose first row is the header. A text stays a text, whatever it looks like.

    Excel itself shows no more than 32,767 characters of a cell.
    """
    rows = list(rows)
    widths = column_widths(rows) or [NARROWEST]
    last = {"column": _letters(len(widths)), "row": max(len(rows), 1)}
    return packed(
        [
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", RELATIONSHIPS),
            ("xl/workbook.xml", WORKBOOK.format(**last)),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONSHIPS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", SHEET.format(columns=_columns(widths), rows="".join(_rows(rows)), **last)),
        ]
    )


def _columns(widths: Iterable[int]) -> str:
    return "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )


def _rows(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    for line, row in enumerate(rows, 1):
        style = HEADER if line == 1 else TEXT
        cells = [_cell(f"{_letters(column)}{line}", cell, style) for column, cell in enumerate(row, 1)]
        yield f'<row r="{line}">{"".join(cells)}</row>'


def _cell(place: str, cell: Cell, style: int) -> str:
    """Empty cells of the header are written too: they say how many columns there are."""
    if type(cell) is date and cell >= EARLIEST and style != HEADER:
        return f'<c r="{place}" s="{DATE}"><v>{cell.toordinal() - DAY_0}</v></c>'
    if type(cell) is int and style != HEADER:
        return f'<c r="{place}" s="{NUMBER}"><v>{cell}</v></c>'
    if not cell and style != HEADER:
        return ""
    text = escape(escaped(text_of(cell)).replace("\r", "_x000D_"), quote=False)
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
