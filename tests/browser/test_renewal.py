"""Renew an agreement early, sign the renewal, and look at both on that day and on the first day of the renewal."""

from datetime import date

import pytest
import time_machine
from playwright.sync_api import expect

from partners.models import Agreement
from tests.helpers.browser import sign_in
from tests.helpers.factories import AgreementFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture
def clock():
    """The clock of the site, which the test can move. That of the browser stays."""
    with time_machine.travel("2026-04-01 12:00") as traveller:
        yield traveller


@pytest.fixture
def running(clock):
    return AgreementFactory(
        university__name="Marburg",
        valid_from=date(2024, 9, 1),
        valid_until=date(2028, 8, 31),
        signed_on=date(2024, 5, 2),
    )


def renew_for_september(page, agreement):
    page.goto(f"/admin/partners/agreement/{agreement.pk}/change/")
    page.get_by_role("link", name="Renew", exact=True).click()
    page.get_by_label("Valid from").fill("2027-09-01")
    page.get_by_label("Valid until").fill("2030-08-31")
    page.get_by_role("button", name="Renew").click()
    page.get_by_role("link", name="(in process)").first.click()
    page.get_by_role("link", name="Mark as signed").click()


def public_periods(page):
    """Return what the university's public page says of its agreements."""
    page.goto("/universities/marburg/")
    expect(page.get_by_role("heading", name="Bilateral", exact=True)).to_be_visible()
    return [line for line in page.get_by_role("main").inner_text().splitlines() if "Sep" in line]


def office_states(page):
    """Return the status and the days left of each agreement in the office's list."""
    page.goto("/admin/partners/agreement/")
    rows = page.get_by_role("row").filter(has_text="Marburg")
    cells = [[row.locator(f".field-{name}").inner_text() for name in ("state", "days_left")] for row in rows.all()]
    return [tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in row) for row in cells]


def test_early_renewal_takes_over_on_its_first_day(clock, running, coordinator_page, coordinator):
    renew_for_september(coordinator_page, running)
    effect = coordinator_page.get_by_text("gets 31 Aug 2027 as its last day")
    expect(effect).to_have_text("“Bilateral, from 1 Sep 2024, until 31 Aug 2028” gets 31 Aug 2027 as its last day.")
    coordinator_page.get_by_role("button", name="Mark as signed").click()

    assert public_periods(coordinator_page) == [
        "In force, from 1 Sep 2024 to 31 Aug 2027.",
        "Renewed from 1 Sep 2027 to 31 Aug 2030.",
    ]
    assert office_states(coordinator_page) == [
        ("in force", "renewed from 1 Sep 2027"),
        ("upcoming from 1 Sep 2027", "begins in 518 days"),
    ]
    changes = Agreement.history.count()

    clock.move_to("2027-09-01 08:00")

    assert public_periods(coordinator_page) == ["In force, from 1 Sep 2027 to 31 Aug 2030."]
    sign_in(coordinator_page, coordinator)
    assert office_states(coordinator_page) == [
        ("expired", "renewed from 1 Sep 2027"),
        ("in force", "ends in 1095 days"),
    ]
    assert Agreement.history.count() == changes
