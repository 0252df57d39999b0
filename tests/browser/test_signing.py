"""The one deal of the office's list that is in process: signed with type, day and a PDF, and seen everywhere since."""

import pytest
from playwright.sync_api import expect

from partners.models import Document
from tests.browser.keyboard import press, reach
from tests.files import PDF

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

IN_PROCESS = "/admin/partners/agreement/?status=in-process"
FILE = {"name": "Signed in Prague.pdf", "mimeType": "application/pdf", "buffer": PDF}


@pytest.fixture
def deals(office_page, register):
    office_page.goto(IN_PROCESS)
    return office_page


def test_coordinator_signs_the_deal_with_a_document_by_mouse(deals):
    deals.get_by_role("row", name="Czech Technical University").get_by_role("checkbox").check()
    deals.get_by_label("Action:").select_option(label="Mark selected as signed")
    deals.get_by_role("button", name="Go").click()
    deals.get_by_label("Agreement type").select_option(label="Erasmus+")
    deals.get_by_label("Signed on").fill("2026-05-01")
    deals.get_by_label("Documents", exact=True).set_input_files(FILE)
    deals.get_by_role("button", name="Mark as signed").click()

    is_seen_everywhere(deals)


def test_coordinator_signs_the_deal_with_a_document_by_keyboard(deals):
    press(deals, deals.get_by_role("row", name="Czech Technical University").get_by_role("checkbox"), "Space")
    press(deals, deals.get_by_label("Action:"), *"Mark")
    press(deals, deals.get_by_role("button", name="Go"), "Enter")
    press(deals, deals.get_by_label("Agreement type"), *"Erasmus")
    press(deals, deals.get_by_label("Signed on"), *"05012026")
    reach(deals, deals.get_by_label("Documents", exact=True))
    with deals.expect_file_chooser() as chooser:
        deals.keyboard.press("Space")
    chooser.value.set_files(FILE)
    press(deals, deals.get_by_role("button", name="Mark as signed"), "Enter")

    is_seen_everywhere(deals)


def is_seen_everywhere(page):
    told = page.get_by_role("listitem").filter(has_text="Marked as signed")
    expect(told).to_have_text("Marked as signed: Czech Technical University: Erasmus+ (signed)")
    document = Document.objects.select_related("agreement").get()
    assert (document.name, str(document.agreement.signed_on)) == ("Signed in Prague.pdf", "2026-05-01")

    page.goto(IN_PROCESS)
    expect(page.get_by_text("0 agreements", exact=True)).to_be_visible()

    page.goto(f"/admin/partners/agreement/{document.agreement_id}/history/")
    rows = page.get_by_role("row").filter(has_text="coordinator").all_inner_texts()
    assert [row.split("\t")[3] for row in rows] == ["added with the signature", "marked as signed"]
    assert "Status: in process → signed" in rows[1]

    page.goto(f"/admin/partners/agreement/{document.agreement_id}/change/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Signed in Prague.pdf").click()
    assert download.value.suggested_filename == "Signed in Prague.pdf"
    assert download.value.path().read_bytes() == PDF

    page.goto("/universities/czech-technical-university/")
    shown = page.get_by_role("main").inner_text()
    assert "Erasmus+" in shown
    assert "in process" not in shown.lower()
