"""Effects of signing on other agreements of the same university, type and scope: displayed first, then applied."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import count_queries, element_texts, errors, form_data, messages, text
from tests.helpers.signing_page import bulk_url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spring")]

UNCHANGED = "No other agreement changes."
CONFIRM = "See what becomes of other agreements now, then press once more."


@pytest.fixture
def spring():
    with time_machine.travel("2026-04-01 12:00", tick=False):
        yield


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def day(text):
    return date.fromisoformat(text) if text else None


def signed(university, start, end, **values):
    return AgreementFactory(university=university, valid_from=day(start), valid_until=day(end), **values)


def in_process(university, start=None, end=None, **values):
    return signed(university, start, end, status=AgreementStatus.IN_PROCESS, **values)


def open_page(client, *agreements):
    return client.get(bulk_url(*agreements))


def submit(client, page, *agreements, **typed):
    """Submit the page as it is, or with other values in the row of the first agreement."""
    row = {f"{agreements[0].pk}-{name}": value for name, value in typed.items()}
    return client.post(bulk_url(*agreements), form_data(page, ".bulk-form") | row, follow=True)


def effects(page):
    return element_texts(page, ".effects td")


def stored(agreement):
    """Return the status with the first and last day, or with the day on which it ended."""
    agreement.refresh_from_db()
    last = agreement.ended_on or agreement.valid_until
    return f"{agreement.status}: {agreement.valid_from or ''}..{last or ''}"


BEFORE_THE_CHANGE_OF_PERIODS = {
    "early": ("2022-09-01..2026-08-31", "2026-09-01", [UNCHANGED], "signed: 2022-09-01..2026-08-31"),
    "early, overlapping": (
        "2022-09-01..2028-08-31",
        "2027-09-01",
        ["“Bilateral, from 1 Sep 2022, until 31 Aug 2028” gets 31 Aug 2027 as its last day."],
        "signed: 2022-09-01..2027-08-31",
    ),
    "early, end unknown": (
        "2022-09-01..",
        "2027-09-01",
        ["“Bilateral, from 1 Sep 2022, end not recorded” gets 31 Aug 2027 as its last day."],
        "signed: 2022-09-01..2027-08-31",
    ),
    "early, dates unknown": (
        "..",
        "2026-09-01",
        ["“Bilateral, end not recorded” gets 31 Aug 2026 as its last day."],
        "signed: ..2026-08-31",
    ),
    "early, with a gap": ("2022-09-01..2026-06-30", "2026-09-01", [UNCHANGED], "signed: 2022-09-01..2026-06-30"),
}
WITHIN_THE_NEW_PERIOD = {
    "late": ("2022-09-01..2025-08-31", "2025-09-01", [UNCHANGED], "signed: 2022-09-01..2025-08-31"),
    "late, start unknown": (
        "..2027-08-31",
        "2025-09-01",
        ["“Bilateral, until 31 Aug 2027” gets 31 Aug 2025 as its last day."],
        "signed: ..2025-08-31",
    ),
    "late, on the same day": (
        "2025-09-01..2028-08-31",
        "2025-09-01",
        ["“Bilateral, from 1 Sep 2025, until 31 Aug 2028” ends, because it begins on 1 Sep 2025 or later."],
        "ended: 2025-09-01..2026-04-01",
    ),
    "late, before the running one": (
        "2025-09-01..",
        "2024-09-01",
        ["“Bilateral, from 1 Sep 2025, end not recorded” ends, because it begins on 1 Sep 2024 or later."],
        "ended: 2025-09-01..2026-04-01",
    ),
    "today": (
        "2022-09-01..2026-08-31",
        "2026-04-01",
        ["“Bilateral, from 1 Sep 2022, until 31 Aug 2026” gets 31 Mar 2026 as its last day."],
        "signed: 2022-09-01..2026-03-31",
    ),
}
LONG_AFTER = {
    "expired before": ("2015-09-01..2018-08-31", "2019-09-01", [UNCHANGED], "signed: 2015-09-01..2018-08-31"),
    "expired within": (
        "2015-09-01..2020-08-31",
        "2019-09-01",
        ["“Bilateral, from 1 Sep 2015, until 31 Aug 2020” gets 31 Aug 2019 as its last day."],
        "signed: 2015-09-01..2019-08-31",
    ),
    "expired, begun later": (
        "2020-09-01..2023-08-31",
        "2019-09-01",
        ["“Bilateral, from 1 Sep 2020, until 31 Aug 2023” ends, because it begins on 1 Sep 2019 or later."],
        "ended: 2020-09-01..2026-04-01",
    ),
}
BEFORE_AN_UPCOMING_ONE = {
    "upcoming after a gap": ("2028-09-01..", "2026-09-01", [UNCHANGED], "signed: 2028-09-01.."),
}
CASES = BEFORE_THE_CHANGE_OF_PERIODS | WITHIN_THE_NEW_PERIOD | LONG_AFTER | BEFORE_AN_UPCOMING_ONE


@pytest.mark.parametrize(("period", "start", "displayed", "expected"), CASES.values(), ids=CASES)
def test_effect_is_displayed_and_then_applied(
    coordinator_client, marburg, bilateral, period, start, displayed, expected
):
    predecessor = signed(marburg, *period.split(".."))
    renewal = in_process(marburg, start, "2028-08-31")

    page = open_page(coordinator_client, renewal)
    submit(coordinator_client, page, renewal)

    assert effects(page) == displayed
    assert [stored(predecessor), stored(renewal)] == [expected, f"signed: {start}..2028-08-31"]


def test_only_the_latest_of_a_chain_is_shortened(coordinator_client, marburg, bilateral):
    chain = [signed(marburg, None, "2018-08-31"), signed(marburg, "2018-09-01", "2022-08-31")]
    chain += [signed(marburg, "2022-09-01", None), signed(marburg, None, None, scope="Faculty of Law")]
    renewal = in_process(marburg, "2026-09-01")

    page = open_page(coordinator_client, renewal)
    submit(coordinator_client, page, renewal)

    assert effects(page) == ["“Bilateral, from 1 Sep 2022, end not recorded” gets 31 Aug 2026 as its last day."]
    assert list(map(stored, chain)) == [
        "signed: ..2018-08-31",
        "signed: 2018-09-01..2022-08-31",
        "signed: 2022-09-01..2026-08-31",
        "signed: ..",
    ]
    renewal.refresh_from_db()
    assert renewal.renews == chain[2]


def test_several_that_begin_later_end(coordinator_client, marburg, bilateral):
    chain = [signed(marburg, "2019-09-01", "2022-08-31"), signed(marburg, "2022-09-01", None)]
    renewal = in_process(marburg, "2019-09-01")

    page = submit(coordinator_client, open_page(coordinator_client, renewal), renewal)

    assert list(map(stored, chain)) == ["ended: 2019-09-01..2026-04-01", "ended: 2022-09-01..2026-04-01"]
    assert messages(page) == [
        "Marked as signed: Marburg: Bilateral, from 1 Sep 2019 (signed). Undo …",
        "Ended by a renewal: Marburg: Bilateral, from 1 Sep 2019 (ended), Marburg: Bilateral, from 1 Sep 2022 (ended)",
    ]


def test_shortened_predecessor_is_named_and_in_the_history(coordinator_client, coordinator, marburg, bilateral):
    predecessor = signed(marburg, "2022-09-01", None)
    renewal = in_process(marburg, "2026-09-01")

    page = submit(coordinator_client, open_page(coordinator_client, renewal), renewal)

    assert messages(page) == [
        "Marked as signed: Marburg: Bilateral, from 1 Sep 2026 (signed). Undo …",
        "Shortened by a renewal: Marburg: Bilateral, from 1 Sep 2022 (signed)",
    ]
    record = predecessor.history.latest()
    assert record.history_change_reason == f"shortened by its renewal, agreement {renewal.pk}"
    assert record.history_user == coordinator


@pytest.mark.parametrize("typed", [{"valid_from": "2027-09-01"}, {"valid_from": "2026-09-01", "valid_until": ""}])
def test_overlap_with_an_upcoming_agreement_is_an_error_that_names_it(coordinator_client, marburg, bilateral, typed):
    upcoming = signed(marburg, "2027-09-01", "2030-08-31")
    renewal = in_process(marburg, "2026-09-01", "2027-08-31")

    page = submit(coordinator_client, open_page(coordinator_client, renewal), renewal, **{"valid_until": ""} | typed)

    assert errors(page) == {
        f"{renewal.pk}-valid_from": (
            "“Bilateral, from 1 Sep 2027, until 31 Aug 2030” is signed already and begins later. "
            "Choose dates that do not overlap, or end it first."
        )
    }
    assert [stored(upcoming), stored(renewal)] == [
        "signed: 2027-09-01..2030-08-31",
        "in_process: 2026-09-01..2027-08-31",
    ]


@pytest.mark.parametrize(
    ("period", "start"),
    [("2022-09-01..2026-08-31", "2026-09-01"), ("2022-09-01..", "2026-04-01"), ("..", "2026-04-01")],
)
def test_first_day_of_a_renewal_is_proposed(coordinator_client, marburg, bilateral, period, start):
    signed(marburg, *period.split(".."))
    renewal = in_process(marburg)

    page = open_page(coordinator_client, renewal)
    submit(coordinator_client, page, renewal)

    assert form_data(page, ".bulk-form")[f"{renewal.pk}-valid_from"] == start
    assert stored(renewal) == f"signed: {start}.."


def test_no_first_day_is_proposed_without_a_signed_agreement_of_the_scope(coordinator_client, marburg, bilateral):
    signed(marburg, "2022-09-01", "2026-08-31", scope="Faculty of Law")
    deal = in_process(marburg)

    page = open_page(coordinator_client, deal)
    submit(coordinator_client, page, deal)

    assert form_data(page, ".bulk-form")[f"{deal.pk}-valid_from"] == ""
    assert (effects(page), stored(deal)) == ([UNCHANGED], "signed: ..")


def test_renewal_needs_a_first_day(coordinator_client, marburg, bilateral):
    signed(marburg, "2022-09-01", "2026-08-31")
    renewal = in_process(marburg)

    page = submit(coordinator_client, open_page(coordinator_client, renewal), renewal, valid_from="")

    assert errors(page) == {
        f"{renewal.pk}-valid_from": ("A signed agreement exists. Enter the first day of this one, such as 1 Sep 2026.")
    }


def test_effects_of_another_first_day_are_displayed_before_saving(coordinator_client, marburg, bilateral):
    predecessor = signed(marburg, "2022-09-01", None)
    renewal = in_process(marburg, "2026-09-01")

    page = submit(coordinator_client, open_page(coordinator_client, renewal), renewal, valid_from="2027-09-01")

    assert CONFIRM in text(page)
    assert effects(page) == ["“Bilateral, from 1 Sep 2022, end not recorded” gets 31 Aug 2027 as its last day."]
    assert [stored(predecessor), stored(renewal)] == ["signed: 2022-09-01..", "in_process: 2026-09-01.."]

    submit(coordinator_client, page, renewal)

    assert [stored(predecessor), stored(renewal)] == ["signed: 2022-09-01..2027-08-31", "signed: 2027-09-01.."]


def test_effects_that_changed_since_the_page_was_opened_are_displayed_before_saving(
    coordinator_client, marburg, bilateral
):
    predecessor = signed(marburg, "2022-09-01", None)
    renewal = in_process(marburg, "2026-09-01")
    page = open_page(coordinator_client, renewal)
    predecessor.schedule_end(date(2026, 8, 31), "it ends")

    page = submit(coordinator_client, page, renewal)

    assert CONFIRM in text(page)
    assert (effects(page), stored(renewal)) == ([UNCHANGED], "in_process: 2026-09-01..")

    submit(coordinator_client, page, renewal)

    assert stored(renewal) == "signed: 2026-09-01.."


def test_effects_of_the_chosen_type_are_displayed_before_saving(coordinator_client, marburg, bilateral):
    predecessor = signed(marburg, "2022-09-01", None)
    deal = in_process(marburg, "2026-09-01", agreement_type=None)
    page = open_page(coordinator_client, deal)
    before = effects(page)

    page = submit(coordinator_client, page, deal, agreement_type=bilateral.pk)
    submit(coordinator_client, page, deal)

    assert before == []
    assert effects(page) == ["“Bilateral, from 1 Sep 2022, end not recorded” gets 31 Aug 2026 as its last day."]
    assert [stored(predecessor), stored(deal)] == ["signed: 2022-09-01..2026-08-31", "signed: 2026-09-01.."]


def test_signing_touches_only_its_own_scope(coordinator_client, marburg, bilateral):
    whole, medicine = signed(marburg, None, None), signed(marburg, None, None, scope="Faculty of Medicine")
    law = signed(marburg, None, None, scope="Faculty of Law")
    renewal = in_process(marburg, "2026-09-01", scope="FACULTY OF LAW")

    page = open_page(coordinator_client, renewal)
    submit(coordinator_client, page, renewal)

    assert effects(page) == ["“Bilateral, Faculty of Law, end not recorded” gets 31 Aug 2026 as its last day."]
    assert [stored(agreement) for agreement in (whole, medicine, law)] == [
        "signed: ..",
        "signed: ..",
        "signed: ..2026-08-31",
    ]


@pytest.mark.parametrize("starts", [("2026-09-01", "2027-09-01"), ("2027-09-01", "2026-09-01")])
def test_two_of_one_type_are_signed_together_in_the_order_of_their_periods(
    coordinator_client, marburg, bilateral, starts
):
    ends = {"2026-09-01": "2027-08-31", "2027-09-01": ""}
    running = signed(marburg, "2022-09-01", None)
    known, unknown = (
        in_process(marburg, start, ends[start], agreement_type=agreement_type)
        for start, agreement_type in zip(starts, [bilateral, None], strict=True)
    )
    page = open_page(coordinator_client, unknown, known)

    page = submit(coordinator_client, page, unknown, known, agreement_type=bilateral.pk)
    if CONFIRM in text(page):
        submit(coordinator_client, page, unknown, known)

    assert [stored(agreement) for agreement in (running, known, unknown)] == [
        "signed: 2022-09-01..2026-08-31",
        *(f"signed: {start}..{ends[start]}" for start in starts),
    ]
    earlier, later = sorted(Agreement.objects.filter(pk__in=[known.pk, unknown.pk]), key=lambda row: row.valid_from)
    assert (earlier.renews, later.renews) == (running, earlier)


@pytest.mark.parametrize("day_of_signing", ["2026-04-01", "2024-04-01"], ids=["begun", "upcoming"])
def test_two_that_overlap_on_one_page_are_an_error_that_names_the_other(
    coordinator_client, marburg, bilateral, day_of_signing
):
    known = in_process(marburg, "2025-09-01", "2027-08-31")
    unknown = in_process(marburg, "2026-01-01", "2028-08-31", agreement_type=None)

    with time_machine.travel(f"{day_of_signing} 12:00", tick=False):
        page = open_page(coordinator_client, unknown, known)
        page = submit(coordinator_client, page, unknown, known, agreement_type=bilateral.pk)

    assert errors(page) == {
        f"{unknown.pk}-valid_from": (
            "“Bilateral, from 1 Sep 2025, until 31 Aug 2027” is on this page too. Choose dates that do not overlap."
        )
    }
    assert [stored(known), stored(unknown)] == [
        "in_process: 2025-09-01..2027-08-31",
        "in_process: 2026-01-01..2028-08-31",
    ]


def test_two_that_begin_together_are_an_error(coordinator_client, marburg, bilateral):
    deals = [in_process(marburg, "2026-09-01", agreement_type=None), in_process(marburg, "2026-09-01")]

    page = submit(coordinator_client, open_page(coordinator_client, *deals), *deals, agreement_type=bilateral.pk)

    assert list(errors(page).values()) == [
        "“Bilateral, from 1 Sep 2026, end not recorded” is on this page too. Choose dates that do not overlap."
    ]


def test_open_ended_agreement_is_signed_as_such(coordinator_client, marburg, bilateral):
    deal = in_process(marburg, "2026-09-01")

    submit(coordinator_client, open_page(coordinator_client, deal), deal, is_open_ended="on")

    deal.refresh_from_db()
    assert deal.describe_end() == "open-ended"


def test_open_ended_agreement_cannot_have_a_last_day(coordinator_client, marburg, bilateral):
    deal = in_process(marburg, "2026-09-01")
    page = open_page(coordinator_client, deal)

    page = submit(coordinator_client, page, deal, is_open_ended="on", valid_until="2028-08-31")

    assert list(errors(page)) == [f"{deal.pk}-valid_until"]


def test_renewed_and_signed_agreement_follows_its_predecessor(coordinator_client, marburg, bilateral):
    predecessor = signed(marburg, "2024-09-01", "2027-08-31")
    renew_url = reverse("admin:partners_agreement_renew", query={"id": predecessor.pk})
    coordinator_client.post(renew_url, form_data(coordinator_client.get(renew_url), ".bulk-form"))
    renewal = Agreement.objects.in_process().get()

    page = open_page(coordinator_client, renewal)
    submit(coordinator_client, page, renewal)

    assert effects(page) == [UNCHANGED]
    assert [stored(predecessor), stored(renewal)] == [
        "signed: 2024-09-01..2027-08-31",
        "signed: 2027-09-01..2030-08-31",
    ]


def test_page_of_renewals_makes_the_same_queries_for_3_and_for_100(coordinator_client, bilateral):
    renewals = [in_process(signed(UniversityFactory(), None, None).university) for _ in range(100)]

    assert count_queries(coordinator_client, bulk_url(*renewals[:3])) == count_queries(
        coordinator_client, bulk_url(*renewals)
    )
