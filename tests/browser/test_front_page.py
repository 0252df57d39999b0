"""Everyday work from the front page, with the number of pages that it takes, and the search on top of every page."""

from datetime import date

import pytest
from playwright.sync_api import expect

from partners.enums import AgreementStatus
from partners.models import Agreement, University
from tests.helpers.factories import AgreementFactory
from tests.helpers.files import PDF
from tests.helpers.keyboard import focus_by_tab, press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

FILE = {"name": "Signed.pdf", "mimeType": "application/pdf", "buffer": PDF}


@pytest.fixture
def deal(coordinator):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS, valid_from=date(2026, 9, 1))


@pytest.fixture
def signed(coordinator):
    return AgreementFactory(university__name="Jena", valid_from=date(2020, 9, 1), valid_until=date(2999, 8, 31))


def test_first_steps_lead_to_the_import_of_a_list(coordinator_page, page_loads, office_list):
    page = coordinator_page
    page.goto("/admin/")
    page.get_by_role("link", name="Import your list").click()
    page.get_by_label("File to import").set_input_files(FILE | {"name": "partners.tsv", "buffer": office_list})
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name="Import this").click()

    expect(page.get_by_text("108 new, 0 changed, 0 unchanged, 0 errors")).to_be_visible()
    assert len(page_loads) == 4
    assert University.objects.count() == 108


def test_deal_is_signed_with_its_pdf(coordinator_page, page_loads, deal):
    page = coordinator_page
    page.goto("/admin/")
    page.get_by_role("link", name="Mark as signed").click()
    page.get_by_label("Documents", exact=True).set_input_files(FILE)
    page.get_by_role("button", name="Mark as signed").click()

    expect(page.get_by_text("Marked as signed: Marburg: Bilateral")).to_be_visible()
    assert [url.removeprefix(page.url).partition("?")[0] for url in page_loads] == [
        *["", "partners/agreement/sign/", ""],
    ]
    assert deal.documents.get().name == "Signed.pdf"


@pytest.mark.parametrize("action", ["End", "Renew"])
def test_agreement_is_ended_or_renewed(coordinator_page, page_loads, signed, action):
    page = coordinator_page
    page.goto(f"/admin/partners/agreement/{signed.pk}/change/")
    page_loads.clear()
    page.get_by_role("link", name=action, exact=True).click()
    if action == "End":
        page.get_by_label("Reason").fill("merger")
    page.get_by_role("button", name=action, exact=True).click()

    expect(page.locator(".messagelist")).to_contain_text("Jena: Bilateral")
    assert len(page_loads) == 2
    assert [agreement.status for agreement in Agreement.objects.order_by("pk")] == (
        ["ended"] if action == "End" else ["signed", "in_process"]
    )


def test_search_suggests_by_keyboard(coordinator_page, page_loads, deal, signed):
    page = coordinator_page
    page.goto("/admin/changes/")
    field = page.get_by_role("combobox", name="Search the register")
    suggestions = page.get_by_role("listbox", name="Suggestions")
    press(page, field, *"jena")
    options = ["Jena Germany", "Jena: Bilateral in force", "See all results"]
    expect(suggestions.get_by_role("option")).to_have_text(options)
    page.keyboard.press("Escape")
    expect(suggestions).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(suggestions.get_by_role("option", selected=True)).to_have_text("Jena: Bilateral in force")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/agreement/{signed.pk}/change/")
    press(page, field, *"marb", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “marb”")
    assert len(page_loads) == 3


def test_folded_section_stays_folded(coordinator_page, deal):
    page = coordinator_page
    page.goto("/admin/")
    row = page.get_by_role("row", name="Marburg")
    expect(row).to_be_visible()
    focus_by_tab(page, page.locator("#section-in-process summary"))
    page.keyboard.press("Enter")
    expect(row).to_be_hidden()

    page.reload()

    expect(row).to_be_hidden()
    page.locator("#section-in-process summary").press("Enter")
    expect(row).to_be_visible()
