"""Builders of spreadsheet files with given XML in one of their parts."""

import io
import zipfile

from partners.tables.ods_writer import write_ods
from partners.tables.spreadsheet_process import read_spreadsheet
from partners.tables.spreadsheets import MESSAGES
from partners.tables.types import TableError
from partners.tables.xlsx_writer import write_xlsx

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, CONTENT = "xl/worksheets/sheet1.xml", "content.xml"


def read_sheets(data):
    """Return (name, is_visible, rows) of each sheet, read in this process and without limits."""
    sheets = []
    for value in read_spreadsheet(data):
        if isinstance(value, str):
            raise TableError(str(MESSAGES[value]))
        if len(value) == 2:
            sheets.append((*value, []))
        else:
            sheets[-1][2].append(value)
    return sheets


def read(data):
    """Return the lines and the cells of the first sheet with text."""
    return next(([(line, cells) for line, cells, _heading in rows] for *_names, rows in read_sheets(data) if rows), [])


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(contents, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
    return file.getvalue()


def xlsx_sheet(inner):
    """Return an XLSX file with this XML in its sheet."""
    xml = f'<worksheet xmlns="{MAIN}">{inner}</worksheet>'
    return archive(parts(write_xlsx({"Partners": [["a"]]})) | {SHEET: xml})


def xlsx_rows(rows, strings=(), formats=()):
    """Return an XLSX file with these rows of XML. Cell style 0 is plain; styles from 1 have the number formats."""
    items = "".join(f"<si>{string}</si>" for string in strings)
    definitions = "".join(f'<numFmt numFmtId="{200 + at}" formatCode="{code}"/>' for at, code in enumerate(formats))
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(formats)))
    relationships = parts(write_xlsx({"Partners": [["a"]]}))["xl/_rels/workbook.xml.rels"].decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    shared = f'<Relationship Id="rId9" Type="{kind}" Target="sharedStrings.xml"/>'
    return archive(
        parts(xlsx_sheet(f"<sheetData>{rows}</sheetData>"))
        | {
            "xl/_rels/workbook.xml.rels": relationships.replace("</Relationships>", f"{shared}</Relationships>"),
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{items}</sst>',
            "xl/styles.xml": (
                f'<styleSheet xmlns="{MAIN}"><numFmts>{definitions}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
            ),
        }
    )


def ods_rows(rows):
    """Return an ODS file with these rows of XML in its sheet."""
    contents = parts(write_ods({"Partners": []}))
    before, _blank, after = (
        contents[CONTENT].decode().partition("<table:table-row><table:table-cell/></table:table-row>")
    )
    return archive(contents | {CONTENT: before + rows + after})


def ods_cells(*cells):
    """Return an ODS file with one row of cells, given as (XML attributes, XML content)."""
    inner = "".join(f"<table:table-cell {attributes}>{text}</table:table-cell>" for attributes, text in cells)
    return ods_rows(f"<table:table-row>{inner}</table:table-row>")
