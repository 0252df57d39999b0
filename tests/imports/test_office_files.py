"""Files as offices have them, imported into the register with the office's list."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.helpers.paths import ROOT

FILES = ROOT / "tests/imports/files"

pytestmark = pytest.mark.django_db


def dry_run(name, *options):
    """Return the lines on standard output and on standard error, and the message of CommandError or None."""
    out, err, failure = StringIO(), StringIO(), None
    try:
        call_command("import_partners", FILES / name, "--dry-run", *options, stdout=out, stderr=err)
    except CommandError as error:
        failure = str(error).replace(f"{FILES}/", "")
    return out.getvalue().splitlines(), err.getvalue().splitlines(), failure


LEFT_AS_THEY_ARE = "In the register, not in the file, and left as they are: 108"
NOTHING_IMPORTED = "Nothing was imported. Correct the lines above and import the file again."


def test_hidden_sheet_is_not_read(register):
    out, err, failure = dry_run("01_hidden_sheet_read.xlsx")

    assert out == [
        "In the register, not in the file, and left as they are: 106",
        "0 new, 0 changed, 2 unchanged, 0 errors",
    ]
    assert err == ["Sheet “2026” is read.", "Skipped hidden sheets: “2019”."]
    assert failure is None


@pytest.mark.parametrize(
    ("name", "error"),
    [("02_error_cell_becomes_name.xlsx", "#N/A"), ("02_error_text_in_csv.csv", "#N/A")],
)
def test_spreadsheet_error_is_an_error(register, name, error):
    assert dry_run(name) == (
        ["0 new, 0 changed, 0 unchanged, 1 errors"],
        [
            f"Line 2, University name: The cell has the spreadsheet error {error}. "
            "Correct it in the spreadsheet, and save the file again."
        ],
        NOTHING_IMPORTED,
    )


GERMAN, FRENCH = "New: University of Exampleburg (Germany): Bilateral", "New: Université de Test (France): Erasmus+"


@pytest.mark.parametrize(
    ("name", "universities", "notices"),
    [
        ("08_title_above_header.xlsx", [GERMAN, FRENCH], ["Line 1 is skipped: “Partner universities 2025/26”."]),
        ("08_numbers_table_name.csv", [GERMAN], ["Line 1 is skipped: “Table 1”."]),
        (
            "08_numbers_summary_and_title.xlsx",
            [GERMAN, FRENCH],
            [
                "Sheet “Sheet 1 - Table 1” is read.",
                "Skipped sheets: “Export Summary”.",
                "Line 1 is skipped: “Table 1”.",
            ],
        ),
        ("09_sep_line.csv", [GERMAN], []),
    ],
)
def test_header_is_found(register, name, universities, notices):
    counts = f"{len(universities)} new, 0 changed, 0 unchanged, 0 errors"

    assert dry_run(name) == ([*universities, LEFT_AS_THEY_ARE, counts], notices, None)


def test_line_breaks_in_cells_are_blank_or_separate_types(register):
    assert dry_run("10_line_breaks_in_cells.xlsx") == (
        [
            "New: Uni A (Germany): Bilateral/Erasmus+",
            "New: Uni B (Germany): Erasmus+",
            "New: Uni C (Germany): GE3",
            "New: Uni D (Germany): GE3",
            LEFT_AS_THEY_ARE,
            "4 new, 0 changed, 0 unchanged, 0 errors",
        ],
        [],
        None,
    )


def test_line_breaks_in_headers_are_spaces(register):
    out, err, failure = dry_run("10_line_breaks_in_header.xlsx")

    assert (out[0], err, failure) == ("New: Uni A (Germany): Bilateral", [], None)


@pytest.mark.parametrize("name", ["11_merged_country.xlsx", "11_merged_country.ods"])
def test_merged_country_is_that_of_each_row(register, name):
    assert dry_run(name) == (
        [
            "New: Uni A (Germany): Bilateral",
            "New: Uni B (Germany): Erasmus+",
            "New: Uni C (Germany): GE3",
            "New: Uni D (France): Bilateral",
            LEFT_AS_THEY_ARE,
            "4 new, 0 changed, 0 unchanged, 0 errors",
        ],
        [],
        None,
    )


@pytest.mark.parametrize(("name", "kind"), [("12_html_named_xls.xls", "a web page"), ("12_pdf.pdf", "a PDF")])
def test_file_of_another_kind_is_refused(register, name, kind):
    assert dry_run(name) == (
        [],
        [],
        f"{name}: The file is {kind}, not a table. Save the table in it as XLSX and choose that file.",
    )
