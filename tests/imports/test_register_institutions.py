"""The register's column of ROR IDs."""

import pytest

from partners.imports.resources import RegisterResource
from partners.models import University
from tests.helpers.database import count_queries, database_contents
from tests.helpers.factories import InstitutionFactory, institutions
from tests.helpers.register_files import (
    create_university,
    errors,
    exported_rows,
    import_file,
    import_rows,
    make_rows,
    row,
)
from tests.helpers.tables import write_table

MUNICH, COLOGNE_ID = "02kkvpp62", "00rcxh774"
pytestmark = pytest.mark.django_db


@pytest.fixture
def munich():
    return InstitutionFactory()


def link():
    return University.objects.get().institution_id


@pytest.mark.parametrize("cell", [MUNICH, "https://ror.org/02kkvpp62", "HTTPS://ROR.ORG/02KKVPP62"])
def test_university_is_linked_by_an_id_in_any_form(munich, cell):
    create_university()

    result = import_rows(row(institution=cell))

    assert link() == MUNICH
    assert [change.describe() for change in result.changed] == [
        [
            "city: – → Munich",
            "website: – → https://www.tum.de",
            "institution in the directory: – → Technical University of Munich",
        ]
    ]


def test_link_fills_what_the_file_has_no_column_for_and_the_office_has_not_written(munich):
    create_university(city="Garching")

    import_rows(row(institution=MUNICH))

    university = University.objects.get()
    assert (university.city, university.website) == ("Garching", "https://www.tum.de")


def test_cells_of_the_file_are_not_filled(munich):
    create_university()
    rows = [row(institution=MUNICH, city="", website="")]

    import_rows(*rows)
    again = import_rows(*rows)

    university = University.objects.get()
    assert (university.city, university.website) == ("", "")
    assert again.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_what_a_link_has_filled_is_left_alone_when_the_office_empties_it(munich):
    create_university(institution=munich)

    result = import_rows(row(institution=MUNICH))

    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_new_university_is_linked(munich):
    result = import_rows(row(institution=MUNICH))

    assert link() == MUNICH
    assert [change.summary for change in result.new] == [
        "city: Munich; website: https://www.tum.de; institution in the directory: Technical University of Munich"
    ]


def test_another_link_replaces_the_first(munich):
    cologne = InstitutionFactory(ror_id=COLOGNE_ID, name="University of Cologne")
    create_university(institution=cologne, city="Köln", website="https://www.uni-koeln.de")

    result = import_rows(row(institution=MUNICH))

    assert link() == MUNICH
    assert [change.describe() for change in result.changed] == [
        ["institution in the directory: University of Cologne → Technical University of Munich"]
    ]


def test_empty_cell_takes_the_link_off(munich):
    create_university(institution=munich)

    import_rows(row(institution=""))

    assert link() is None


def test_link_is_in_history(munich):
    create_university()

    import_rows(row(institution=MUNICH))

    assert University.history.latest().institution == munich


@pytest.mark.parametrize("create", [create_university, lambda: None], ids=["known", "new"])
def test_imported_link_is_searched(munich, create):
    create()

    import_rows(row(institution=MUNICH))

    assert University.objects.search("technische universität münchen").count() == 1


def test_names_of_the_institution_are_searched_after_an_import_without_the_column(munich):
    create_university(institution=munich)

    import_rows(row(city="Köln"))

    assert University.objects.search("tum koln").count() == 1


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("02kkvpp63", "“02kkvpp63” is not a ROR ID. Write it like https://ror.org/02kkvpp62, or leave the cell empty."),
        ("TUM", "“TUM” is not a ROR ID. Write it like https://ror.org/02kkvpp62, or leave the cell empty."),
        (
            f"https://ror.org/{COLOGNE_ID}",
            f"“{COLOGNE_ID}” is no institution of the directory. Correct it, or have the newest release of the "
            "directory loaded (manage.py load_ror).",
        ),
    ],
)
def test_id_that_the_directory_does_not_have_is_an_error(munich, cell, message):
    create_university()

    assert errors(row(institution=cell)) == [f"Line 2, ROR ID: {message}"]


def test_institution_of_another_university_is_an_error(munich):
    create_university(name="TU Munich", institution=munich)
    create_university()

    assert errors(row(institution=MUNICH)) == [
        f"Line 2, ROR ID: “{MUNICH}” is already the ROR ID of “TU Munich”. Write another one, or leave the cell empty."
    ]


def test_institution_that_another_university_gives_up_in_the_same_file_is_an_error(munich):
    create_university(name="TU Munich", institution=munich)
    create_university()

    assert errors(row(name="TU Munich", institution=""), row(institution=MUNICH)) == [
        f"Line 3, ROR ID: “{MUNICH}” is already the ROR ID of “TU Munich”. Write another one, or leave the cell empty."
    ]


def test_institution_of_two_universities_of_the_file_is_an_error(munich):
    assert errors(row(institution=MUNICH), row(name="TU Munich", institution=MUNICH)) == [
        f"Line 3, ROR ID: “{MUNICH}” is already the ROR ID in line 2. Write another one, or leave the cell empty."
    ]


def test_rows_of_a_university_may_write_its_id_in_several_forms(munich):
    create_university()

    import_rows(row("GE3", "signed", institution=MUNICH), row("Erasmus+", "signed", institution=f"ror.org/{MUNICH}"))

    assert link() == MUNICH


@pytest.mark.parametrize("file_format", ["csv", "tsv", "xlsx", "ods"])
def test_export_has_the_address_and_is_no_change(munich, file_format):
    create_university(institution=munich)
    create_university(name="University of Bonn")
    before = database_contents()

    cells = [exported["ROR ID"] for exported in exported_rows()]
    content = write_table(RegisterResource().export(), file_format)
    result = import_file(content, file_name=f"register.{file_format}")

    assert cells == ["", "https://ror.org/02kkvpp62"]
    assert result.counts() == "0 new, 0 changed, 2 unchanged, 0 errors"
    assert database_contents() == before


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_number_of_queries_does_not_depend_on_the_number_of_links(is_new):
    linked = institutions(303)
    rows = [cells | {"ROR ID": each.ror_id} for cells, each in zip(make_rows(303), linked, strict=True)]
    if not is_new:
        import_rows(*make_rows(303))

    few, many = count_queries(import_rows, *rows[:3]), count_queries(import_rows, *rows[3:])

    assert few["SELECT"] == many["SELECT"]
    assert University.objects.exclude(institution=None).count() == 303
