"""Templates of the office's list and the register, downloaded, filled in and imported."""

import io
from datetime import datetime

import pytest
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from partners.imports.mobility_columns import MOBILITY_COLUMN_OF
from partners.imports.office_list import COLUMNS
from partners.imports.register_columns import COLUMNS as REGISTER_COLUMNS
from partners.models import Agreement, AgreementType, Country
from tests.helpers.html import attributes, element_texts, messages, text
from tests.helpers.import_pages import IMPORT, confirm, upload

EXAMPLE = "Example University (this row is not imported)"
URLS = {kind: f"{IMPORT}template/{kind}/" for kind in ("list", "register")}


def download(browser, kind):
    return load_workbook(io.BytesIO(browser.get(URLS[kind]).content))


def fill_in(book, *rows, sheet=0):
    """Write rows below the example of a sheet. Return the file."""
    for line, row in enumerate(rows, start=3):
        for column, value in enumerate(row, start=1):
            book.worksheets[sheet].cell(line, column).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def drop_downs(book, sheet=0):
    """Return the choices of each column of a sheet by its header."""
    sheet = book.worksheets[sheet]
    found = {}
    for validation in sheet.data_validations.dataValidation:
        column, first, _column, last = range_boundaries(str(validation.sqref))
        assert (first, last) == (2, 2_001)
        name, cells = validation.formula1.split("!")
        found[sheet.cell(1, column).value] = [cell.value for (cell,) in book[name][cells.replace("$", "")]]
    return found


def test_import_page_links_to_the_templates(coordinator_client):
    page = coordinator_client.get(IMPORT)

    assert attributes(page, ".help a", "href") == list(URLS.values())


@pytest.mark.parametrize(
    ("kind", "name", "columns"),
    [
        ("list", "Partners", COLUMNS),
        ("register", "Register", (*REGISTER_COLUMNS, "Row key")),
        ("register", "Mobilities", ("Row key", "University name", *MOBILITY_COLUMN_OF.values())),
    ],
)
def test_template_has_the_columns_and_an_example(coordinator_client, kind, name, columns):
    response = coordinator_client.get(URLS[kind])

    assert response["Content-Disposition"] == f'attachment; filename="{kind}-template.xlsx"'
    header, example = load_workbook(io.BytesIO(response.content))[name].iter_rows(values_only=True)
    assert header == columns
    assert example[1] == EXAMPLE


def test_list_has_drop_downs_of_the_registers_countries_and_types(coordinator_client):
    assert drop_downs(download(coordinator_client, "list")) == {
        "Country": list(Country.objects.order_by("name").values_list("name", flat=True)),
        "Agreement type": [
            *("Bilateral", "Bilateral (in process)", "Erasmus+", "Erasmus+ (in process)"),
            *("GE3", "GE3 (in process)", "in process"),
        ],
    }


def test_register_has_drop_downs_of_the_registers_countries_types_and_statuses(coordinator_client):
    AgreementType.objects.create(name="Cotutelle")

    found = drop_downs(download(coordinator_client, "register"))

    assert found.pop("Country")[:2] == ["Afghanistan", "Albania"]
    assert found == {
        "Agreement type": list(AgreementType.objects.values_list("name", flat=True)),
        "Status": ["in process", "signed", "ended"],
        "Open-ended": ["yes", "no"],
        "On the public list": ["yes", "no"],
    }
    assert "Cotutelle" in found["Agreement type"]


def test_sheet_of_mobilities_has_drop_downs_of_directions_kinds_and_levels(coordinator_client):
    assert drop_downs(download(coordinator_client, "register"), sheet=1) == {
        "Direction": ["out", "in"],
        "Kind": ["student studies", "student traineeship", "staff teaching", "staff training"],
        "Study levels": ["short cycle", "bachelor", "master", "doctoral"],
        "Blended": ["yes", "no"],
    }


def test_list_that_was_filled_in_is_imported_without_the_example(coordinator_client):
    content = fill_in(
        download(coordinator_client, "list"), ["Germany", "Uni A", "Bilateral"], ["France", "Uni B", "GE3"]
    )

    preview = upload(coordinator_client, content)
    page = confirm(coordinator_client, preview)

    assert f"Line 2 is skipped: “{EXAMPLE}”." in text(preview)
    assert messages(page) == ["Imported partners.tsv: 2 new, 0 changed, 0 unchanged, 0 errors."]


def test_register_that_was_filled_in_is_imported_without_the_example(coordinator_client):
    day = datetime(2026, 10, 1)  # noqa: DTZ001 - as openpyxl writes a day
    row = dict.fromkeys(REGISTER_COLUMNS) | {
        "Country": "Germany",
        "University name": "Uni A",
        "Agreement type": "GE3",
        "Status": "signed",
        "Valid from": day,
        "On the public list": "yes",
        "Row key": "a",
    }
    book = download(coordinator_client, "register")
    fill_in(book, ["a", None, "in", None, "3"], sheet=1)

    page = confirm(coordinator_client, upload(coordinator_client, fill_in(book, row.values())))

    assert messages(page) == ["Imported partners.tsv: 1 new, 0 changed, 0 unchanged, 0 errors."]
    agreement = Agreement.objects.get()
    assert agreement.valid_from == day.date()
    assert [str(mobility) for mobility in agreement.mobilities.all()] == ["3 in"]


def test_example_that_was_written_over_is_imported(coordinator_client):
    book = download(coordinator_client, "list")
    book["Partners"]["B2"] = "Uni A"

    page = confirm(coordinator_client, upload(coordinator_client, fill_in(book)))

    assert messages(page) == ["Imported partners.tsv: 1 new, 0 changed, 0 unchanged, 0 errors."]


@pytest.mark.parametrize("kind", URLS)
def test_template_that_was_not_filled_in_is_refused(coordinator_client, kind):
    page = upload(coordinator_client, coordinator_client.get(URLS[kind]).content)

    assert element_texts(page, ".errorlist li") == [
        "The file has no row but the example of the template. Fill it in and choose it again."
    ]


def test_templates_are_for_those_who_may_import(client, assistant):
    client.force_login(assistant)

    assert [client.get(url).status_code for url in URLS.values()] == [403, 403]


def test_unknown_template_is_not_found(coordinator_client):
    assert coordinator_client.get(f"{IMPORT}template/other/").status_code == 404


def test_template_of_a_register_without_types_has_the_other_drop_downs(coordinator_client):
    AgreementType.objects.all().delete()

    found = drop_downs(download(coordinator_client, "register"))

    assert list(found) == ["Country", "Status", "Open-ended", "On the public list"]
    assert drop_downs(download(coordinator_client, "list"))["Agreement type"] == ["in process"]
