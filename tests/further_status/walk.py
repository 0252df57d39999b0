"""Every surface with an agreement of the status "suspended". Runs in a copy of the project that has it."""

import json
import re
from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import Agreement, CalendarLink, Run
from partners.reminders.digests import build_digests
from partners.runs.undo import plan_undo, undo
from tests.helpers import register_files
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import form_data, links, rows, text
from tests.helpers.tables import read_table, write_table

IS_PUBLIC = AgreementStatus("suspended").is_public
STATES = ["in-process", "in-force", "expired", "ended", "suspended"]
OTHER_STATES = ["signed", "in process", "in force", "expired", "ended", "open-ended", "upcoming"]
LAST_DAYS = {"past": date(2020, 8, 31), "soon": localdate() + timedelta(10), "none": None}
whatever_its_last_day = pytest.mark.parametrize("agreement", LAST_DAYS, indirect=True)


@pytest.fixture
def agreement(request, erasmus, coordinator):
    """A suspended agreement, the only one of Jena. The parameter is a key of LAST_DAYS."""
    return AgreementFactory(
        university__name="Jena",
        agreement_type=erasmus,
        status="suspended",
        signed_on=date(2019, 9, 1),
        valid_until=LAST_DAYS[getattr(request, "param", "none")],
        responsible=coordinator,
    )


@pytest.fixture
def office(coordinator_client):
    return coordinator_client


def row_of(page):
    """Return the text of Jena's table row; empty without one."""
    return " ".join(row for row in rows(page) if "Jena" in row)


def other_states(shown):
    return [state for state in OTHER_STATES if re.search(rf"\b{state}\b", shown, re.IGNORECASE)]


def import_office_list(*lines):
    content = "\n".join(["\t".join(COLUMNS), *lines]).encode()
    run = Run.from_upload(content, file_name="list.tsv")
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=localdate(), run=run)


@whatever_its_last_day
def test_agreement_list_shows_and_filters_the_status(agreement, office):
    page = office.get("/admin/partners/agreement/")

    row = row_of(page)
    assert "suspended" in row
    assert other_states(row) == []
    assert "suspended" in text(page).split("By status")[1]
    found = {state: row_of(office.get(f"/admin/partners/agreement/?status={state}")) != "" for state in STATES}
    assert found == dict.fromkeys(STATES, False) | {"suspended": True}


def test_university_list_shows_and_filters_the_status(agreement, office):
    assert "Erasmus+ (suspended)" in row_of(office.get("/admin/partners/university/"))
    found = {state: row_of(office.get(f"/admin/partners/university/?status={state}")) != "" for state in STATES}
    assert found == dict.fromkeys(STATES, False) | {"suspended": True}


def test_change_page_offers_to_end_it(agreement, office):
    page = office.get(f"/admin/partners/agreement/{agreement.pk}/change/")

    actions = [label for label, url in links(page, ".object-tools a") if f"?id={agreement.pk}&" in url]
    assert form_data(page, "#agreement_form")["status"] == "suspended"
    assert actions == ["End"]


@whatever_its_last_day
def test_university_page_says_whether_students_see_it(agreement, office):
    page = text(office.get(f"/admin/partners/university/{agreement.university_id}/change/"))

    assert "Erasmus+ is suspended." in page


@whatever_its_last_day
def test_worklist_leaves_it_out(agreement, office):
    AgreementFactory(university__name="Marburg", status="in_process")

    page = text(office.get("/admin/"))

    assert "Marburg" in page
    assert "Jena" not in page


@pytest.mark.parametrize("page", ["statistics/", "changes/", "partners/agreement/{}/history/"])
def test_page_is_shown(agreement, office, page):
    agreement.status = "signed"
    agreement.save()
    agreement.status = "suspended"
    agreement.save()

    response = office.get(f"/admin/{page.format(agreement.pk)}")

    assert response.status_code == 200
    if page != "statistics/":
        assert "signed → suspended" in text(response)


def test_bulk_pages_show_it(agreement, office):
    pages = [text(office.get(f"/admin/partners/agreement/{action}/?id={agreement.pk}")) for action in ("end", "edit")]

    assert ["Jena" in page for page in pages] == [True, True]


def test_office_list_has_its_word_and_is_imported_without_change(agreement):
    rows = list(OfficeListResource().export())

    assert rows[1:] == [("Germany", "Jena", "Erasmus+ (suspended)")]
    assert import_office_list("\t".join(rows[1])).counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


@pytest.mark.parametrize(
    ("listed", "statuses"),
    [
        ("Bilateral", ["ended", "signed"]),
        ("Erasmus+", ["ended", "signed"]),
        ("Erasmus+ (in process)", ["ended", "in_process"]),
        ("Erasmus+/Erasmus+ (suspended)", ["suspended", "signed"]),
    ],
)
def test_office_list_ends_it_if_it_does_not_name_it(agreement, listed, statuses):
    result = import_office_list(f"Germany\tJena\t{listed}")

    assert result.is_applied
    assert list(Agreement.objects.order_by("pk").values_list("status", flat=True)) == statuses


def test_undo_of_its_end_describes_and_restores_it(agreement, coordinator):
    import_office_list("Germany\tJena\tBilateral")
    run = Run.objects.get()

    descriptions = [change.description for change in plan_undo(run).all()]
    undo(run, coordinator)

    assert "The Erasmus+ agreement, suspended, ends." in descriptions
    agreement.refresh_from_db()
    assert agreement.status == "suspended"


def test_register_has_its_word_and_is_imported_without_change(agreement):
    content = write_table(RegisterResource().export(), "csv")

    assert '"suspended"' in content.decode()
    assert register_files.import_file(content).counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_register_changes_it_by_its_number(agreement):
    result = register_files.import_rows(register_files.row("Erasmus+", "in process", "Jena", number=agreement.pk))

    assert result.is_applied
    agreement.refresh_from_db()
    assert agreement.status == "in_process"


@whatever_its_last_day
def test_public_list_shows_it_by_its_word_or_not_at_all(agreement, client):
    page = client.get("/")

    if IS_PUBLIC:
        assert "Erasmus+ · suspended" in row_of(page)
        assert other_states(row_of(page)) == []
        assert "Jena" in text(client.get("/?status=suspended"))
        assert row_of(client.get("/?status=in-process&status=in-force")) == ""
    else:
        assert "Jena" not in text(page)


@whatever_its_last_day
def test_public_page_shows_it_by_its_word_or_not_at_all(agreement, client):
    page = client.get("/universities/jena/")

    if IS_PUBLIC:
        assert "Suspended" in text(page)
        assert other_states(text(page)) == []
        assert "Suspended" in text(client.get("/?pick=jena"))
    else:
        assert page.status_code == 404


@whatever_its_last_day
def test_public_files_have_its_word_or_leave_it_out(agreement, client):
    universities = json.loads(client.get("/partners.json").content)["universities"]
    table = client.get("/partners.tsv").content.decode()

    if IS_PUBLIC:
        assert [item["status"] for item in universities[0]["agreements"]] == ["suspended"]
        assert "Germany\tJena\tErasmus+ (suspended)" in table
    else:
        assert universities == []
        assert "Jena" not in table


def test_feed_and_sitemap_are_shown_without_a_wrong_word(agreement, client):
    assert "Jena" not in client.get("/feed/").content.decode()
    assert ("jena" in client.get("/sitemap-universities.xml").content.decode()) == IS_PUBLIC


@whatever_its_last_day
def test_calendar_and_reminders_leave_it_out(agreement, client, coordinator):
    token = CalendarLink.issue_token(coordinator, include_all=True)

    assert "Jena" not in client.get(f"/calendar/{token}.ics").content.decode()
    assert build_digests(localdate()) == []
