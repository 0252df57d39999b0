"""The export of what the list of agreements shows."""

import io

import pytest
import time_machine
from openpyxl import load_workbook

from partners.enums import AgreementStatus
from partners.imports.formats import EXPORT_FORMATS
from partners.models import Agreement, Mobility, SavedView
from tests.helpers.factories import AgreementFactory, MobilityFactory, partners
from tests.helpers.html import buttons, element_texts, text
from tests.helpers.import_pages import upload

LIST = "/admin/partners/agreement/"
EXPORT = f"{LIST}export/"
FORMATS = [export_format.name for export_format in EXPORT_FORMATS]


def export(client, query="", file_format="xlsx", **data):
    return client.post(f"{EXPORT}?{query}", {"format": FORMATS.index(file_format)} | data)


def file_name(response):
    return response["Content-Disposition"].removeprefix('attachment; filename="').removesuffix('"')


def sheets(response):
    """Return the rows of each sheet as dictionaries by column."""
    found = []
    for sheet in load_workbook(io.BytesIO(response.content)):
        header, *rows = sheet.iter_rows(values_only=True)
        found.append([dict(zip(header, row, strict=True)) for row in rows])
    return found


@pytest.fixture
def agreements(db, erasmus):
    """Create an agreement in each state."""
    expired = AgreementFactory(university__name="Bonn", agreement_type=erasmus, valid_until="2026-08-31", scope="Law")
    AgreementFactory(university=expired.university, agreement_type=erasmus, valid_from="2027-09-01", scope="Law")
    AgreementFactory(university__name="Aachen", valid_until="2027-08-31", reference_number="EX-1")
    AgreementFactory(university__name="Cottbus", status=AgreementStatus.IN_PROCESS)
    MobilityFactory(agreement=expired, places=4)
    MobilityFactory(agreement__university__name="Dresden", places=5)


@time_machine.travel("2026-11-28 12:00")
def test_export_has_what_the_list_shows_with_states(client, coordinator, agreements):
    client.force_login(coordinator)

    everything = sheets(export(client))
    erasmus = sheets(export(client, "type=erasmus&q=law"))

    columns = "University name", "Agreement type", "Status", "State"
    assert [tuple(row[column] for column in columns) for row in everything[0]] == [
        ("Aachen", "Bilateral", "signed", "in force"),
        ("Bonn", "Erasmus+", "signed", "expired"),
        ("Bonn", "Erasmus+", "signed", "upcoming"),
        ("Cottbus", "Bilateral", "in process", "in process"),
        ("Dresden", "Bilateral", "signed", "in force"),
    ]
    assert [[row["University name"] for row in rows] for rows in erasmus] == [["Bonn", "Bonn"], ["Bonn"]]
    assert [row["Places"] for row in erasmus[1]] == [4]


@pytest.mark.parametrize("file_format", FORMATS)
def test_importing_a_part_of_the_register_again_changes_nothing(coordinator_client, agreements, file_format):
    response = export(coordinator_client, "type=erasmus", file_format)

    preview = upload(coordinator_client, response.content)

    assert "New 0 Changed 0 Unchanged 2 Errors 0" in text(preview)
    assert "Ignored columns: “State”." in text(preview)
    assert "Import this" not in buttons(preview)
    assert (Agreement.objects.count(), Mobility.objects.count()) == (5, 2)


@time_machine.travel("2026-11-28 12:00")
def test_file_is_named_after_the_list_and_the_day(client, coordinator, agreements):
    client.force_login(coordinator)
    SavedView.objects.create(list="agreements", name="Erasmus+ ending", query="ends=academic-year&type=erasmus")
    bonn = Agreement.objects.filter(university__name="Bonn").values_list("pk", flat=True)

    responses = [
        export(client, file_format="tsv"),
        export(client, "type=erasmus&ends=academic-year", "xlsx"),
        export(client, "q=Köln+(TH)&country=DE&o=2&p=0", "ods"),
        export(client, "q=" + "x" * 300, "csv"),
        export(client, file_format="csv", export_items=list(bonn)),
        client.post("/admin/partners/university/export/?is_listed__exact=1", {"format": "0", "resource": "0"}),
    ]

    assert [file_name(response) for response in responses] == [
        "agreements-2026-11-28.tsv",
        "agreements-erasmus-ending-2026-11-28.xlsx",
        "agreements-country-de-q-koln-th-2026-11-28.ods",
        f"agreements-q-{'x' * 87}-2026-11-28.csv",
        "agreements-selected-2026-11-28.csv",
        "universities-is_listed-1-2026-11-28.tsv",
    ]


def test_export_of_selected_agreements(coordinator_client, agreements):
    bonn = list(Agreement.objects.filter(university__name="Bonn").values_list("pk", flat=True))

    page = coordinator_client.post(LIST, {"action": "export_admin_action", "_selected_action": bonn})

    assert "2 selected agreements are exported." in text(page)
    assert [row["University name"] for row in sheets(export(coordinator_client, export_items=bonn))[0]] == ["Bonn"] * 2


def test_list_offers_the_formats_only_to_those_who_may_export(coordinator_client, coordinator):
    offered = element_texts(coordinator_client.get(LIST), ".list-tools form [name=format]")
    coordinator.groups.first().permissions.filter(codename="export_university").delete()

    assert offered == ["TSV", "CSV", "XLSX", "ODS"]
    assert element_texts(coordinator_client.get(LIST), ".list-tools form [name=format]") == []
    assert export(coordinator_client).status_code == 403


@pytest.mark.parametrize("count", [3, 300])
def test_export_makes_as_many_queries_for_300_agreements_as_for_3(coordinator_client, django_assert_num_queries, count):
    partners(count)
    export(coordinator_client)

    with django_assert_num_queries(11):
        response = export(coordinator_client, "type=bilateral&q=partner")

    assert len(sheets(response)[0]) == count
