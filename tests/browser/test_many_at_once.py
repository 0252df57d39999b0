"""Many documents, and the dates of many agreements, at once, with the number of pages that it takes."""

from datetime import date

import pytest
from playwright.sync_api import expect

from partners.models import Agreement, Document
from tests.helpers.factories import AgreementFactory
from tests.helpers.files import PDF
from tests.helpers.keyboard import press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
TOWNS = [*"ABCDEFGHIJKLMNOPQRS", "T"]


def pdf(name):
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF + name.encode()}


def test_twenty_pdfs_are_kept_with_their_agreements(coordinator_page, page_loads):
    for town in TOWNS:
        AgreementFactory(university__name=f"University of {town}town")
    page = coordinator_page
    page.goto("/admin/partners/document/add/")
    names = [f"2026 Uni {town}town signed.pdf" for town in TOWNS[:-1]]
    page.get_by_label("Drop files here, or choose them").set_input_files([pdf(name) for name in [*names, "scan.pdf"]])
    page.get_by_role("button", name="Upload and choose agreements").click()
    find = page.get_by_role("row", name="scan.pdf").get_by_role("button", name="Find")
    page.route(page.url, lambda route: route.fulfill(status=204), times=1)
    with page.expect_response(page.url):
        find.click()
    expect(find).to_be_enabled()
    press(page, page.get_by_label("Another agreement: scan.pdf"), *"ttown")
    expect(page.get_by_role("status").filter(has_text="Found: 1")).to_be_visible()
    page.get_by_label("Agreement: scan.pdf", exact=True).select_option(label="University of Ttown: Bilateral (signed)")
    press(page, page.get_by_role("button", name="Keep the documents"), "Enter")

    expect(page.get_by_text("20 documents added: University of Atown")).to_be_visible()
    page.wait_for_load_state()
    assert len(page_loads) == 3
    kept = Document.objects.order_by("pk").values_list("name", "agreement__university__name")
    assert list(kept) == [
        (name, f"University of {town}town") for name, town in zip([*names, "scan.pdf"], TOWNS, strict=True)
    ]


def test_ends_of_ten_agreements_are_recorded(coordinator_page, page_loads):
    agreements = [AgreementFactory(university__name=f"University of {town}town") for town in TOWNS[:10]]
    page = coordinator_page
    page.goto("/admin/partners/agreement/?ends=not-recorded")
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_role("combobox", name="Action").select_option(label="Set dates of selected")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("row", name="All of them").get_by_label("Valid until").fill("2028-07-31")
    row = page.get_by_role("row", name="University of Btown")
    row.get_by_label("Valid until").fill("2030-07-31")
    page.get_by_role("row", name="University of Ctown").get_by_label("Open-ended").check()
    page.get_by_role("button", name="Save the dates").click()

    expect(page.get_by_text("Dates set: University of Atown")).to_be_visible()
    page.wait_for_load_state()
    assert len(page_loads) == 3
    ends = Agreement.objects.order_by("pk").values_list("valid_until", "is_open_ended")
    assert list(ends) == [
        (date(2028, 7, 31), False),
        (date(2030, 7, 31), False),
        (None, True),
        *[(date(2028, 7, 31), False)] * (len(agreements) - 3),
    ]
