"""Sign deals in process and undo it.

The only one of the office's list is signed with type, day and a PDF, and the pages that display it are checked.
"""

from datetime import date

import pytest
from playwright.sync_api import expect

from partners.enums import AgreementStatus
from partners.models import Agreement, Document, Run
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.files import PDF
from tests.helpers.keyboard import focus_by_tab, press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
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
    reasons = ["added with the signature", f"marked as signed (run {Run.objects.latest('pk').pk})"]
    assert [row.split("\t")[3] for row in rows] == reasons
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


def test_coordinator_signs_two_deals_and_undoes_it(coordinator_page):
    running = AgreementFactory(university__name="Marburg", valid_from=date(2022, 9, 1))
    universities = [running.university, UniversityFactory(name="Trier")]
    values = {"valid_from": date(2026, 9, 1), "status": AgreementStatus.IN_PROCESS}
    deals = [AgreementFactory(university=university, **values) for university in universities]
    before = list(Agreement.objects.order_by("pk").values())
    page = coordinator_page
    page.goto("/admin/partners/agreement/sign/?" + "&".join(f"id={deal.pk}" for deal in deals))
    page.get_by_role("button", name="Mark as signed").click()
    signed = set(Agreement.objects.values_list("status", flat=True))

    page.goto("/admin/partners/run/")
    page.get_by_role("link", name="Signing", exact=True).click()
    changes = page.get_by_role("listitem").filter(has_text="Marburg").first.inner_text()
    page.get_by_role("link", name="Undo this run").click()
    page.get_by_role("button", name="Undo this run").click()

    assert signed == {"signed"}
    assert "valid until: – → 31 Aug 2026." in changes
    expect(page.get_by_text("Undone: 3 put back, 0 left as they are.")).to_be_visible()
    assert list(Agreement.objects.order_by("pk").values()) == before
