"""The first steps on the front page."""

from datetime import date

import pytest

from partners.models import Agreement, OfficeSettings
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, DocumentFactory, InstitutionFactory, MobilityFactory, partners
from tests.helpers.history_pages import history
from tests.helpers.html import attributes, element_texts, links, messages

INDEX, DOCUMENTS_STEP = "/admin/", "/admin/first-steps/documents/"
DISMISSED = ".dismissed-steps li"

pytestmark = pytest.mark.django_db


def steps(page):
    return element_texts(page, ".first-steps li p")


def headings(page):
    return element_texts(page, ".worklist-section h2")


def test_first_step_of_an_empty_register_is_the_import(coordinator_client):
    page = coordinator_client.get(INDEX)

    assert links(page, ".first-steps a") == [("Import your list", "/admin/partners/university/import/")]


def test_first_steps_count_what_their_links_list(coordinator_client):
    InstitutionFactory()
    partners(3)
    agreement = AgreementFactory(university__name="Marburg", is_open_ended=True)
    MobilityFactory(agreement=agreement)
    DocumentFactory(agreement=agreement)
    AgreementFactory(university__name="Expired", valid_until=date(2000, 1, 1))

    page = coordinator_client.get(INDEX)

    assert steps(page) == [
        "Agreements whose end is not recorded (3)",
        "Agreements without mobilities (3)",
        "Agreements without a document (3)",
        "Partners not identified (5)",
    ]
    *lists, identify = attributes(page, ".first-steps a", "href")
    assert [len(names(coordinator_client.get(url))) for url in lists] == [3, 3, 3]
    assert identify == "/admin/partners/university/identify/"
    assert headings(page) == [
        *["In process (0)", "Ending within 180 days (0)", "Expired (1)", "Kept off the public list (0)"],
    ]


def test_first_step_goes_when_it_is_done(coordinator_client):
    partners(2)
    Agreement.objects.update(valid_until=date(2999, 12, 31))

    page = coordinator_client.get(INDEX)

    assert steps(page) == ["Agreements without mobilities (2)", "Agreements without a document (2)"]
    assert "End not recorded (0)" in headings(page)


def test_first_step_is_dismissed_for_the_office_and_brought_back(coordinator_client):
    partners(2)
    with_step = steps(coordinator_client.get(INDEX))

    page = coordinator_client.post(DOCUMENTS_STEP, {"dismiss": "", "reason": "on paper"}, follow=True)

    assert messages(page) == ["Not shown any more: Agreements without a document."]
    assert steps(page) == with_step[:2]
    assert [heading for heading in headings(page) if "document" in heading] == []
    assert element_texts(page, f"{DISMISSED} button") == ["Show again: Agreements without a document"]
    assert history(coordinator_client, OfficeSettings.objects.get())[0] == (
        "coordinator changed Dismissed first steps: – → documents on paper"
    )

    page = coordinator_client.post(DOCUMENTS_STEP, follow=True)

    assert (steps(page), element_texts(page, DISMISSED)) == (with_step, [])


def test_first_step_that_is_dismissed_already_gets_no_history(coordinator_client):
    for _ in range(2):
        coordinator_client.post(DOCUMENTS_STEP, {"dismiss": ""})

    assert OfficeSettings.history.filter(history_user__username="coordinator").count() == 1


def test_assistant_cannot_dismiss_a_first_step(client, assistant):
    partners(1)
    OfficeSettings.objects.update(dismissed_steps=["ends"])
    client.force_login(assistant)

    page, response = client.get(INDEX), client.post(DOCUMENTS_STEP, {"dismiss": ""})

    assert attributes(page, ".worklist form[method=post]", "action") == []
    assert element_texts(page, DISMISSED) == ["Agreements whose end is not recorded"]
    assert (response.status_code, OfficeSettings.objects.get().dismissed_steps) == (403, ["ends"])


def test_unknown_first_step_is_not_found(coordinator_client):
    assert coordinator_client.post("/admin/first-steps/unknown/").status_code == 404


def test_front_page_leads_to_import_add_and_help(coordinator_client, client, assistant):
    page = coordinator_client.get(INDEX)
    client.force_login(assistant)

    assert links(page, ".front-page-actions a") == [
        ("Import", "/admin/partners/university/import/"),
        ("Add a university", "/admin/partners/university/add/?next=%2Fadmin%2F"),
        ("Add documents", "/admin/partners/document/add/?next=%2Fadmin%2F"),
        ("Help", "/admin/help/"),
        ("All lists", "#content-main"),
    ]
    assert [label for label, _url in links(client.get(INDEX), ".front-page-actions a")] == ["Help", "All lists"]
