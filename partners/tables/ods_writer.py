"""Writing of ODS: header in bold, columns as wide as their texts, dates as dates."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from itertools import chain

from partners.tables.cells import Cell, column_widths

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = " ".join(
    [
        *(f'xmlns:{name}="{OPEN_DOCUMENT}:{name}:1.0"' for name in ("office", "style", "table", "text")),
        f'xmlns:fo="{OPEN_DOCUMENT}:xsl-fo-compatible:1.0"',
        f'xmlns:number="{OPEN_DOCUMENT}:datastyle:1.0"',
        'office:version="1.2"',
    ]
)
CENTIMETRES = 0.22
"""The width of a character."""
COLLAPSING_RE = re.compile("^ +| +$|  +")
NOT_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
"""Characters that XML cannot hold, as a range for regular expressions."""
LOOKS_ESCAPED_RE = re.compile(rf"_(?=x[0-9A-Fa-f]{{4}}[_\r{NOT_XML}])")
TO_ESCAPE_RE = re.compile(f"[{NOT_XML}]")

MANIFEST = (
    f'{XML}<manifest:manifest xmlns:manifest="{OPEN_DOCUMENT}:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="{MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
STYLES = f"{XML}<office:document-styles {NAMESPACES}/>"
CONTENT = (
    f"{XML}<office:document-content {NAMESPACES}><office:automatic-styles>"
    '<number:date-style style:name="iso"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>"
    '<style:style style:name="header" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="text" style:family="table-cell">'
    '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/></style:style>'
    '<style:style style:name="date" style:family="table-cell" style:data-style-name="iso">'
    '<style:table-cell-properties style:vertical-align="top"/></style:style>'
    '<style:style style:name="number" style:family="table-cell">'
    '<style:table-cell-properties style:vertical-align="top"/></style:style>'
    "{styles}</office:automatic-styles><office:body><office:spreadsheet>"
    "{tables}</office:spreadsheet></office:body></office:document-content>"
)
COLUMN_STYLE = (
    '<style:style style:name="width{width}" style:family="table-column">'
    '<style:table-column-properties style:column-width="{centimetres:.2f}cm"/></style:style>'
)


def write_ods(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """Return a workbook of the rows of each sheet, by its name. The first row of a sheet is its header.

    A text stays a text, whatever it looks like.

    OpenDocument has no way to write a character that XML cannot hold. It is written as in XLSX,
    ``_x000B_``, which is what LibreOffice shows, and what is read as the character again.
    """
    rows_by_name = {name: list(rows) for name, rows in sheets.items()}
    widths_by_name = {name: column_widths(rows) for name, rows in rows_by_name.items()}
    styles = (
        COLUMN_STYLE.format(width=width, centimetres=width * CENTIMETRES)
        for width in sorted(set(chain.from_iterable(widths_by_name.values())))
    )
    tables = (_table(name, rows, widths_by_name[name]) for name, rows in rows_by_name.items())
    content = CONTENT.format(styles="".join(styles), tables="".join(tables))
    parts = {"mimetype": MIMETYPE, "META-INF/manifest.xml": MANIFEST, "styles.xml": STYLES, "content.xml": content}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            # The type must be stored as it is. ZipInfo without a time gives the same bytes for the same rows.
            compression = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), part.encode(), compression)
    return file.getvalue()


def _table(name: str, rows: Sequence[Sequence[Cell]], widths: Sequence[int]) -> str:
    columns = "".join(f'<table:table-column table:style-name="width{width}"/>' for width in widths)
    lines = []
    for line, row in enumerate(rows or [[]]):
        cells = [_cell(cell, is_header=line == 0) for cell in row] or ["<table:table-cell/>"]
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    return f'<table:table table:name="{escape(name)}">{columns}{"".join(lines)}</table:table>'


def _cell(cell: Cell, is_header: bool) -> str:
    """Return the XML of a cell. Empty cells of the header are texts too: they say how many columns there are."""
    if cell == "" and not is_header:
        return "<table:table-cell/>"
    attributes = f'table:style-name="{"header" if is_header else "text"}" office:value-type="string"'
    if type(cell) is date and not is_header:
        attributes = f'table:style-name="date" office:value-type="date" office:date-value="{cell.isoformat()}"'
    elif type(cell) is int and not is_header:
        attributes = f'table:style-name="number" office:value-type="float" office:value="{cell}"'
    paragraphs = "".join(f"<text:p>{_paragraph(line)}</text:p>" for line in str(cell).split("\n"))
    return f"<table:table-cell {attributes}>{paragraphs}</table:table-cell>"


def _paragraph(line: str) -> str:
    """Return the XML of a line. Blanks that a reader would take for one or none become elements.

    A character that XML cannot hold, and text that looks like one escaped, is escaped as in XLSX. A bare CR is written
    the one way that XML keeps it.
    """
    marked = LOOKS_ESCAPED_RE.sub("_x005F_", line)
    text = escape(TO_ESCAPE_RE.sub(lambda match: f"_x{ord(match[0]):04X}_", marked), quote=False)
    spaced = COLLAPSING_RE.sub(lambda match: f'<text:s text:c="{len(match[0])}"/>', text)
    return spaced.replace("\t", "<text:tab/>").replace("\r", "&#13;")
