"""Leaving a page with changes that are not saved asks first."""

import pytest

from partners.models import Agreement, University
from tests.factories import AgreementFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture
def university(db):
    return AgreementFactory(university__name="Marburg").university


@pytest.fixture
def asked(office_page):
    """The questions that the browser asked when it was to leave. Each is answered by staying."""
    found = []

    def stay(dialog):
        found.append(dialog.type)
        dialog.dismiss()

    office_page.on("dialog", stay)
    return found


def test_leaving_asks_only_where_something_would_be_lost(office_page, university, asked):
    address = f"/admin/partners/university/{university.pk}/change/"
    office_page.goto(address)
    city, home = office_page.get_by_label("City"), office_page.locator("#site-name a")

    city.fill("Kassel")
    home.click()
    assert (asked, office_page.url.endswith(address)) == (["beforeunload"], True)

    city.fill("")
    home.click()
    office_page.wait_for_url("**/admin/")
    assert asked == ["beforeunload"]

    office_page.goto(address)
    office_page.get_by_role("button", name="Add another Agreement").click()
    home.click()
    assert (asked, office_page.url.endswith(address)) == (["beforeunload"] * 2, True)

    city.fill("Kassel")
    office_page.get_by_role("button", name="Save", exact=True).click()
    office_page.wait_for_url("**/admin/partners/university/")
    assert asked == ["beforeunload"] * 2
    assert University.objects.get().city == "Kassel"


def test_leaving_a_form_that_came_back_with_an_error_asks(office_page, university, asked):
    address = f"/admin/partners/university/{university.pk}/change/"
    office_page.goto(address)
    office_page.get_by_label("Name:", exact=True).fill("=1")
    office_page.get_by_role("button", name="Save", exact=True).click()
    office_page.get_by_text("Please correct the error below.").wait_for()

    office_page.get_by_label("City").click()
    office_page.locator("#site-name a").click()

    assert (asked, office_page.url.endswith(address)) == (["beforeunload"], True)


def test_leaving_the_signing_page_asks_where_a_day_was_typed(office_page, university, asked):
    deal = Agreement.objects.create(university=university, status="in_process")
    office_page.goto(f"/admin/partners/agreement/sign/?id={deal.pk}")

    office_page.get_by_label("Valid until").fill("2029-09-30")
    office_page.locator("#site-name a").click()

    assert asked == ["beforeunload"]
