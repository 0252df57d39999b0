"""Add a university under another name of a known one, and answer the question about it."""

import pytest
from playwright.sync_api import expect

from partners.models import University
from tests.helpers.axe import COLOUR_RULES, DARK, LIGHT, NARROW, WCAG_RULES, WIDE, emulate, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data", "register"),
]

ADD = "/admin/partners/university/add/"


def save(page, name):
    page.goto(ADD)
    page.get_by_label("Name:", exact=True).fill(name)
    page.get_by_label("Country or territory:").select_option(label="Austria")
    page.get_by_role("button", name="Save", exact=True).click()
    return page.get_by_role("group", name="New, or another name of …?")


def test_coordinator_finds_the_known_university_by_the_question(coordinator_page):
    question = save(coordinator_page, "Management Center Innsbruck (MCI)")
    expect(question.get_by_role("radio", checked=True)).to_have_count(0)
    question.get_by_label("Another name of “MCI, Management Center Innsbruck”").check()
    coordinator_page.get_by_role("button", name="Save", exact=True).click()

    expect(coordinator_page.get_by_role("heading", name="MCI, Management Center Innsbruck")).to_be_visible()
    expect(coordinator_page.get_by_text("is another name of")).to_be_visible()
    assert University.objects.get(country__code="AT").other_names.endswith("Management Center Innsbruck (MCI)")


@pytest.mark.slow
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_question_is_accessible(page_without_csp, width):
    expect(save(page_without_csp, "Innsbruck Management Centre")).to_be_visible()

    found = {}
    for scheme, rules in ((LIGHT, WCAG_RULES), (DARK, COLOUR_RULES)):
        emulate(page_without_csp, width, scheme)
        found[scheme] = violations(page_without_csp, rules)

    assert found == {LIGHT: [], DARK: []}
