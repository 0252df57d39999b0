"""Removal by users of what they have added themselves, and the reasons against it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from partners.enums import AgreementStatus
from partners.history.removal import REMOVAL_WINDOW, plan_removal
from partners.models import Agreement, Reminder, Run, University
from partners.models.runs import RunAction
from partners.runs.bulk_write import ChangeContext, bulk_create_with_history, bulk_update_with_history
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, UniversityFactory

pytestmark = pytest.mark.django_db
NOT_YOURS = "Only who has added it can remove it, within 24 hours."


def add(factory, user, **values):
    """Return an object whose first history record names the user."""
    obj = factory(**values)
    obj.history.update(history_user=user)
    return obj


@pytest.fixture
def agreement(coordinator):
    university = add(UniversityFactory, coordinator, name="Marburg")
    return add(AgreementFactory, coordinator, university=university, status=AgreementStatus.IN_PROCESS)


def obstacles(obj, user, later=timedelta()):
    return plan_removal(obj, user, now() + later).obstacles


def test_university_goes_with_its_agreements_mobilities_and_documents(coordinator, agreement):
    add(DocumentFactory, coordinator, agreement=agreement)
    add(MobilityFactory, coordinator, agreement=agreement)

    removal = plan_removal(agreement.university, coordinator, now())
    planned = list(map(str, removal.objects))
    removal.delete(coordinator)

    assert planned == ["agreement.pdf", "? out", "Marburg: Bilateral (in process)", "Marburg"]
    assert removal.obstacles == []
    assert not University.objects.exists()
    deleted = Agreement.history.latest("history_id")
    assert (deleted.history_type, deleted.history_user) == ("-", coordinator)
    assert deleted.history_change_reason == "removed, as it was added by mistake"


def test_only_who_added_it_removes_it_for_24_hours(coordinator, assistant, agreement):
    assert obstacles(agreement, coordinator, REMOVAL_WINDOW - timedelta(minutes=1)) == []
    assert obstacles(agreement, coordinator, REMOVAL_WINDOW) == [NOT_YOURS]
    assert obstacles(agreement, assistant) == [NOT_YOURS]


def test_what_was_added_by_a_run_is_undone_with_it(coordinator, agreement):
    run = Run.from_upload(b"", "list.tsv")
    run.save()
    agreement.history.update(run=run)

    assert obstacles(agreement, coordinator) == [NOT_YOURS]


def change_by_a_colleague(agreement, colleague):
    agreement.history.create(
        **{field.attname: getattr(agreement, field.attname) for field in Agreement.history.model.tracked_fields},
        history_date=now(),
        history_type="~",
        history_user=colleague,
    )


def document_of_a_colleague(agreement, colleague):
    add(DocumentFactory, colleague, agreement=agreement)


def renewal(agreement, colleague):
    AgreementFactory(university=agreement.university, renews=agreement, scope="Law", status=AgreementStatus.IN_PROCESS)


def mailed_reminder(agreement, colleague):
    Reminder.objects.create(agreement=agreement, kind="stalled", reference_date=now(), message_id="0" * 32)


def shortened_predecessor(agreement, colleague):
    before = AgreementFactory(university=agreement.university)
    before.history.update(history_change_reason=f"ended by its renewal, agreement {agreement.pk}")


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (change_by_a_colleague, "Somebody else has changed “Marburg: Bilateral (in process)”."),
        (document_of_a_colleague, "“agreement.pdf” was not added by you in the last 24 hours."),
        (renewal, "“Marburg: Bilateral, Law (in process)” refers to it."),
        (mailed_reminder, "“Marburg: Bilateral (in process): Not moved for 60 days” refers to it."),
        (
            shortened_predecessor,
            "Signing “Marburg: Bilateral (in process)” has shortened or ended another agreement.",
        ),
    ],
)
def test_what_has_been_used_is_not_removed(coordinator, assistant, agreement, use, expected):
    use(agreement, assistant)

    assert obstacles(agreement, coordinator) == [expected]


@pytest.mark.parametrize("count", [3, 300])
def test_plan_takes_the_same_queries_for_any_number_of_agreements(coordinator, bilateral, count):
    university = add(UniversityFactory, coordinator)
    run = Run.objects.create(action=RunAction.EDIT, accepted_at=now(), undone_at=now())
    deals = [
        Agreement(
            university=university, agreement_type=bilateral, scope=f"Faculty {n}", status=AgreementStatus.IN_PROCESS
        )
        for n in range(count)
    ]
    bulk_create_with_history(Agreement, deals, count, ChangeContext("added", coordinator))
    in_register = list(university.agreements.all())
    bulk_update_with_history(Agreement, in_register, ["notes"], ChangeContext("edited", coordinator, run))

    with CaptureQueriesContext(connection) as captured:
        removal = plan_removal(university, coordinator, now())
        titles = list(map(str, removal.objects))

    assert (len(titles), removal.obstacles, len(captured)) == (count + 1, [], 10)
