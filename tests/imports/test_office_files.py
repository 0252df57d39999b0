"""Files as offices have them, imported into the register with the office's list."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.imports import register_columns
from partners.imports.office_list import COLUMNS
from partners.models import Run
from tests.helpers.factories import UniversityFactory
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


def error_line(column, error, line=2):
    return (
        f"Line {line}, {column}: The cell has the spreadsheet error {error}. "
        "Correct it in the spreadsheet, and save the file again."
    )


@pytest.mark.parametrize("error", ["#BEZUG!", "Err:502", "#¿NOMBRE?", "#GETTING_DATA", "####"])
@pytest.mark.parametrize("column", register_columns.COLUMNS)
def test_spreadsheet_error_in_any_column_of_the_register_is_one_error(db, write, column, error):
    cells = {"Country": "Germany", "University name": "Uni A", "Agreement type": "GE3", "Status": "ended"}
    cells |= {"On the public list": "yes", column: error}
    path = write("\n".join(";".join(row) for row in (cells, cells.values())))

    assert dry_run(path)[1] == [error_line(column, error)]


@pytest.mark.parametrize("column", COLUMNS)
def test_spreadsheet_error_in_any_column_of_the_list_is_one_error(db, write, column):
    cells = {"Country": "Germany", "University name": "Uni A", "Agreement type": "GE3", column: " #NV\n"}
    path = write("\n".join(";".join(f'"{cell}"' for cell in row) for row in (cells, cells.values())))

    assert dry_run(path)[1] == [error_line(column, "#NV")]


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


def test_register_is_read_as_the_register_by_its_header(register):
    out, err, failure = dry_run("03_register_file_read_as_list.csv")

    assert (err, failure) == ([], None)
    assert out == [
        "New: Uni Ended (Germany): Erasmus+ (ended)",
        "New: Uni Proc (Germany): Erasmus+ (in process)",
        LEFT_AS_THEY_ARE,
        "2 new, 0 changed, 0 unchanged, 0 errors",
    ]


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        (
            "03_register_file_read_as_list.csv",
            "--list",
            "The file is the register, as its column “Status” says. Leave out the column, or import the register.",
        ),
        (
            "09_sep_line.csv",
            "--register",
            "The file is the office's list, as it has no column “Status”. Add it, or import the file as the list.",
        ),
    ],
)
def test_option_that_contradicts_the_header_is_refused(register, name, option, message):
    assert dry_run(name, option) == ([], [], f"{name}: {message}")


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "list.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    "header",
    [
        "Country,University name,Agreement type",
        "Country or territory,Institution,Type of agreement",
        "LAND,Hochschule,Art des Abkommens",
        "Pays,Université,Type d'accord",
        "País,Universidad,Tipo de convenio",
        "Country,Partner university,Agreement type(s)",
        'Country,"Partner\nuniversity",Agreement types',
        "Kraj,Uczelnia,Rodzaj umowy",
    ],
)
def test_usual_other_headers_are_understood(register, write, header):
    out, err, failure = dry_run(write(f"{header}\nGermany,Uni A,GE3\n"))

    assert (out[0], err, failure) == ("New: Uni A (Germany): GE3", [], None)


def test_name_of_a_column_wins_over_other_usual_headers(register, write):
    out, err, failure = dry_run(write("Country,Partner,University name,Agreement type\nGermany,x,Uni A,GE3\n"))

    assert (out[0], err, failure) == ("New: Uni A (Germany): GE3", ["Ignored columns: “Partner”."], None)


def test_types_are_read_from_columns_of_marks(register, write):
    rows = ["Germany;x;;Uni A;no", "Germany;;In process;Uni B;✓", "Germany;-;2027;Uni C", "Germany;;;Uni D;"]
    path = write("\n".join(["Country;Bilateral;Erasmus;University;GE3", *rows]))

    out, err, _failure = dry_run(path)

    types = "Write “Bilateral”, “Erasmus+”, “GE3” or “in process”, or add the type to the register."
    assert out == ["2 new, 0 changed, 0 unchanged, 2 errors"]
    assert err == [
        "The types are those that are marked in the columns “Bilateral”, “Erasmus”, “GE3”.",
        f"Line 4, Agreement type: “Erasmus+ (2027)” is not an agreement type. {types}",
        f"Line 5, Agreement type: {FILL_IN}",
    ]
    path.write_text("\n".join(["Country;Bilateral;Erasmus;University;GE3", *rows[:2]]), encoding="utf-8")
    assert dry_run(path)[0][:2] == [
        "New: Uni A (Germany): Bilateral",
        "New: Uni B (Germany): GE3/Erasmus+ (in process)",
    ]


def test_file_without_a_header_is_refused_as_such(register, write):
    path = write("Deutschland;Uni A;GE3\nFrankreich;Uni B;GE3\n")

    assert dry_run(path)[2] == (
        f"{path}: The file has no header: line 1 names a country already. "
        "Write the columns “Country”, “University name”, “Agreement type” above."
    )


TWO_NAMES = "Country,Institution,Hochschule,Agreement type\nGermany,Uni A,Uni B,GE3\n"


def test_two_columns_that_could_be_meant_are_not_guessed(register, write):
    path = write(TWO_NAMES)

    assert dry_run(path) == (
        [],
        [],
        f"{path}: Line 1 has several columns that could be “University name”: “Institution”, “Hochschule”. "
        'Say which is meant. To say which header a column has: --column "Country=Land".',
    )
    assert dry_run(path, "--column", "university name=hochschule")[0][0] == "New: Uni B (Germany): GE3"


def test_columns_are_assigned_on_the_command_line(register, write):
    path = write("Nota,Où,Qui,Quoi\nx,Germany,Uni A,GE3\n")

    out, err, failure = dry_run(
        path, "--column", "Country=Où", "--column", "University name=Qui", "--column", "Agreement type=Quoi"
    )

    assert (out[0], err, failure) == ("New: Uni A (Germany): GE3", ["Ignored columns: “Nota”."], None)


@pytest.mark.parametrize("pair", ["Country", "Nation=Land", "Country="])
def test_column_that_is_not_assigned_properly_is_refused(register, write, pair):
    _out, _err, failure = dry_run(write(TWO_NAMES), "--column", pair)

    assert failure.startswith(f"--column {pair}: write the column, “=” and the header in the file. Columns: Country, ")


@pytest.mark.parametrize("header", ["Signed on", "Scope", "Fakultät"])
def test_columns_that_the_register_would_know_are_named(register, write, header):
    path = write(f"Country,University name,Agreement type,{header}\nGermany,Uni A,GE3,1 Feb 2025\n")

    assert dry_run(path)[1] == [
        f"Ignored columns: “{header}”.",
        f"The register has the columns “{header}”. To import them, add the column “Status”.",
    ]


def test_line_breaks_inside_names_are_spaces(register, write):
    rows = 'Germany,"Uni\nKöln und\r\n Bonn",GE3\n"South\nKorea",Uni X,GE3\n'

    out, err, failure = dry_run(write(f"Country,University name,Agreement type\n{rows}"))

    assert out[:2] == ["New: Uni Köln und Bonn (Germany): GE3", "New: Uni X (South Korea): GE3"]
    assert (err, failure) == (["Countries that were read: “South Korea” as South Korea."], None)


ONE_COUNTRY = "Country,University name,Agreement type\nGermany,Uni A,GE3\n,Uni B,GE3\n\n ,Uni C,GE3\nFrance,Uni D,GE3\n"
FILL_IN = "The cell is empty. Fill it in, or take the line out."


def test_empty_country_is_an_error_with_an_offer(register, write):
    out, err, failure = dry_run(write(ONE_COUNTRY))

    assert err == [
        f"Line 3, Country: {FILL_IN}",
        f"Line 5, Country: {FILL_IN}",
        "If an empty country means the one above, add --fill-down.",
    ]
    assert (out, failure) == (["2 new, 0 changed, 0 unchanged, 2 errors"], NOTHING_IMPORTED)


def test_fill_down_takes_the_country_above(register, write):
    assert dry_run(write(ONE_COUNTRY), "--fill-down") == (
        [
            "New: Uni A (Germany): GE3",
            "New: Uni B (Germany): GE3",
            "New: Uni C (Germany): GE3",
            "New: Uni D (France): GE3",
            LEFT_AS_THEY_ARE,
            "4 new, 0 changed, 0 unchanged, 0 errors",
        ],
        ["An empty country means the one above: 2 cells were filled, in lines 3, 5."],
        None,
    )


def test_fill_down_takes_the_country_above_in_the_register_too(register, write):
    path = write("Country;University name;Agreement type;Status\nGermany;Uni A;GE3;ended\n;Uni B;GE3;ended\n")

    out, err, failure = dry_run(path, "--fill-down")

    assert out[:2] == ["New: Uni A (Germany): GE3 (ended)", "New: Uni B (Germany): GE3 (ended)"]
    assert (err, failure) == (
        ["An empty country means the one above: 1 cell was filled, in line 3."],
        None,
    )


def test_first_empty_country_is_an_error_without_an_offer(register, write):
    path = write("Country,University name,Agreement type\n,Uni A,GE3\nGermany,Uni B,GE3\n")

    assert dry_run(path)[1] == dry_run(path, "--fill-down")[1] == [f"Line 2, Country: {FILL_IN}"]


HEADINGS = "Country;University name;Agreement type\nEurope;;\nGermany;;\n;Uni A;GE3\n;Uni B;GE3\n\n* in negotiation;;\n"


def test_headings_between_the_rows_are_skipped_if_that_is_said(register, write):
    path = write(HEADINGS)

    assert dry_run(path)[1][-2:] == [
        "If an empty country means the one above, add --fill-down.",
        "If lines with one filled cell are headings or notes, add --skip-headings.",
    ]
    assert dry_run(path, "--skip-headings", "--fill-down") == (
        [
            "New: Uni A (Germany): GE3",
            "New: Uni B (Germany): GE3",
            LEFT_AS_THEY_ARE,
            "2 new, 0 changed, 0 unchanged, 0 errors",
        ],
        [
            "Line 2 is skipped: “Europe”.",
            "Line 3 is skipped: “Germany”.",
            "Line 7 is skipped: “* in negotiation”.",
            "An empty country means the one above: 2 cells were filled, in lines 4, 5.",
        ],
        None,
    )


NO_NAMES = ["TBC", "n/a", "N.N.", "–", "?", "xxx", "unknown", "unbekannt", "2024", "01.09.2024", "1 Sep 2024", "Sep-24"]
ACCEPT_NAMES = "If names that look like none or damaged are right, add --accept-names."


def with_name(name):
    return f'Country;University name;Agreement type\nGermany;"{name}";GE3\n'


@pytest.mark.parametrize("name", NO_NAMES)
def test_name_that_looks_like_none_is_an_error_with_an_offer(db, write, name):
    _out, err, failure = dry_run(write(with_name(name)))

    error = (
        f"Line 2, University name: “{name}” looks like a number, a date or a placeholder. "
        "Write the university's name, or accept such names."
    )
    assert (err, failure) == ([error, ACCEPT_NAMES], NOTHING_IMPORTED)


@pytest.mark.parametrize(
    ("name", "doubt"),
    [
        ("Bo?aziçi", "has lost letters. Save the file that it comes from in UTF-8 and choose that one, or accept it."),
        ("A&amp;M", "has the code of a web page for a character. Write the character, or accept such names."),
        ("Uni A*", "has the mark of a list or of a footnote. Take it out, or accept such names."),
        ("1. Uni A", "has the mark of a list or of a footnote. Take it out, or accept such names."),
    ],
)
def test_name_that_looks_damaged_is_an_error_with_an_offer(db, write, name, doubt):
    _out, err, failure = dry_run(write(with_name(name)))

    assert (err, failure) == ([f"Line 2, University name: “{name}” {doubt}", ACCEPT_NAMES], NOTHING_IMPORTED)


@pytest.mark.parametrize("name", ["-", "--", "=", "+"])
def test_dash_is_no_name_that_could_be_accepted(db, write, name):
    error = f"Line 2, University name: “{name}” is not a name. Write the university's name, or take the line out."

    assert [dry_run(write(with_name(name)), *options)[1] for options in ([], ["--accept-names"])] == [[error], [error]]


@pytest.mark.parametrize("name", NO_NAMES)
def test_name_that_looks_like_none_is_accepted(db, write, name):
    out, err, failure = dry_run(write(with_name(name)), "--accept-names")

    assert out[0] == f"New: {name} (Germany): GE3"
    assert (err, failure) == ([f"Accepted as names of universities: “{name}”."], None)


def test_name_that_looks_like_none_is_no_error_if_the_register_has_it(db, write):
    UniversityFactory(name="42", other_names="N.N.")

    assert [dry_run(write(with_name(name)))[1:] for name in ("42", "n.n.")] == [([], None)] * 2


@pytest.mark.parametrize("name", ["École 42", "ETH", "Paris 8", "Marburg 2000", "X", "Université 8 Mai 1945"])
def test_unusual_name_is_no_error(db, write, name):
    assert dry_run(write(with_name(name)))[1:] == ([], None)


def test_options_are_kept_with_the_run(db, write):
    path = write(ONE_COUNTRY.replace("Uni C", "TBC"))

    call_command("import_partners", path, "--fill-down", "--accept-names", stdout=StringIO(), stderr=StringIO())

    assert Run.objects.get().read_options == {
        "columns": {},
        "encoding": "",
        "fill_down": True,
        "skip_headings": False,
        "accept_names": True,
    }
