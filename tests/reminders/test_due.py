from datetime import date, timedelta

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, Reminder, ReminderKind
from partners.reminders.due import due_reminders
from tests.helpers.factories import AgreementFactory, partners
from tests.helpers.reminders import TODAY, ending

pytestmark = pytest.mark.django_db


def due(on=TODAY):
    return [(agreement.university.name, agreement.reminder_kind) for agreement in due_reminders(on)]


def mark_sent(on=TODAY):
    Reminder.objects.bulk_create(
        Reminder(
            agreement=agreement,
            kind=agreement.reminder_kind,
            reference_date=agreement.reference_date,
            message_id="0" * 32,
            sent_at=f"{on}T07:00Z",
        )
        for agreement in due_reminders(on)
    )


def in_process(last_changed, **values):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS, **values)
    agreement.history.update(history_date=f"{last_changed}T12:00Z")
    return agreement


@pytest.mark.parametrize(
    ("days", "kind"),
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
def test_end_is_due_for_the_most_urgent_threshold_only(days, kind):
    ending(TODAY + timedelta(days))

    assert due() == ([("Marburg", kind)] if kind else [])


def test_open_ended_and_ended_agreements_are_not_due():
    ending(None)
    ending(date(2026, 1, 1), "Kassel", status=AgreementStatus.ENDED)
    ending(date(2026, 1, 1), "Fulda")

    assert due() == [("Fulda", "expired")]


@pytest.mark.parametrize(("last_changed", "is_due"), [(TODAY - timedelta(60), True), (TODAY - timedelta(59), False)])
def test_agreement_in_process_is_stalled_sixty_days_after_its_last_change(last_changed, is_due):
    in_process(last_changed, university__name="Marburg")

    assert due() == ([("Marburg", "stalled")] if is_due else [])


def test_latest_change_counts():
    agreement = in_process(date(2026, 1, 1))
    agreement.next_step = "Ask again"
    agreement.save()
    agreement.history.filter(next_step="Ask again").update(history_date="2026-11-20T12:00Z")

    assert due() == []


def test_agreement_stalled_again_after_a_change_is_due_again():
    agreement = in_process(date(2026, 1, 1), university__name="Marburg")
    mark_sent()
    due_before = due()

    agreement.history.update(history_date="2026-09-01T12:00Z")

    assert (due_before, due()) == ([], [("Marburg", "stalled")])


def test_each_threshold_is_due_once():
    ending(TODAY + timedelta(150))
    kinds = []
    for days in range(0, 200, 5):
        kinds += [kind for _name, kind in due(TODAY + timedelta(days))]
        mark_sent(TODAY + timedelta(days))

    assert kinds == ["180", "90", "30", "expired"]


def test_changed_end_is_due_again():
    agreement = ending(TODAY + timedelta(20))
    mark_sent()
    due_before = due()

    agreement.schedule_end(TODAY + timedelta(25), "extended")

    assert (due_before, due()) == ([], [("Marburg", "30")])


def test_most_urgent_comes_first():
    for name, days in {"Aachen": 170, "Kassel": 10, "Fulda": 5, "Jena": -3, "Celle": 60}.items():
        ending(TODAY + timedelta(days), name)
    in_process(date(2026, 1, 1), university__name="Bonn")

    assert [name for name, _kind in due()] == ["Jena", "Fulda", "Kassel", "Celle", "Aachen", "Bonn"]


def test_renewal_in_process_is_annotated(django_assert_num_queries, erasmus):
    renewed = ending(TODAY, "Marburg", agreement_type=erasmus)
    renewed.build_renewal().save()
    ending(TODAY, "Kassel", agreement_type=erasmus)

    with django_assert_num_queries(2):
        has_renewal = {agreement.university.name: agreement.has_renewal for agreement in due_reminders(TODAY)}

    assert has_renewal == {"Marburg": True, "Kassel": False}


@pytest.mark.parametrize("count", [3, 300])
def test_due_reminders_take_two_queries(django_assert_num_queries, ann, count):
    partners(count)
    Agreement.objects.update(valid_until=TODAY, responsible=ann)

    with django_assert_num_queries(2):
        names = [f"{item.university}, {item.university.country}, {item.responsible}" for item in due_reminders(TODAY)]

    assert len(names) == count


def test_kinds_are_in_order_of_urgency():
    assert ReminderKind.values == ["expired", "30", "90", "180", "stalled"]
