"""Interoperability with LibreOffice, in both directions."""

import csv
import io
import os
import shutil
import subprocess
from datetime import date
from decimal import Decimal

import pytest
from django.utils.timezone import localdate
from openpyxl import Workbook, load_workbook

from partners.enums import AgreementStatus, StudyLevel
from partners.imports.files import read_file
from partners.imports.resources import RegisterResource
from partners.imports.table_templates import TEMPLATES, write_template
from partners.models import Mobility, Run
from partners.spreadsheet_errors import is_spreadsheet_error
from partners.tables.ods_writer import write_ods
from partners.tables.reading import TableFile
from partners.tables.writing import write_sheets
from partners.tables.xlsx_writer import write_xlsx
from tests.helpers.archives import read
from tests.helpers.database import database_contents
from tests.helpers.factories import AgreementFactory, MobilityFactory, create_staff
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.tables import read_table

SOFFICE = shutil.which("soffice")
FROM_TSV = "--infilter=CSV:9,34,76"
AS_DISPLAYED = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
"""Commas, double quotes, UTF-8, from line 1, numbers and dates as displayed."""

pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.slow,
    pytest.mark.skipif(
        not SOFFICE and not os.environ.get("REQUIRE_LIBREOFFICE"),
        reason="no LibreOffice on this machine; Debian's package is called libreoffice-calc",
    ),
]


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """A separate profile, as LibreOffice runs only one instance per profile."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture
def convert(profile, tmp_path):
    def run(name, data, to, *options):
        source = tmp_path / name
        source.write_bytes(data)
        command = [SOFFICE or "soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", *options]
        command += ["--convert-to", to, "--outdir", tmp_path / "converted", source]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return (tmp_path / "converted" / name).with_suffix(f".{to[:4].rstrip(':')}").read_bytes()

    return run


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_records_of_libreoffice_are_those_of_the_list(convert, office_list, kind):
    lines = enumerate(office_list.decode().split("\n"), 1)
    expected = [(line, text.split("\t")) for line, text in lines if text]

    data = convert(OFFICE_LIST_PATH.name, office_list, kind, FROM_TSV)

    assert read(data) == expected
    assert len(expected) == 1 + 108


@pytest.mark.parametrize(("kind", "write"), [("xlsx", write_xlsx), ("ods", write_ods)])
def test_libreoffice_displays_what_we_write(convert, kind, write):
    rows = [
        ["Country", "University name", "Agreement type"],
        ["=1+1", "00123", date(2024, 5, 1)],
        ["  two  spaces  ", "tab\there", "two\n\nlines"],
        ["<&>\"'", "Universität Łódź 東京 🎓", date(1900, 3, 1)],
        ["TRUE", "1E5", "5/1/2024"],
        ["", "last", "_x000B_ & co"],
    ]

    displayed = convert(f"partners.{kind}", write({"Partners": rows}), AS_DISPLAYED).decode()

    table = list(csv.reader(displayed.splitlines(keepends=True)))
    expected = [[cell if isinstance(cell, str) else cell.isoformat() for cell in row] for row in rows]
    if kind == "ods":
        assert table[2].pop(1) in (expected[2].pop(1), "tabhere")  # LibreOffice 7.4 loses tabs, its own too
        expected[-1][-1] = "_x005F_x000B_ & co"  # it knows this way of writing in XLSX only
    assert table == expected


@pytest.mark.parametrize(("kind", "write"), [("xlsx", write_xlsx), ("ods", write_ods)])
def test_records_survive_conversion_by_libreoffice(convert, kind, write):
    rows = [["Country", "University name"], ["a  b", "line\nbreak"], ["00123", date(2024, 5, 1)], ["=1+1", "é"]]
    other = {"xlsx": "ods", "ods": "xlsx"}[kind]

    there = convert(f"partners.{kind}", write({"Partners": rows}), other)
    back = convert(f"partners.{other}", there, kind)

    rows[2][1] = "2024-05-01"
    assert [cells for _line, cells in read(back)] == rows


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls", "csv"])
def test_errors_and_merged_cells_of_libreoffice_are_read(convert, kind):
    book = Workbook()
    for row in [["Country", "Town"], ["Germany", "=NA()"], [None, "=1/0"], [None, "=NOSUCHNAME"], [None, "=MID(1;2"]]:
        book.active.append(row)
    book.active.merge_cells("A2:A5")
    file = io.BytesIO()
    book.save(file)
    columns = ["Country", "Town"]

    table = TableFile(convert("list.xlsx", file.getvalue(), kind), columns).read(columns)

    towns = [row.cells["Town"] for row in table.rows]
    assert towns[:3] == ["#N/A", "#DIV/0!", "#NAME?"]
    assert is_spreadsheet_error(towns[3])
    countries = ["Germany", "Germany", "Germany", "Germany"] if kind != "csv" else ["Germany", "", "", ""]
    assert [row.cells["Country"] for row in table.rows] == countries


FILLED_IN = {
    "Country": "Germany",
    "University name": "Uni A",
    "Agreement type": "GE3",
    "Status": "signed",
    "Valid from": date(2026, 10, 1),
    "On the public list": "yes",
    "Row key": "a",
    "Direction": "in",
    "Places": 5,
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls", "csv"])
@pytest.mark.parametrize("sheets", TEMPLATES.values(), ids=TEMPLATES)
def test_template_that_libreoffice_saved_is_imported_without_its_example(convert, sheets, kind):
    book = load_workbook(io.BytesIO(write_template(sheets)))
    for name, columns in sheets.items():
        for at, column in enumerate(columns, start=1):
            book[name].cell(3, at).value = FILLED_IN.get(column)
    file = io.BytesIO()
    book.save(file)

    saved = convert("template.xlsx", file.getvalue(), kind)
    resource, table = read_file(saved)
    result = resource().import_data(table, on=localdate(), run=Run.from_upload(saved, file_name="template"))

    assert (list(result.error_lines()), [str(row.name) for row in result.new]) == ([], ["Uni A"])
    if kind == "xlsx":
        saved_book = load_workbook(io.BytesIO(saved))
        assert [len(saved_book[name].data_validations.dataValidation) for name in sheets] == [
            len(book[name].data_validations.dataValidation) for name in sheets
        ]
    if kind != "csv" and "Mobilities" in sheets:
        assert [str(mobility) for mobility in Mobility.objects.all()] == ["5 in"]


HOSTILE = [
    "=1+1",
    "- two  blanks",
    "'=1",
    "00123",
    "1E5",
    "TRUE",
    "5/1/2024",
    "",
    "جامعة \u200fgo",
    "🎓 <&>",
    '"a";\'b',
]


@pytest.fixture
def hostile_register(coordinator):
    """Agreements and mobilities with all fields, whose texts a spreadsheet could take for formulas or numbers."""
    ana = create_staff("@ana+1")
    for index, text in enumerate(HOSTILE):
        agreement = AgreementFactory(
            university__name=f"Town {index}",
            university__city=text.lstrip("=-'"),
            status=AgreementStatus.ENDED,
            signed_on=date(1900, 3, index + 1),
            ended_on=date(2024, 2, index + 1),
            next_step='Ask Łódź for "two"',
            notes=text,
            contact=LINES.format(text.replace("  ", " ")),
            responsible=[ana, coordinator, None][index % 3],
        )
        MobilityFactory(
            agreement=agreement,
            places=index,
            duration=Decimal(index) / 4,
            study_levels=StudyLevel.values[: index % 5],
            fields_of_study="all" if index % 2 else "0011 042",
            fields_note=text.lstrip("=-'"),
            languages="German A1, English B2",
            first_year=2026,
        )
    AgreementFactory(notes="x" * 30_000)


LINES = "{0}\n\n+49 30 1\n'{0}\n=A1"
"""LibreOffice 7.4 writes ODS in which blanks beside one another are lost from a cell of several lines."""


@pytest.mark.django_db
@pytest.mark.parametrize("there", ["xlsx", "ods"])
@pytest.mark.parametrize("ours", ["xlsx", "ods"])
def test_import_of_register_saved_by_libreoffice_changes_nothing(convert, hostile_register, ours, there):
    before = database_contents()

    saved = convert(f"register.{ours}", write_sheets(RegisterResource().export_sheets(), ours), there)
    result = RegisterResource().import_data(
        read_file(saved, RegisterResource)[1], on=localdate(), run=Run.from_upload(saved, file_name=there)
    )

    assert (list(result.error_lines()), [outcome.describe() for outcome in result.changed]) == ([], [])
    assert result.counts() == f"0 new, 0 changed, {len(HOSTILE) + 1} unchanged, 0 errors"
    assert database_contents() == before


def workbook_with_everything():
    """Return an XLSX file with a hidden sheet, merged cells, an error, formulas and line breaks."""
    book = Workbook()
    book.active.title = "Old"
    book.active.append(["Country", "University name"])
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("List")
    for row in [
        ["Partners 2026", None, None],
        [],
        ["Country", "University\nname", "Note"],
        ["Germany", '="Uni "&"A"', "=1/0"],
        [None, "Uni B", "=NA()"],
        ["Europe", None, None],
        ["France", "Uni C\nParis", date(2026, 9, 1)],
    ]:
        sheet.append(row)
    for cells in ("A1:C1", "A4:A5", "A6:C6"):
        sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_workbook_saved_by_libreoffice_is_read_as_one_sees_it(convert, kind):
    table = read_table(
        convert("workbook.xlsx", workbook_with_everything(), kind), ["Country", "University name", "Note"]
    )

    assert [(row.line, *row.cells.values()) for row in table.rows] == [
        (4, "Germany", "Uni A", "#DIV/0!"),
        (5, "Germany", "Uni B", "#N/A"),
        (7, "France", "Uni C\nParis", "2026-09-01"),
    ]
    assert table.skipped_rows == [(1, "Partners 2026"), (6, "Europe")]
    assert (table.sheet, table.hidden_sheets) == ("List", ["Old"])
