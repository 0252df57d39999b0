"""Sign the only in-process deal of the office's list, with type, day and a PDF, and check the pages that display it."""

import pytest
from playwright.sync_api import expect

from partners.models import Document
from tests.helpers.files import PDF
from tests.helpers.keyboard import focus_by_tab, press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

FILE = {"name": "Signed in Prague.pdf", "mimeType": "application/pdf", "buffer": PDF}


@pytest.fixture
def worklist(coordinator_page, register):
    coordinator_page.goto("/admin/")
    return coordinator_page


@pytest.fixture
def sign_link(worklist):
    """Link to sign the only deal in process."""
    return worklist.get_by_role("row", name="Czech Technical University").get_by_role("link", name="Mark as signed")


def test_coordinator_signs_the_deal_with_a_document_by_mouse(worklist, sign_link):
    sign_link.click()
    worklist.get_by_label("Agreement type").select_option(label="Erasmus+")
    worklist.get_by_label("Signed on").fill("2026-05-01")
    worklist.get_by_label("Documents", exact=True).set_input_files(FILE)
    worklist.get_by_role("button", name="Mark as signed").click()

    assert_displayed_everywhere(worklist)


def test_coordinator_signs_the_deal_with_a_document_by_keyboard(worklist, sign_link):
    # A listener that is added before the key press cannot miss the event.
    worklist.on("filechooser", lambda _chooser: None)
    press(worklist, sign_link, "Enter")
    press(worklist, worklist.get_by_label("Agreement type"), *"Erasmus")
    press(worklist, worklist.get_by_label("Signed on"), *"05012026")
    focus_by_tab(worklist, worklist.get_by_label("Documents", exact=True))
    with worklist.expect_file_chooser() as chooser:
        worklist.keyboard.press("Space")
    chooser.value.set_files(FILE)
    press(worklist, worklist.get_by_role("button", name="Mark as signed"), "Enter")

    assert_displayed_everywhere(worklist)


def assert_displayed_everywhere(page):
    message = page.get_by_role("listitem").filter(has_text="Marked as signed")
    expect(message).to_have_text("Marked as signed: Czech Technical University: Erasmus+ (signed). Undo …")
    expect(page.get_by_text("No deal is waiting for a signature.")).to_be_visible()
    document = Document.objects.select_related("agreement").get()
    assert (document.name, str(document.agreement.signed_on)) == ("Signed in Prague.pdf", "2026-05-01")

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
    displayed = page.get_by_role("main").inner_text()
    assert "Erasmus+" in displayed
    assert "in process" not in displayed.lower()
