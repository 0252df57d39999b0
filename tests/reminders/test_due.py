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


def test_agreements_without_a_last_day_and_ended_ones_are_not_due():
    ending(None, "Marburg")
    ending(None, "Jena", is_open_ended=True)
    ending(date(2026, 1, 1), "Kassel", status=AgreementStatus.ENDED)
    ending(date(2026, 1, 1), "Fulda")

    assert due() == [("Fulda", "expired")]


@pytest.mark.parametrize("last_day", [TODAY - timedelta(1), TODAY, TODAY + timedelta(180)])
def test_agreement_that_a_signed_one_follows_is_not_due(last_day):
    renewed = ending(last_day, "Marburg", valid_from=TODAY - timedelta(365), scope="Law")
    due_before = [name for name, _kind in due()]

    AgreementFactory(university=renewed.university, scope="LAW", valid_from=last_day + timedelta(30))

    assert (due_before, due()) == (["Marburg"], [])


def test_agreement_of_another_scope_does_not_follow():
    renewed = ending(TODAY, "Marburg", scope="Law")
    AgreementFactory(university=renewed.university, scope="Medicine", valid_from=TODAY + timedelta(1))

    assert due() == [("Marburg", "30")]


def test_upcoming_agreement_is_due_before_its_end():
    ending(TODAY + timedelta(90), "Marburg", valid_from=TODAY + timedelta(30))

    assert due() == [("Marburg", "90")]


@pytest.mark.parametrize(
    ("days", "kind"),
    [(-400, "overdue"), (-1, "overdue"), (0, "due-7"), (7, "due-7"), (8, "due-30"), (30, "due-30"), (31, None)],
)
def test_agreement_in_process_is_due_by_its_day_for_the_most_urgent_threshold_only(days, kind):
    in_process(TODAY, university__name="Marburg", due_on=TODAY + timedelta(days))

    assert due() == ([("Marburg", kind)] if kind else [])


@pytest.mark.parametrize("status", [AgreementStatus.SIGNED, AgreementStatus.ENDED])
def test_agreement_that_is_not_in_process_has_nothing_to_be_done(status):
    AgreementFactory(status=status, due_on=TODAY)

    assert due() == []


def test_agreement_to_be_done_that_stands_still_is_due_for_both():
    in_process(date(2026, 1, 1), university__name="Marburg", due_on=TODAY - timedelta(1))

    assert due() == [("Marburg", "overdue"), ("Marburg", "stalled")]


def test_moved_day_is_due_again():
    agreement = in_process(TODAY, university__name="Marburg", due_on=TODAY + timedelta(3))
    mark_sent()
    due_before = due()

    agreement.due_on = TODAY + timedelta(5)
    agreement.save()

    assert (due_before, due()) == ([], [("Marburg", "due-7")])


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

    with django_assert_num_queries(3):
        has_renewal = {agreement.university.name: agreement.has_renewal for agreement in due_reminders(TODAY)}

    assert has_renewal == {"Marburg": True, "Kassel": False}


@pytest.mark.parametrize("count", [3, 300])
def test_due_reminders_take_three_queries(django_assert_num_queries, ann, count):
    partners(count)
    Agreement.objects.update(valid_until=TODAY, responsible=ann)

    with django_assert_num_queries(3):
        names = [f"{item.university}, {item.university.country}, {item.responsible}" for item in due_reminders(TODAY)]

    assert len(names) == count


def test_kinds_are_in_order_of_urgency():
    assert ReminderKind.values == ["expired", "overdue", "due-7", "30", "due-30", "90", "180", "stalled"]
