import re

import pytest
from playwright.sync_api import expect

from tests.helpers.factories import AgreementFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

PICKS = "pick=marburg&pick=jena"


@pytest.fixture
def student(page):
    for name in ("Marburg", "Jena"):
        AgreementFactory(university__name=name)
    return page


def test_shortlist_of_last_time_is_offered_until_it_is_emptied(student):
    student.goto(f"/?sort=name&{PICKS}")

    student.goto("/")
    student.get_by_role("link", name="Your shortlist of last time: 2").click()
    expect(student).to_have_url(re.compile(f"/[?]{PICKS}$"))

    student.goto(f"/?sort=name&{PICKS}")
    student.get_by_role("link", name="Empty it").click()
    expect(student.locator("aside.shortlist")).to_have_count(0)
    student.goto("/")
    expect(student.get_by_text("Your shortlist of last time")).to_be_hidden()


def test_comparison_is_copied_and_has_a_card_for_each_university_on_a_phone(student, live_server):
    student.context.grant_permissions(["clipboard-read", "clipboard-write"])
    student.set_viewport_size({"width": 390, "height": 844})
    student.goto(f"/?type=bilateral&{PICKS}&compare=1")

    student.get_by_role("button", name="Copy the link").click()

    expect(student.get_by_role("status")).to_have_text("The address is copied.")
    assert student.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/?{PICKS}"
    boxes = [card.bounding_box() for card in student.locator(".comparison > li").all()]
    assert [(box["x"], box["width"]) for box in boxes] == [(16, 358)] * 2
    assert boxes[1]["y"] > boxes[0]["y"] + boxes[0]["height"]
