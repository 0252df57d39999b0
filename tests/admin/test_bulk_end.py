from datetime import date

import pytest
import time_machine
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import count_queries, errors, messages, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midsummer")]

LIST = "/admin/partners/agreement/"
TODAY, TOMORROW = date(2026, 6, 30), date(2026, 7, 1)


@pytest.fixture
def midsummer():
    with time_machine.travel("2026-06-30 12:00", tick=False):
        yield


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def signed(marburg):
    return AgreementFactory(university=marburg, valid_from=date(2020, 1, 1))


@pytest.fixture
def deal(marburg, erasmus):
    return AgreementFactory(university=marburg, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)


def bulk_url(*agreements):
    return reverse("admin:partners_agreement_end", query={"id": [agreement.pk for agreement in agreements]})


def end_data(on, reason, *agreements):
    data = {}
    for agreement in agreements:
        values = {"on": on, "reason": reason, "version": agreement.history.latest().pk}
        data |= {f"{agreement.pk}-{name}": value for name, value in values.items()}
    return data


def stored_state(agreement):
    return Agreement.objects.values_list("status", "ended_on", "valid_until").get(pk=agreement.pk)


def test_ending_saves_the_day_and_displays_a_message(coordinator_client, coordinator, signed, deal):
    page = coordinator_client.post(
        bulk_url(signed, deal), end_data("2026-06-01", "No interest", signed, deal), follow=True
    )

    assert [stored_state(agreement) for agreement in (signed, deal)] == [("ended", date(2026, 6, 1), None)] * 2
    assert messages(page) == ["Ended: Marburg: Bilateral, from 1 Jan 2020 (ended), Marburg: Erasmus+ (ended). Undo …"]
    record = signed.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "ended: No interest")
    assert set(Agreement.objects.values_list("end_reason", flat=True)) == {"No interest"}


def test_signed_agreement_stays_in_force_until_a_future_day(coordinator_client, signed):
    page = coordinator_client.post(bulk_url(signed), end_data(TOMORROW, "Notice given", signed), follow=True)

    assert messages(page) == ["Ends on 1 Jul 2026: Marburg: Bilateral, from 1 Jan 2020 (signed). Undo …"]
    assert stored_state(signed) == ("signed", None, TOMORROW)
    assert signed.history.latest().history_change_reason == "will end: Notice given"


def test_open_ended_agreement_with_a_last_day_is_no_longer_open_ended(coordinator_client, marburg):
    signed = AgreementFactory(university=marburg, is_open_ended=True)

    coordinator_client.post(bulk_url(signed), end_data(TOMORROW, "Notice given", signed))

    assert stored_state(signed) == ("signed", None, TOMORROW)
    assert not Agreement.objects.get().is_open_ended


def test_future_day_cannot_prolong(coordinator_client, marburg, bilateral):
    signed = AgreementFactory(university=marburg, valid_until=TODAY)

    page = coordinator_client.post(bulk_url(signed), end_data(TOMORROW, "Notice given", signed))

    assert errors(page) == {f"{signed.pk}-on": "It ends on 30 Jun 2026 already. To prolong it, renew it."}
    assert stored_state(signed) == ("signed", None, TODAY)


def test_future_day_cannot_precede_the_start(coordinator_client, marburg, bilateral):
    signed = AgreementFactory(university=marburg, valid_from=date(2027, 1, 1))

    page = coordinator_client.post(bulk_url(signed), end_data(TOMORROW, "Notice given", signed))

    assert errors(page) == {
        f"{signed.pk}-on": "It begins on 1 Jan 2027 only. Write a day from then on, or today if it shall not begin."
    }


def test_deal_in_process_cannot_end_on_a_future_day(coordinator_client, signed, deal):
    page = coordinator_client.post(bulk_url(signed, deal), end_data(TOMORROW, "No interest", signed, deal))

    assert errors(page) == {
        f"{deal.pk}-on": "An agreement in process cannot end on a day in the future. Write today or an earlier day.",
    }
    assert [stored_state(agreement) for agreement in (signed, deal)] == [
        ("signed", None, None),
        ("in_process", None, None),
    ]


def test_message_links_the_first_five_agreements_and_counts_the_others(coordinator_client, marburg, bilateral):
    faculties = [AgreementFactory(university=marburg, scope=f"Faculty {n}") for n in range(1, 8)]

    page = coordinator_client.post(bulk_url(*faculties), end_data("2026-06-01", "No interest", *faculties), follow=True)

    linked = ", ".join(f"Marburg: Bilateral, Faculty {n} (ended)" for n in range(1, 6))
    assert messages(page) == [f"Ended: {linked} and 2 other agreements. Undo …"]


def test_reason_is_required(coordinator_client, signed):
    page = coordinator_client.post(bulk_url(signed), end_data(TODAY, " ", signed))

    assert errors(page) == {f"{signed.pk}-reason": "This field is required."}
    assert stored_state(signed) == ("signed", None, None)


def test_reason_that_a_spreadsheet_takes_for_a_formula_is_rejected(coordinator_client, signed):
    page = coordinator_client.post(bulk_url(signed), end_data(TODAY, "=1+1", signed))

    assert errors(page) == {
        f"{signed.pk}-reason": ("“=1+1” begins with “=”, as a spreadsheet formula does. Begin with another character.")
    }
    assert stored_state(signed) == ("signed", None, None)


def test_shared_values_apply_to_all_rows(coordinator_client, signed, deal):
    typed = end_data("", "", signed, deal) | {"all-on": "2026-06-01", "all-reason": "The programme closed"}

    coordinator_client.post(bulk_url(signed, deal), typed)

    assert [stored_state(agreement)[:2] for agreement in (signed, deal)] == [("ended", date(2026, 6, 1))] * 2


def test_longest_reason_fits_history(coordinator_client, signed):
    coordinator_client.post(bulk_url(signed), end_data(TODAY, "x" * 80, signed))

    assert signed.history.latest().history_change_reason == f"ended: {'x' * 80}"


def test_ending_twice_changes_nothing_and_displays_a_message(coordinator_client, signed):
    typed = end_data(TODAY, "No interest", signed)
    coordinator_client.post(bulk_url(signed), typed, follow=True)

    page = coordinator_client.post(bulk_url(signed), typed | end_data("2026-05-01", "Other", signed), follow=True)

    assert messages(page) == [
        "“Marburg: Bilateral, from 1 Jan 2020 (ended)” stays as it is: "
        "it was ended: No interest by coordinator (30 Jun 2026, 12:00)."
    ]
    assert stored_state(signed) == ("ended", TODAY, None)


def test_concurrent_change_is_displayed_before_saving(coordinator_client, signed):
    typed = end_data(TODAY, "No interest", signed)
    signed.notes = "Call them."
    signed.save()

    page = coordinator_client.post(bulk_url(signed), typed)

    assert "since this page was opened" in text(page)
    assert "What changed: Internal notes: – → Call them." in text(page)
    assert stored_state(signed) == ("signed", None, None)


def test_action_redirects_to_the_page(coordinator_client, signed, deal):
    page = coordinator_client.post(LIST, {"action": "end_selected", "_selected_action": [signed.pk]}, follow=True)

    assert page.redirect_chain[0][0].startswith(bulk_url(signed))
    assert "Marburg Bilateral" in text(page)


def test_page_makes_the_same_queries_for_3_and_for_100(coordinator_client, bilateral):
    agreements = [AgreementFactory() for _ in range(100)]

    assert count_queries(coordinator_client, bulk_url(*agreements[:3])) == count_queries(
        coordinator_client, bulk_url(*agreements)
    )
