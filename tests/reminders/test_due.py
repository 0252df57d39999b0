from datetime import date, timedelta

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, Reminder, ReminderKind
from partners.reminders.due import due_reminders
from tests.factories import AgreementFactory, partners
from tests.reminders.conftest import TODAY, ending

pytestmark = pytest.mark.django_db


def matters(on=TODAY):
    return [(each.university.name, each.matter) for each in due_reminders(on)]


def tell(on=TODAY):
    Reminder.objects.bulk_create(
        Reminder(agreement=each, matter=each.matter, since=each.since, mail="0" * 32, sent_at=f"{on}T07:00Z")
        for each in due_reminders(on)
    )


def in_process(moved, **values):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS, **values)
    agreement.history.update(history_date=f"{moved}T12:00Z")
    return agreement


@pytest.mark.parametrize(
    ("days", "matter"),
    [
        (-400, "expired"),
        (-1, "expired"),
        (0, "30"),
        (30, "30"),
        (31, "90"),
        (90, "90"),
        (91, "180"),
        (180, "180"),
        (181, None),
    ],
)
def test_end_is_told_by_the_most_urgent_threshold_alone(days, matter):
    ending(TODAY + timedelta(days))

    assert matters() == ([("Marburg", matter)] if matter else [])


def test_open_ended_and_ended_agreements_are_not_told():
    ending(None)
    ending(date(2026, 1, 1), "Kassel", status=AgreementStatus.ENDED)
    ending(date(2026, 1, 1), "Fulda")

    assert matters() == [("Fulda", "expired")]


@pytest.mark.parametrize(("moved", "is_told"), [(TODAY - timedelta(60), True), (TODAY - timedelta(59), False)])
def test_deal_stands_still_when_nothing_has_moved_for_sixty_days(moved, is_told):
    in_process(moved, university__name="Marburg")

    assert matters() == ([("Marburg", "still")] if is_told else [])


def test_newest_movement_counts():
    deal = in_process(date(2026, 1, 1))
    deal.next_step = "Ask again"
    deal.save()
    deal.history.filter(next_step="Ask again").update(history_date="2026-11-20T12:00Z")

    assert matters() == []


def test_movement_after_a_reminder_is_told_anew_when_it_stops():
    deal = in_process(date(2026, 1, 1), university__name="Marburg")
    tell()
    told = matters()

    deal.history.update(history_date="2026-09-01T12:00Z")

    assert (told, matters()) == ([], [("Marburg", "still")])


def test_each_threshold_is_told_once():
    ending(TODAY + timedelta(150))
    told = []
    for days in range(0, 200, 5):
        told += [matter for _name, matter in matters(TODAY + timedelta(days))]
        tell(TODAY + timedelta(days))

    assert told == ["180", "90", "30", "expired"]


def test_changed_end_is_told_anew():
    agreement = ending(TODAY + timedelta(20))
    tell()
    told = matters()

    agreement.schedule_end(TODAY + timedelta(25), "extended")

    assert (told, matters()) == ([], [("Marburg", "30")])


def test_most_urgent_comes_first():
    for name, days in {"Aachen": 170, "Kassel": 10, "Fulda": 5, "Jena": -3, "Celle": 60}.items():
        ending(TODAY + timedelta(days), name)
    in_process(date(2026, 1, 1), university__name="Bonn")

    assert [name for name, _matter in matters()] == ["Jena", "Fulda", "Kassel", "Celle", "Aachen", "Bonn"]


def test_renewal_in_process_is_known(django_assert_num_queries, erasmus):
    renewed = ending(TODAY, "Marburg", agreement_type=erasmus)
    renewed.renewal().save()
    ending(TODAY, "Kassel", agreement_type=erasmus)

    with django_assert_num_queries(2):
        told = {each.university.name: each.has_renewal for each in due_reminders(TODAY)}

    assert told == {"Marburg": True, "Kassel": False}


@pytest.mark.parametrize("number", [3, 300])
def test_finding_what_to_tell_takes_two_queries(django_assert_num_queries, ann, number):
    partners(number)
    Agreement.objects.update(valid_until=TODAY, responsible=ann)

    with django_assert_num_queries(2):
        names = [f"{each.university}, {each.university.country}, {each.responsible}" for each in due_reminders(TODAY)]

    assert len(names) == number


def test_matters_are_in_the_order_of_their_urgency():
    assert ReminderKind.values == ["expired", "30", "90", "180", "still"]
