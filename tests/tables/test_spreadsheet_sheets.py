"""Sheets, merged cells and errors of XLSX, ODS and XLS, read through the child process."""

import io
from datetime import date, datetime, time

import pytest
import xlwt
from openpyxl import Workbook

from partners.tables.ods_writer import write_ods
from partners.tables.types import TableError
from tests.helpers.archives import CONTENT, archive, ods_rows, parts
from tests.helpers.tables import read_table

COLUMNS = ["Town", "Country"]


def xlsx(**sheets):
    """Return an XLSX file by openpyxl of sheets, given as (rows, state, merged ranges)."""
    book = Workbook()
    book.remove(book.active)
    for name, (rows, state, merged) in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = state
        for cells in merged:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(**sheets):
    """Return an XLS file by xlwt of sheets, given as (rows, visibility, merged ranges of row, row, column, column)."""
    book = xlwt.Workbook()
    for name, (rows, visibility, merged) in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = visibility
        covered = {(row, column): area for area in merged for row, column in [(area[0], area[2])]}
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if (line, column) in covered:
                    sheet.write_merge(*covered[line, column], value)
                elif value is not None:
                    sheet.write(line, column, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(*sheets):
    """Return an ODS file of sheets, given as (name, whether it is hidden, XML of its rows)."""
    content = parts(write_ods({"Partners": []}))[CONTENT].decode()
    start, end = content.index("<table:table "), content.index("</table:table>") + len("</table:table>")
    styles = (
        '<style:style style:name="hidden" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"hidden" if is_hidden else "shown"}">{rows}</table:table>'
        for name, is_hidden, rows in sheets
    )
    before = content[:start].replace("</office:automatic-styles>", styles)
    return archive(parts(write_ods({"Partners": []})) | {CONTENT: before + tables + content[end:]})


def ods_row(*cells):
    return (
        "<table:table-row>"
        + "".join(
            cell if cell.startswith("<") else f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>"
            for cell in cells
        )
        + "</table:table-row>"
    )


def cells(table):
    return [tuple(row.cells.values()) for row in table.rows]


OLD, NEW = [COLUMNS, ["Köln", "Germany"]], [COLUMNS, ["Roma", "Italy"]]
COVER = [["Read me"]]
WITH_HIDDEN_SHEETS = {
    "xlsx": xlsx(
        Old=(OLD, "hidden", []), Cover=(COVER, "visible", []), Draft=(OLD, "veryHidden", []), New=(NEW, "visible", [])
    ),
    "xls": xls(Cover=(COVER, 0, []), Old=(OLD, 1, []), Draft=(OLD, 2, []), New=(NEW, 0, [])),
    "ods": ods(
        ("Old", True, ods_row(*OLD[0]) + ods_row(*OLD[1])),
        ("Cover", False, ods_row(*COVER[0])),
        ("Draft", True, ods_row(*OLD[0]) + ods_row(*OLD[1])),
        ("New", False, ods_row(*NEW[0]) + ods_row(*NEW[1])),
    ),
}
ONLY_HIDDEN = {
    "xlsx": xlsx(Cover=(COVER, "visible", []), Old=(OLD, "hidden", [])),
    "xls": xls(Cover=(COVER, 0, []), Old=(OLD, 1, [])),
    "ods": ods(("Cover", False, ods_row(*COVER[0])), ("Old", True, ods_row(*OLD[0]))),
}


@pytest.mark.parametrize("kind", WITH_HIDDEN_SHEETS)
def test_first_visible_sheet_with_the_columns_is_read_and_the_others_are_named(kind):
    table = read_table(WITH_HIDDEN_SHEETS[kind], COLUMNS)

    assert (cells(table), table.sheet) == ([("Roma", "Italy")], "New")
    assert (table.other_sheets, table.hidden_sheets) == (["Cover"], ["Old", "Draft"])


@pytest.mark.parametrize("kind", ONLY_HIDDEN)
def test_hidden_sheet_is_never_read(kind):
    with pytest.raises(TableError) as raised:
        read_table(ONLY_HIDDEN[kind], COLUMNS)

    assert str(raised.value) == (
        "Only the hidden sheet “Old” has the columns. Unhide the sheet, save the file and choose it again."
    )


MERGED_ROWS = [
    ["List of partners", None, None],
    ["Country", "Town", "Note"],
    ["Germany", "Köln", "both"],
    [None, "Bonn", None],
    ["Europe", None, None],
    [None, None, None],
    ["Italy", "Roma", None],
]
WIDE_CELL = '<table:table-cell table:number-columns-spanned="3"><text:p>{}</text:p></table:table-cell>'
MERGED = {
    "xlsx": xlsx(List=(MERGED_ROWS, "visible", ["A1:C1", "A3:A4", "C3:C4", "A5:C5", "B7:C7"])),
    "xls": xls(
        List=(MERGED_ROWS, 0, [(0, 0, 0, 2), (2, 3, 0, 0), (2, 3, 2, 2), (4, 4, 0, 2), (6, 6, 1, 2)]),
    ),
    "ods": ods_rows(
        ods_row(
            '<table:table-cell table:number-columns-spanned="3"><text:p>List of partners</text:p></table:table-cell>'
        )
        + ods_row("Country", "Town", "Note")
        + ods_row(
            '<table:table-cell table:number-rows-spanned="2"><text:p>Germany</text:p></table:table-cell>',
            "Köln",
            '<table:table-cell table:number-rows-spanned="2"><text:p>both</text:p></table:table-cell>',
        )
        + ods_row("<table:covered-table-cell/>", "Bonn", "<table:covered-table-cell/>")
        + ods_row(WIDE_CELL.format("Europe"))
        + '<table:table-row table:number-rows-repeated="1"><table:table-cell/></table:table-row>'
        + ods_row(
            "Italy",
            '<table:table-cell table:number-columns-spanned="2"><text:p>Roma</text:p></table:table-cell>',
            "<table:covered-table-cell/>",
        )
    ),
}


@pytest.mark.parametrize("kind", MERGED)
def test_merged_cells_have_the_value_that_one_sees(kind):
    table = read_table(MERGED[kind], ["Country", "Town", "Note"])

    assert cells(table) == [("Germany", "Köln", "both"), ("Germany", "Bonn", "both"), ("Italy", "Roma", "")]
    assert [row.line for row in table.rows] == [3, 4, 7]
    assert table.skipped_rows == [(1, "List of partners"), (5, "Europe")]


def test_blank_rows_of_a_merged_cell_are_blank():
    rows = [COLUMNS, ["Köln", "Germany"], [None, None], ["Bonn", None], [None, None]]

    table = read_table(xlsx(List=(rows, "visible", ["B2:B5"])), COLUMNS)

    assert [(row.line, *row.cells.values()) for row in table.rows] == [(2, "Köln", "Germany"), (4, "Bonn", "Germany")]


ERRORS = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"]


def xls_errors():
    """Return an XLS file with a column of the errors, given by their codes, as xlwt takes some names for others."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("List")
    sheet.write(0, 0, "Town")
    for line, code in enumerate([0, 7, 15, 23, 29, 36, 42], start=1):
        sheet.row(line).set_cell_error(0, code)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods_errors():
    cell = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="">'
        "<text:p>{}</text:p></table:table-cell>"
    )
    return ods_rows(ods_row("Town") + "".join(ods_row(cell.format(text)) for text in ERRORS))


@pytest.mark.parametrize(
    "data",
    [xlsx(List=([["Town"], *[[text] for text in ERRORS]], "visible", [])), xls_errors(), ods_errors()],
    ids=["xlsx", "xls", "ods"],
)
def test_error_cells_have_the_text_of_the_error(data):
    assert cells(read_table(data, ["Town"])) == [(text,) for text in ERRORS]


def test_error_of_openoffice_is_no_number():
    cell = '<table:table-cell office:value-type="float" office:value="0"><text:p>Err:502</text:p></table:table-cell>'

    assert cells(read_table(ods_rows(ods_row("Town") + ods_row(cell)), ["Town"])) == [("Err:502",)]


def test_values_of_xls_are_read_as_those_of_xlsx():
    book = xlwt.Workbook()
    sheet = book.add_sheet("List")
    day = xlwt.easyxf(num_format_str="D.M.YYYY")
    moment = xlwt.easyxf(num_format_str="D.M.YYYY h:mm")
    hour = xlwt.easyxf(num_format_str="h:mm")
    sheet.write(0, 0, "Town")
    for line, (value, style) in enumerate(
        [
            ("Köln", None),
            (5, None),
            (0.1, None),
            (True, None),
            (date(2024, 5, 1), day),
            (datetime(2024, 5, 1, 9, 30), moment),  # noqa: DTZ001
            (time(9, 30), hour),
        ],
        start=1,
    ):
        sheet.write(line, 0, value, *[style] * bool(style))
    file = io.BytesIO()
    book.save(file)

    assert cells(read_table(file.getvalue(), ["Town"])) == [
        *[("Köln",), ("5",), ("0.1",), ("TRUE",), ("2024-05-01",), ("2024-05-01T09:30:00",), ("09:30:00",)]
    ]
