"""Files of mobilities: the second sheet of the register's workbook, and tables of their own."""

import io
from collections import Counter
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from partners.imports.files import read_file
from partners.imports.mobility_columns import COLUMNS
from partners.imports.register_columns import REQUIRED
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.models import Mobility, University
from partners.tables.headers import header_key, usual_names
from partners.tables.reading import ReadOptions
from partners.tables.types import TableError
from partners.tables.writing import FORMATS, write_sheets
from tests.helpers.database import count_queries
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.tables import write_table

REGISTER = [REQUIRED, ("Germany", "Uni A", "GE3", "signed")]
LIST = [("Country", "University name", "Agreement type"), ("Germany", "Uni A", "GE3")]
LINES = [("Agreement number", "Direction", "Places"), ("7", "out", "4")]

pytestmark = pytest.mark.django_db


def read_workbook(file_format="xlsx", **sheets):
    return read_file(write_sheets(sheets, file_format))


def rows_of(table):
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("names", [("Register", "Mobilities"), ("Mobilities", "Register")], ids=" ".join)
@pytest.mark.parametrize("file_format", ["xlsx", "ods"])
def test_workbook_with_both_sheets_is_the_register_with_its_mobilities(file_format, names):
    sheets = {"Register": REGISTER, "Mobilities": LINES}

    resource, table = read_workbook(file_format, **{name: sheets[name] for name in names})

    assert (resource, table.sheet, len(table)) == (RegisterResource, "Register", 1)
    assert table.mobilities.sheet == "Mobilities"
    assert rows_of(table.mobilities) == [{"Agreement number": "7", "Direction": "out", "Places": "4"}]
    assert table.notices() == ["Sheet “Register” is read.", "Sheet “Mobilities” is read."]


def test_sheet_of_mobilities_names_agreements_by_row_keys_too():
    register = [(*REQUIRED, "Row key"), ("Germany", "Uni A", "GE3", "signed", "a")]

    _resource, table = read_workbook(Register=register, Lines=[("Direction", "Row key"), ("in", "a")])

    assert table.rows[0].cells["Row key"] == "a"
    assert rows_of(table.mobilities) == [{"Direction": "in", "Row key": "a"}]


def test_register_without_a_sheet_of_mobilities_has_none():
    assert read_workbook(Register=REGISTER)[1].mobilities is None


def test_sheet_of_mobilities_may_have_no_rows():
    _resource, table = read_workbook(Register=REGISTER, Mobilities=LINES[:1])

    assert (len(table.mobilities), table.other_sheets) == (0, [])


def test_skipped_rows_and_sheets_of_mobilities_are_named():
    _resource, table = read_workbook(Register=REGISTER, First=[("Offers 2026",), *LINES], Second=LINES)

    assert table.notices() == [
        "Sheet “Register” is read.",
        "Sheet “First” is read.",
        "Skipped sheets: “Second”.",
        "Sheet “First”: Line 1 is skipped: “Offers 2026”.",
    ]


def test_hidden_sheet_of_mobilities_is_not_read():
    book = load_workbook(io.BytesIO(write_sheets({"Mobilities": LINES, "Register": REGISTER}, "xlsx")))
    book["Mobilities"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)

    resource, table = read_file(file.getvalue())

    assert (resource, table.mobilities, table.hidden_sheets) == (RegisterResource, None, ["Mobilities"])


def test_list_with_a_sheet_of_mobilities_names_it_as_skipped():
    resource, table = read_workbook(Partners=LIST, Mobilities=LINES)

    assert (resource, table.other_sheets) == (OfficeListResource, ["Mobilities"])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            ("Direction", "Places"),
            "It has neither a column “Agreement number” nor a column “Row key”. Add one of them.",
        ),
        (
            ("Agreement number", "Direction", "Colour"),
            f"Line 1 has columns that are not known: “Colour”. Leave them out, or name them “Agreement number”, "
            f"{', '.join(f'“{column}”' for column in COLUMNS if column not in ('Agreement number', 'Direction'))}, "
            "“Row key”.",
        ),
    ],
)
def test_sheet_of_mobilities_with_a_wrong_header_is_an_error_that_names_it(header, message):
    with pytest.raises(TableError) as error:
        read_workbook(Register=REGISTER, Offers=[header, ["out"] * len(header)])

    assert str(error.value) == f"Sheet “Offers”: {message}"


def test_register_with_a_town_that_is_called_direction_is_the_register():
    register = [(*REQUIRED, "City"), ("Germany", "Uni A", "GE3", "signed", "Direction")]

    assert read_file(write_table(register, "tsv"))[0] is RegisterResource


def test_columns_that_are_assigned_in_the_register_are_not_sought_among_the_mobilities():
    register = [("Land", *REQUIRED[1:]), REGISTER[1]]
    lines = [("Agreement number", "Country", "Direction"), ("7", "Germany", "out")]
    file = write_sheets({"Register": register, "Mobilities": lines}, "xlsx")

    _resource, table = read_file(file, options=ReadOptions(columns={"Country": "Land"}))

    assert rows_of(table.mobilities) == [{"Agreement number": "7", "Country": "Germany", "Direction": "out"}]


@pytest.mark.parametrize("file_format", FORMATS)
def test_table_with_a_direction_is_mobilities(file_format):
    lines = [(*LINES[0], "Country", "University name", "Agreement type", "Scope"), (*LINES[1], *[""] * 4)]

    resource, table = read_file(write_table(lines, file_format))

    assert (resource, len(table), table.notices()) == (MobilitiesResource, 1, [])


@pytest.mark.parametrize("delimiter", "\t;,")
def test_mobilities_are_read_with_any_delimiter(delimiter):
    lines = [("Agreement number", "Direction", "Languages"), ("7", "out", '"English B2, German B1; French A1"')]

    _resource, table = read_file("\n".join(map(delimiter.join, lines)).encode())

    assert rows_of(table) == [
        {"Direction": "out", "Agreement number": "7", "Languages": "English B2, German B1; French A1"}
    ]


@pytest.mark.parametrize(
    ("rows", "expected", "message"),
    [
        (
            LINES,
            RegisterResource,
            "The file has mobilities, as its column “Direction” says. Leave out the column, or import the mobilities.",
        ),
        (
            LINES,
            OfficeListResource,
            "The file has mobilities, as its column “Direction” says. Leave out the column, or import the mobilities.",
        ),
        (
            LIST,
            MobilitiesResource,
            "The file is the office's list, as it has no column “Direction”. Add it, or import the file as the list.",
        ),
        (
            REGISTER,
            MobilitiesResource,
            "The file is the register, as its column “Status” says. Leave out the column, or import the register.",
        ),
        (
            [("Direction", "Places"), ("out", "4")],
            None,
            "Line 1 is not the header: it lacks “Agreement number” and has “Direction”, “Places”. "
            "Name the columns “Direction”, “Agreement number”.",
        ),
    ],
)
def test_choice_that_contradicts_the_header_is_refused(rows, expected, message):
    with pytest.raises(TableError) as error:
        read_file(write_table(rows, "tsv"), expected)

    assert str(error.value) == message


def test_export_has_a_row_for_each_mobility():
    agreement = AgreementFactory(university__name="Uni B", scope="Faculty of Law")
    MobilityFactory(
        agreement=agreement,
        places=4,
        duration=Decimal("20.50"),
        study_levels="bachelor,master",
        fields_of_study="042 0715",
        fields_note="Law",
        languages="en B2",
        is_blended=True,
        first_year=2026,
        last_year=2028,
    )
    MobilityFactory(agreement=agreement, direction="in", fields_of_study="all")
    first = MobilityFactory(
        agreement=AgreementFactory(university__name="Uni A", agreement_type=None, status="in_process")
    )

    rows = list(MobilitiesResource().export())

    assert rows[0] == (
        *("Agreement number", "Country", "University name", "Agreement type", "Scope", "Direction", "Kind", "Places"),
        *("Months or days", "Study levels", "Fields of study", "Note on fields", "Languages", "Blended"),
        *("First academic year", "Last academic year"),
    )
    number = str(agreement.pk)
    assert [row[:5] for row in rows[1:]] == [
        (str(first.agreement_id), "Germany", "Uni A", "", ""),
        *[(number, "Germany", "Uni B", "Bilateral", "Faculty of Law")] * 2,
    ]
    assert rows[2][5:] == (
        *("out", "student studies", 4, "20.5", "bachelor, master", "042, 0715", "Law", "English B2", "yes"),
        *("2026/2027", "2028/2029"),
    )


def test_export_has_the_mobilities_of_the_chosen_universities():
    MobilityFactory(agreement__university__name="Uni A")
    MobilityFactory(agreement__university__name="Uni B")

    _header, *rows = MobilitiesResource().export(University.objects.filter(name="Uni B"))

    assert [row[2] for row in rows] == ["Uni B"]


@pytest.mark.parametrize("file_format", ["xlsx", "ods"])
def test_exported_workbook_has_both_sheets(file_format):
    mobility = MobilityFactory(places=4)

    resource, table = read_file(write_sheets(RegisterResource().export_sheets(), file_format))

    assert (resource, table.sheet, table.mobilities.sheet) == (RegisterResource, "Register", "Mobilities")
    assert [(row.cells["Agreement number"], row.cells["Places"]) for row in table.mobilities.rows] == [
        (str(mobility.agreement_id), "4")
    ]


@pytest.mark.parametrize("file_format", ["tsv", "csv"])
def test_exported_text_of_the_register_has_no_mobilities(file_format):
    MobilityFactory()

    assert write_sheets(RegisterResource().export_sheets(), file_format) == write_table(
        RegisterResource().export(), file_format
    )


def test_export_takes_as_many_queries_for_many_mobilities():
    MobilityFactory.create_batch(3)
    few = count_queries(list, MobilitiesResource().export())
    agreement = Mobility.objects.first().agreement
    Mobility.objects.bulk_create(Mobility(agreement=agreement) for _number in range(300))

    many = count_queries(list, MobilitiesResource().export())

    assert (few, few.total()) == (many, 1)


@pytest.mark.parametrize(
    "header",
    [
        ("Agreement number", "Richtung", "Plätze", "Studienniveau", "Sprachen"),
        ("Agreement number", "Sens de la mobilité", "Nombre de places", "Niveaux d'études", "Langues"),
        ("Agreement number", "Dirección", "plazas", "Nivel de estudios", "Idiomas"),
        ("AGREEMENT NUMBER", "כיוון", "מקומות", "רמת לימודים", "שפות"),
    ],
)
def test_headers_are_understood_in_other_languages(header):
    resource, table = read_file(write_table([header, ("7", "out", "4", "master", "German B2")], "csv"))

    assert (resource, rows_of(table)) == (
        MobilitiesResource,
        [
            {
                "Agreement number": "7",
                "Direction": "out",
                "Places": "4",
                "Study levels": "master",
                "Languages": "German B2",
            }
        ],
    )


def test_other_name_of_a_header_is_of_one_column():
    names = [(column, name) for column in COLUMNS for name in {header_key(column), *usual_names().get(column, ())}]

    assert [name for name, count in Counter(name for _column, name in names).items() if count > 1] == []
