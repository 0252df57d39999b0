from datetime import date

import pytest
import time_machine
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import errors, messages, queries, text

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


def address(*agreements):
    return reverse("admin:partners_agreement_end", query={"id": [each.pk for each in agreements]})


def ended(on, reason, *agreements):
    rows = [{"on": on, "reason": reason, "version": each.history.latest().pk} for each in agreements]
    return {
        f"{each.pk}-{name}": value for each, row in zip(agreements, rows, strict=True) for name, value in row.items()
    }


def standing(agreement):
    return Agreement.objects.values_list("status", "ended_on", "valid_until").get(pk=agreement.pk)


def test_ending_stores_the_day_and_says_so(office, coordinator, signed, deal):
    page = office.post(address(signed, deal), ended("2026-06-01", "No interest", signed, deal), follow=True)

    assert [standing(each) for each in (signed, deal)] == [("ended", date(2026, 6, 1), None)] * 2
    assert messages(page) == ["Ended: Marburg: Bilateral (ended), Marburg: Erasmus+ (ended)"]
    record = signed.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "ended: No interest")


def test_signed_agreement_stays_in_force_until_a_day_to_come(office, signed):
    office.post(address(signed), ended(TOMORROW, "Notice given", signed))

    assert standing(signed) == ("signed", None, TOMORROW)
    assert signed.history.latest().history_change_reason == "will end: Notice given"


def test_day_to_come_does_not_prolong(office, marburg, bilateral):
    signed = AgreementFactory(university=marburg, valid_until=TODAY)

    page = office.post(address(signed), ended(TOMORROW, "Notice given", signed))

    assert errors(page) == {f"{signed.pk}-on": "It ends on 30 Jun 2026 already. To prolong it, renew it."}
    assert standing(signed) == ("signed", None, TODAY)


def test_day_to_come_is_not_before_the_beginning(office, marburg, bilateral):
    signed = AgreementFactory(university=marburg, valid_from=date(2027, 1, 1))

    page = office.post(address(signed), ended(TOMORROW, "Notice given", signed))

    assert errors(page) == {f"{signed.pk}-on": "It begins on 1 Jan 2027 only."}


def test_deal_in_process_does_not_end_on_a_day_to_come(office, signed, deal):
    page = office.post(address(signed, deal), ended(TOMORROW, "No interest", signed, deal))

    assert errors(page) == {
        f"{deal.pk}-on": "A deal in process cannot end on a day to come. Write today or a day before.",
    }
    assert [standing(each) for each in (signed, deal)] == [("signed", None, None), ("in_process", None, None)]


def test_reason_is_asked_for(office, signed):
    page = office.post(address(signed), ended(TODAY, " ", signed))

    assert errors(page) == {f"{signed.pk}-reason": "This field is required."}
    assert standing(signed) == ("signed", None, None)


def test_line_on_top_gives_day_and_reason_to_all(office, signed, deal):
    typed = ended("", "", signed, deal) | {"all-on": "2026-06-01", "all-reason": "The programme closed"}

    office.post(address(signed, deal), typed)

    assert [standing(each)[:2] for each in (signed, deal)] == [("ended", date(2026, 6, 1))] * 2


def test_longest_reason_fits_history(office, signed):
    office.post(address(signed), ended(TODAY, "x" * 80, signed))

    assert signed.history.latest().history_change_reason == f"ended: {'x' * 80}"


def test_ending_twice_changes_nothing_and_says_so(office, signed):
    typed = ended(TODAY, "No interest", signed)
    office.post(address(signed), typed, follow=True)

    page = office.post(address(signed), typed | ended("2026-05-01", "Other", signed), follow=True)

    assert messages(page) == [
        "“Marburg: Bilateral (ended)” stays as it is: it was ended: No interest by coordinator (30 Jun 2026, 12:00)."
    ]
    assert standing(signed) == ("ended", TODAY, None)


def test_row_that_changed_meanwhile_is_shown_anew(office, signed):
    typed = ended(TODAY, "No interest", signed)
    signed.notes = "Call them."
    signed.save()

    page = office.post(address(signed), typed)

    assert "since this page was opened" in text(page)
    assert "What changed: Internal notes: – → Call them." in text(page)
    assert standing(signed) == ("signed", None, None)


def test_action_leads_to_the_page(office, signed, deal):
    page = office.post(LIST, {"action": "end_selected", "_selected_action": [signed.pk]}, follow=True)

    assert page.redirect_chain[0][0].startswith(address(signed))
    assert "Marburg Bilateral" in text(page)


def test_page_makes_the_same_queries_for_3_and_for_100(office, bilateral):
    agreements = [AgreementFactory() for _ in range(100)]

    assert queries(office, address(*agreements[:3])) == queries(office, address(*agreements))
