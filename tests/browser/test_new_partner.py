"""Add a partner with two agreements, what they offer, and their documents, on one page."""

import pytest
from playwright.sync_api import expect

from partners.models import Document, Mobility
from tests.helpers.keyboard import press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

PDF = {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}


def add_agreement(page, index, type_name):
    """Add a block by keyboard, with 4 out, 4 in, bachelor and master, English B2, and a PDF."""
    page.get_by_role("button", name="Add another agreement").press("Enter")
    block = page.locator(f"#agreements-{index}")
    expect(block.get_by_label("Agreement type")).to_be_focused()
    page.keyboard.type(type_name)
    press(page, block.get_by_label("Status"), *"signed")
    press(page, block.get_by_label("Places"), "4")
    press(page, block.get_by_label("bachelor"), "Space")
    press(page, block.get_by_label("master"), "Space")
    press(page, block.get_by_label("Languages"), *"English B2")
    press(page, block.get_by_role("button", name="Add the same for the other direction"), "Enter")
    expect(block.get_by_label("Places").last).to_be_focused()
    block.get_by_label("Add documents").set_input_files(PDF)


def test_partner_with_two_agreements_is_added_in_two_page_loads(coordinator_page, page_loads):
    page = coordinator_page
    page.goto("/admin/partners/university/add/?next=/admin/partners/agreement/")
    page.get_by_label("Name:", exact=True).fill("University of Graz")
    page.get_by_label("Country or territory").select_option(label="Austria")
    page.get_by_role("button", name="Add another agreement").press("Enter")
    add_agreement(page, 1, "Bilateral")
    add_agreement(page, 2, "Erasmus+")
    page.locator("#agreements-0").get_by_role("button", name="Remove").press("Enter")
    press(page, page.get_by_role("button", name="Save", exact=True), "Enter")

    message = "University of Graz was added with 2 agreements, 4 mobilities and 2 documents."
    expect(page.get_by_role("listitem").filter(has_text=message)).to_be_visible()
    expect(page.get_by_role("row", name="University of Graz")).to_have_count(2)
    page.wait_for_load_state()
    assert [url.partition("/admin/")[2] for url in page_loads] == [
        "partners/university/add/?next=/admin/partners/agreement/",
        "partners/agreement/",
    ]
    lines = Mobility.objects.order_by("agreement__agreement_type__position", "pk")
    assert list(lines.values_list("agreement__agreement_type__slug", "direction", "places", "languages")) == [
        (slug, direction, 4, "en B2") for slug in ("bilateral", "erasmus") for direction in ("out", "in")
    ]
    assert Document.objects.count() == 2
