"""The dates of several agreements, in a row for each."""

from datetime import date

import pytest

from partners.models import Agreement, Run
from tests.helpers.bulk_pages import bulk_url, undo_latest_run
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import count_queries, errors, form_data, messages

pytestmark = pytest.mark.django_db
FORM = ".bulk-form"


@pytest.fixture
def three(db):
    """Signed agreements with Bonn, Jena and Ulm, whose ends are not recorded."""
    return [AgreementFactory(university__name=name) for name in ("Bonn", "Jena", "Ulm")]


def set_dates(browser, *agreements, shared=(), rows=()):
    """Submit the page with shared values, and with the values of rows by agreement."""
    url = bulk_url("dates", *agreements)
    typed = {f"all-{name}": value for name, value in dict(shared).items()}
    typed |= {f"{agreement.pk}-{name}": value for agreement, name, value in rows}
    return browser.post(url, form_data(browser.get(url), FORM) | typed, follow=True)


def ends():
    return list(Agreement.objects.order_by("pk").values_list("valid_until", "is_open_ended"))


def test_each_agreement_gets_its_own_end_or_that_for_all(coordinator_client, three):
    rows = [(three[0], "valid_until", "2029-08-31"), (three[1], "is_open_ended", "on")]

    page = set_dates(coordinator_client, *three, shared={"valid_until": "2028-07-31"}, rows=rows)

    assert ends() == [(date(2029, 8, 31), False), (None, True), (date(2028, 7, 31), False)]
    assert messages(page) == [
        "Dates set: Bonn: Bilateral (signed), Jena: Bilateral (signed), Ulm: Bilateral (signed). Undo …"
    ]
    assert three[0].history.latest().history_change_reason == "dates set"


def test_dates_are_a_run_of_the_changed_agreements_that_is_undone(coordinator_client, three):
    set_dates(coordinator_client, *three, rows=[(three[0], "valid_until", "2029-08-31")])
    changed = Run.objects.get().changed_count

    undo_latest_run(coordinator_client)

    assert (changed, ends()) == (1, [(None, False)] * 3)
    assert three[1].history.count() == 1


def test_unchanged_dates_are_no_run(coordinator_client, three):
    page = set_dates(coordinator_client, *three)

    assert messages(page) == ["Nothing to change: the agreements are as you want them."]
    assert not Run.objects.exists()


def test_periods_on_one_page_may_move_past_each_other(coordinator_client):
    first = AgreementFactory(university__name="Bonn", valid_from=date(2024, 9, 1), valid_until=date(2026, 8, 31))
    second = AgreementFactory(university=first.university, valid_from=date(2026, 9, 1), valid_until=date(2028, 8, 31))
    rows = [(first, "valid_until", "2027-08-31"), (second, "valid_from", "2027-09-01")]

    set_dates(coordinator_client, first, second, rows=rows)

    second.refresh_from_db()
    assert ends()[0] == (date(2027, 8, 31), False)
    assert second.valid_from == date(2027, 9, 1)


def test_overlap_on_the_page_is_an_error_and_nothing_is_saved(coordinator_client):
    first = AgreementFactory(university__name="Bonn", valid_from=date(2024, 9, 1), valid_until=date(2026, 8, 31))
    second = AgreementFactory(university=first.university, valid_from=date(2026, 9, 1), valid_until=date(2028, 8, 31))

    page = set_dates(coordinator_client, first, second, rows=[(first, "valid_until", "2027-08-31")])

    assert errors(page) == {
        f"{first.pk}-valid_from": "“Bilateral, from 1 Sep 2026, until 31 Aug 2028” is signed already. "
        "Choose dates that do not overlap, end that one, or renew it."
    }
    assert ends()[0] == (date(2026, 8, 31), False)


def test_page_makes_the_same_queries_for_3_and_for_100(coordinator_client, bilateral):
    agreements = [AgreementFactory() for _ in range(100)]

    few = count_queries(coordinator_client, bulk_url("dates", *agreements[:3]))

    assert count_queries(coordinator_client, bulk_url("dates", *agreements)) == few
