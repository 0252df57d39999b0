import io
import re
from datetime import date, datetime, time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from partners.tables.ods_writer import write_ods
from partners.tables.types import is_spreadsheet
from partners.tables.xlsx_writer import write_xlsx
from tests.helpers.archives import (
    CONTENT,
    MAIN,
    SHEET,
    archive,
    ods_cells,
    ods_rows,
    parts,
    read,
    read_sheets,
    xlsx_rows,
    xlsx_sheet,
)
from tests.helpers.tables import read_table

WRITERS = pytest.mark.parametrize("write", [write_xlsx, write_ods])
TEXTS = st.text(st.characters(exclude_characters="\0\ufffe\uffff", exclude_categories=["Cs"]), max_size=20) | st.text(
    " \t\r\n_x0BDF5\x0b<&", max_size=20
)
HALF_ESCAPED_RE = re.compile(r"_x[0-9A-Fa-f]{4}[^\w]")
"""XlsxWriter does not escape such a text if a character follows that XML cannot hold. No name or note has one."""
HEADER = ["Country", "University name", "Agreement type"]


def to_bytes(workbook):
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def without_blank_end(cells):
    last = max((column for column, text in enumerate(cells, 1) if text.strip()), default=0)
    return cells[:last]


@WRITERS
@settings(max_examples=60)
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5))
@example(rows=[["_x000B", "_x000B b", "_\x0b"], ["_x000B_", "__x005F_x000B_", "_x000b_"]])
@example(rows=[["a\r\nb", "\r", "\n"], [" ", "  a  b  ", "\t"], ["\x85\u2028", "", "]]>"]])
@example(rows=[["=1+1", "00123", "#REF!"], ["TRUE", "1E5", "2024-05-01"], ["-", "@a", "+1"]])
def test_records_are_what_was_written(write, rows):
    assume(not any(HALF_ESCAPED_RE.search(cell) for row in rows for cell in row))

    data = write({"Partners": [HEADER, *rows]})

    assert read(data) == [
        (line, cells) for line, cells in enumerate(map(without_blank_end, [HEADER, *rows]), 1) if cells
    ]


@WRITERS
def test_records_have_blank_cells_where_they_were_written(write):
    rows = [["a", ""], ["", "b"], ["", ""], ["c"], ["d", "e", "f", ""]]

    assert read(write({"Partners": rows})) == [(1, ["a"]), (2, ["", "b"]), (4, ["c"]), (5, ["d", "e", "f"])]


@WRITERS
def test_write_of_dates_makes_dates(write):
    rows = [["from"], [date(2024, 5, 1)], [date(1900, 3, 1)], [date(1900, 2, 28)], [date(1088, 1, 1)]]

    assert [cells for _line, cells in read(write({"Partners": rows}))[1:]] == [
        ["2024-05-01"],
        ["1900-03-01"],
        ["1900-02-28"],
        ["1088-01-01"],
    ]


@WRITERS
@pytest.mark.parametrize("rows", [[], [[]], [[""]], [["", " "], ["\n"]]])
def test_records_of_blank_sheet_are_empty(write, rows):
    assert read(write({"Partners": rows})) == []


@WRITERS
def test_write_gives_the_same_bytes_for_the_same_rows(write):
    assert write({"Partners": [["a"], ["b"]]}) == write({"Partners": [["a"], ["b"]]})


def test_write_xlsx_sets_header_style_widths_and_cell_types():
    data = write_xlsx({"Partners": [HEADER, ["Italy", "=1+1", "x" * 100], ["a\nb", date(2024, 5, 1), "_x000B_"]]})

    sheet = load_workbook(io.BytesIO(data)).active
    assert [sheet["A1"].font.b, sheet["A2"].font.b] == [True, False]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C3")
    assert [int(sheet.column_dimensions[name].width) for name in "ABC"] == [10, 17, 60]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")
    assert (sheet["B3"].value, sheet["B3"].number_format) == (datetime.fromisoformat("2024-05-01"), r"yyyy\-mm\-dd")
    assert sheet["A3"].value == "a\nb"


@WRITERS
def test_write_of_numbers_makes_numbers(write):
    rows = [["places"], [0], [1], [32_767], ["", "beside"]]

    assert [cells for _line, cells in read(write({"Partners": rows}))[1:]] == [["0"], ["1"], ["32767"], ["", "beside"]]


def test_numbers_can_be_added_up_in_a_spreadsheet():
    sheet = load_workbook(io.BytesIO(write_xlsx({"Partners": [["places"], [0], [12], ["12"]]}))).active
    content = parts(write_ods({"Partners": [["places"], [12]]}))[CONTENT].decode()

    assert [(cell.value, cell.data_type) for cell in sheet["A"][1:]] == [(0, "n"), (12, "n"), ("12", "s")]
    assert sheet["A3"].number_format == "0"
    assert 'office:value-type="float" office:value="12"' in content


def test_write_ods_puts_the_type_first_and_as_it_is():
    data = write_ods({"Partners": [["a"]]})

    assert data[30:84] == b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


def test_is_spreadsheet_checks_the_first_bytes():
    assert is_spreadsheet(write_xlsx({"Partners": []}))
    assert is_spreadsheet(write_ods({"Partners": []}))
    assert is_spreadsheet(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on")
    assert not is_spreadsheet(b"Country\tUniversity name")
    assert not is_spreadsheet(b"PK is a country")
    assert not is_spreadsheet(b"")


def test_records_of_openpyxl_cells():
    workbook = Workbook()
    for value in ["text", 5, 5.0, 0.1, 1e-7, 1e21, True, date(2024, 5, 1), datetime(2024, 5, 1, 9, 30), "#REF!"]:  # noqa: DTZ001
        workbook.active.append([value])
    workbook.active.append([time(9, 30), None, "=1+1", date(1900, 1, 1), date(1900, 2, 28)])

    assert [cells for _line, cells in read(to_bytes(workbook))] == [
        *(["text"], ["5"], ["5"], ["0.1"], ["0.0000001"], ["1000000000000000000000"], ["TRUE"]),
        *(["2024-05-01"], ["2024-05-01T09:30:00"], ["#REF!"]),
        ["09:30:00", "", "=1+1", "1900-01-01", "1900-02-28"],
    ]


def test_records_of_xlsx_cells():
    rows = """
      <row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>1</v></c><c r="D3" t="b"><v>0</v></c></row>
      <row><c t="str"><f>"a"&amp;"b"</f><v>ab_x000D_</v></c><c><f>1+1</f></c><c><f>1+1</f><v>2</v></c></row>
      <row><c t="e"><v>#DIV/0!</v></c><c t="d"><v>2024-05-01T00:00:00</v></c><c><v>1.1000000000000001</v></c></row>
      <row r="9"><c><v>-7.5E-2</v></c><c><v>123456789012345</v></c><c><v>1.5E+3</v></c></row>"""
    strings = [
        "<t>_x005F_x000D_</t>",
        '<r><t xml:space="preserve">Universität </t></r><r><t>Wien</t></r><rPh><t>vin</t></rPh>',
    ]

    assert read(xlsx_rows(rows, strings)) == [
        (3, ["_x000D_", "Universität Wien", "", "FALSE"]),
        (4, ["ab\r", "=1+1", "2"]),
        (5, ["#DIV/0!", "2024-05-01", "1.1"]),
        (9, ["-0.075", "123456789012345", "1500"]),
    ]


def test_records_of_xlsx_dates_go_by_the_format():
    formats = ["d. mmmm yyyy", "[$-409]m/d/yy;@", "[h]:mm", "0.0&quot;days&quot;", r"#,##0\ _d[Red]"]
    cells = "".join(f'<c s="{style}"><v>45413</v></c>' for style in range(6))
    other = '<c s="1"><v>45413.5</v></c><c s="1"><v>99999999</v></c><c s="1"><v>1E99</v></c>'

    assert [row for _line, row in read(xlsx_rows(f"<row>{cells}</row><row>{other}</row>", formats=formats))] == [
        ["45413", "2024-05-01", "2024-05-01", "45413", "45413", "45413"],
        ["2024-05-01T12:00:00", "99999999", f"1{'0' * 99}"],
    ]


def test_records_of_xlsx_that_counts_from_1904():
    data = xlsx_rows('<row><c s="1"><v>43951</v></c></row>', formats=["yyyy"])
    workbook = parts(data)["xl/workbook.xml"].replace(b"<sheets>", b'<workbookPr date1904="1"/><sheets>')

    assert read(archive(parts(data) | {"xl/workbook.xml": workbook})) == [(1, ["2024-05-01"])]


def test_records_of_xlsx_with_a_cell_in_the_last_corner_are_cheap():
    rows = (
        '<row r="2"><c r="B2"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>2</v></c><c r="XFD1048576"/></row>'
    )

    assert read(xlsx_rows(rows)) == [(2, ["", "1"]), (1048576, ["2"])]


def test_records_of_xlsx_ignore_the_dimension():
    data = xlsx_sheet('<dimension ref="A1"/><sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row/></sheetData>')

    assert read(data) == [(1, ["1", "2"])]


def test_records_of_xlsx_with_prefixes_and_strict_namespaces():
    """Also with names of parts in upper case and with backslashes."""
    data = xlsx_rows('<row><c t="s"><v>0</v></c></row>', ["<t>a</t>"])
    strict = MAIN.replace("schemas.openxmlformats.org", "purl.oclc.org/ooxml")
    sheet = parts(data)[SHEET].decode().replace(MAIN, strict).replace("<", "<x:").replace("<x:/", "</x:")
    others = {name.replace("/", "\\").upper(): part for name, part in parts(data).items() if name != SHEET}

    assert read(archive(others | {SHEET: sheet.replace("xmlns", "xmlns:x")})) == [(1, ["a"])]


@pytest.mark.parametrize("state", ["visible", "hidden"])
def test_records_are_of_the_first_sheet_with_text(state):
    workbook = Workbook()
    workbook.active["B2"] = " "
    workbook.create_chartsheet()
    workbook.create_sheet().append(["first"])
    workbook.create_sheet().append(["second"])
    workbook.worksheets[1].sheet_state = state

    assert read(to_bytes(workbook)) == [(1, ["first"])]


def test_records_of_ods_are_of_the_first_sheet_with_text():
    second = '</table:table><table:table table:name="2"><table:table-row><table:table-cell><text:p>b</text:p>'
    data = ods_rows("<table:table-row/>" + second + "</table:table-cell></table:table-row>")

    assert read(data) == [(1, ["b"])]


def test_records_of_ods_cells():
    data = ods_cells(
        ('office:value-type="float" office:value="5"', "<text:p>5,00 €</text:p>"),
        ('office:value-type="percentage" office:value="0.5"', "<text:p>50 %</text:p>"),
        ('office:value-type="currency" office:value="1e-05"', "<text:p>0</text:p>"),
        ('office:value-type="date" office:date-value="2024-05-01"', "<text:p>1 May</text:p>"),
        ('office:value-type="date" office:date-value="2024-05-01T09:30:00"', "<text:p>1 May</text:p>"),
        ('office:value-type="boolean" office:boolean-value="true"', "<text:p>WAHR</text:p>"),
        ('office:value-type="time" office:time-value="PT09H30M00S"', "<text:p>09:30</text:p>"),
        ('office:value-type="string" office:string-value="formula"', "<text:p>formula</text:p>"),
        ("", "<text:p>no type</text:p>"),
        ("", ""),
        ('office:value-type="string"', "<text:p>#REF!</text:p>"),
    )

    assert read(data)[0][1] == [
        *("5", "0.5", "0.00001", "2024-05-01", "2024-05-01T09:30:00", "TRUE", "09:30"),
        *("formula", "no type", "", "#REF!"),
    ]


def test_records_of_ods_text():
    data = ods_cells(
        ("", "<text:p>\n  a\n  <text:span>b <text:a>c</text:a></text:span>  </text:p><text:p/><text:p>d</text:p>"),
        ("", '<text:p><text:s/>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:s/></text:p>'),
        ("", "<office:annotation><text:p>a comment</text:p></office:annotation><text:p>seen</text:p>"),
        ("", "<draw:frame xmlns:draw='d'><text:p>a drawing</text:p></draw:frame><text:p>text</text:p>"),
    )

    assert read(data) == [(1, ["a b c\n\nd", " a   b\tc\nd ", "seen", "text"])]


def test_records_of_ods_repeat_rows_and_columns():
    data = ods_rows("""
      <table:table-header-rows><table:table-row table:number-rows-repeated="2">
        <table:table-cell/><table:table-cell table:number-columns-repeated="2"><text:p>a</text:p></table:table-cell>
        <table:covered-table-cell><text:p>covered</text:p></table:covered-table-cell>
        <table:table-cell table:number-columns-repeated="16380"/></table:table-row></table:table-header-rows>
      <table:table-row table:number-rows-repeated="1000"><table:table-cell/></table:table-row>
      <table:table-row><table:table-cell table:number-columns-repeated="3"/>
        <table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>
      <table:table-row table:number-rows-repeated="1047573"><table:table-cell/></table:table-row>""")

    assert read(data) == [(1, ["", "a", "a"]), (2, ["", "a", "a"]), (1003, ["", "", "", "b"])]


def test_records_of_ods_without_a_type_are_read():
    data = write_ods({"Partners": [["a"]]})

    assert read(archive({CONTENT: parts(data)[CONTENT]})) == [(1, ["a"])]


def workbook(**rows_by_sheet):
    """Return an XLSX file by openpyxl, which stores formulas without results."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in rows_by_sheet.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_sheet_with_the_columns_is_read_and_the_others_are_named():
    data = workbook(Cover=[["Read me"]], Europe=[["Town"], ["Köln"]], Empty=[], Asia=[["Town"], ["Tokyo"]])

    table = read_table(data, ["Town"])

    assert [row.cells["Town"] for row in table.rows] == ["Köln"]
    assert table.notices() == [
        "Sheet “Europe” is read.",
        "Skipped sheets: “Cover”, “Asia”.",
        "Not read, though they have the columns: “Asia”. Put all rows into one sheet, or import each sheet alone.",
    ]


def test_sheets_of_ods_have_their_names():
    content = parts(write_ods({"Partners": [["Town"], ["Köln"]]}))[CONTENT].decode()
    sheet = content[content.index("<table:table ") : content.index("</table:table>") + len("</table:table>")]
    other = sheet.replace('table:name="', 'table:name="Other ')
    data = archive(parts(write_ods({"Partners": [["Town"]]})) | {CONTENT: content.replace(sheet, sheet + other)})

    assert [name.startswith("Other") for name, *_rows in read_sheets(data)] == [False, True]


def test_formula_without_a_result_is_not_taken_for_a_blank_cell():
    assert read(workbook(Sheet=[["Town"], ["=A1"], ['="Kö"&"ln"']])) == [
        (1, ["Town"]),
        (2, ["=A1"]),
        (3, ['="Kö"&"ln"']),
    ]
    assert read(xlsx_rows('<row><c t="str"><f>A1</f><v></v></c><c><f>A1</f><v>1</v></c></row>')) == [(1, ["", "1"])]
    assert read(ods_cells(('table:formula="of:=[.A1]"', ""))) == [(1, ["=[.A1]"])]
