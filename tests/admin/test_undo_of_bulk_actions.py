"""Signing, renewing, ending and editing several agreements are runs, which are undone like imports."""

from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement, Document, Mobility, Run
from partners.models.runs import RunAction
from partners.runs.changes import run_changes
from partners.runs.undo import plan_undo
from tests.helpers.bulk_pages import edit_together, perform, undo_latest_run
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, UniversityFactory
from tests.helpers.files import upload
from tests.helpers.html import links, messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-04-01 12:00", tick=False) as clock:
        yield clock


@pytest.fixture
def running():
    return AgreementFactory(university__name="Marburg", valid_from=date(2022, 9, 1))


@pytest.fixture
def renewal(running):
    values = {"valid_from": date(2026, 9, 1), "next_step": "Sign it", "status": AgreementStatus.IN_PROCESS}
    return AgreementFactory(university=running.university, **values)


def stored(model=Agreement):
    """Return all rows with all columns."""
    return list(model.objects.order_by("pk").values_list())


def describe(changes):
    return [f"{change.university_name}: {change.description}" for change in changes]


def blocked(run):
    return [f"{change.description} {change.blocked_reason}" for change in plan_undo(run).blocked()]


def change(instance, **values):
    """Save a fresh copy, as a colleague does."""
    instance.refresh_from_db()
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save()


def test_signing_is_a_run_with_what_it_did_to_the_agreement_before(coordinator_client, coordinator, running, renewal):
    page = perform(coordinator_client, "sign", renewal, signed_on="2026-03-30")

    run = Run.objects.get()
    assert (run.action, run.user, run.new_count, run.changed_count) == (RunAction.SIGN, coordinator, 0, 1)
    assert describe(run_changes(run).all()) == [
        "Marburg: Bilateral agreement, from 1 Sep 2022, valid until: – → 31 Aug 2026.",
        "Marburg: The Bilateral agreement, from 1 Sep 2026, in process, becomes signed. Signed on: – → 30 Mar 2026; "
        "renews: – → Marburg: Bilateral, from 1 Sep 2022 (signed); next step: Sign it → –.",
    ]
    assert ("Undo …", f"/admin/partners/run/{run.pk}/undo/") in links(page)


def test_undoing_a_signing_puts_the_renewal_and_the_agreement_before_back(coordinator_client, running, renewal):
    before = stored()
    perform(coordinator_client, "sign", renewal)

    page = undo_latest_run(coordinator_client)

    assert messages(page) == ["Undone: 2 put back, 0 left as they are."]
    assert stored() == before


def test_undoing_a_signing_puts_back_what_it_ended(coordinator_client, running, renewal):
    change(running, valid_until=date(2024, 8, 31))
    later = AgreementFactory(university=running.university, valid_from=date(2024, 9, 1), valid_until=date(2025, 8, 31))
    change(renewal, valid_from=date(2024, 9, 1))
    before = stored()
    perform(coordinator_client, "sign", renewal)
    later.refresh_from_db()

    undo_latest_run(coordinator_client)

    assert later.status == AgreementStatus.ENDED
    assert stored() == before


def test_renewal_stays_signed_if_the_agreement_before_has_been_touched(coordinator_client, running, renewal):
    perform(coordinator_client, "sign", renewal)
    change(running, notes="Call them")
    before = stored()

    undo_latest_run(coordinator_client)

    reasons = [reason.partition(", 1 Apr")[0] for reason in blocked(Run.objects.get())]
    assert reasons[0].endswith("31 Aug 2026. changed by a command")
    assert reasons[1].endswith("it belongs together with “Bilateral agreement, from 1 Sep 2022”, which stays as it is")
    assert stored() == before


def test_agreement_before_stays_shortened_if_the_renewal_is_gone(coordinator_client, running, renewal):
    perform(coordinator_client, "sign", renewal)
    renewal.delete()
    before = stored()

    undo_latest_run(coordinator_client)

    assert len(blocked(Run.objects.get())) == 2
    assert stored() == before


def test_undoing_an_edit_puts_back_type_scope_and_what_was_emptied(coordinator_client, running, erasmus):
    change(running, notes="On paper", is_open_ended=True)
    before = stored()
    edit_together(
        coordinator_client,
        running,
        agreement_type=erasmus.pk,
        scope="Faculty of Law",
        emptied=["notes", "valid_until"],
        reason="moved",
    )
    after = stored()

    undo_latest_run(coordinator_client)

    assert (after != before, stored()) == (True, before)


def test_other_signings_of_the_run_are_undone(coordinator_client, running, renewal):
    deal = AgreementFactory(university__name="Trier", status=AgreementStatus.IN_PROCESS)
    perform(coordinator_client, "sign", renewal, deal)
    change(running, notes="Call them")

    page = undo_latest_run(coordinator_client)

    assert messages(page) == ["Undone: 1 put back, 2 left as they are."]
    deal.refresh_from_db()
    assert deal.status == AgreementStatus.IN_PROCESS


def test_documents_of_a_signing_stay_when_it_is_undone(coordinator_client, renewal):
    perform(coordinator_client, "sign", renewal, documents=upload())
    notes = {change.note for change in plan_undo(Run.objects.get()).revertible()}

    undo_latest_run(coordinator_client)

    assert notes == {"", "its documents stay with it"}
    assert Document.objects.get().agreement == renewal
    renewal.refresh_from_db()
    assert renewal.status == AgreementStatus.IN_PROCESS


def test_signing_stays_if_documents_have_been_added_since(coordinator_client, clock, renewal):
    perform(coordinator_client, "sign", renewal)
    clock.shift(60)
    DocumentFactory(agreement=renewal)

    undo_latest_run(coordinator_client)

    renewal.refresh_from_db()
    assert renewal.status == AgreementStatus.SIGNED
    assert blocked(Run.objects.get())[1].endswith("documents have been added to it since")


def test_signing_stays_if_the_agreement_has_been_renewed_since(coordinator_client, running, renewal):
    perform(coordinator_client, "sign", renewal)
    AgreementFactory(university=running.university, scope="Law", renews=renewal, status=AgreementStatus.IN_PROCESS)

    undo_latest_run(coordinator_client)

    assert blocked(Run.objects.get())[1].endswith("“Bilateral, Law, end not recorded” renews it by now")


def test_undoing_a_renewal_removes_the_agreement_with_its_mobilities(coordinator_client, running):
    MobilityFactory(agreement=running, places=4)
    before = stored(), stored(Mobility)
    perform(coordinator_client, "renew", running, valid_from="2026-09-01", valid_until="2028-08-31")
    run = Run.objects.get()
    changes = describe(run_changes(run).all())

    undo_latest_run(coordinator_client)

    assert (run.action, run.new_count, run.changed_count) == (RunAction.RENEW, 1, 0)
    assert changes == [
        "Marburg: New: Bilateral agreement, from 1 Sep 2026, in process.",
        "Marburg: Bilateral: new mobilities: 4 out.",
    ]
    assert (stored(), stored(Mobility)) == before


def test_renewal_that_somebody_has_touched_stays_with_its_mobilities(coordinator_client, running):
    MobilityFactory(agreement=running, places=4)
    perform(coordinator_client, "renew", running, valid_from="2026-09-01", valid_until="2028-08-31")
    change(Agreement.objects.in_process().get(), next_step="Send it")

    page = undo_latest_run(coordinator_client)

    assert messages(page) == ["Undone: 0 put back, 2 left as they are."]
    assert [Agreement.objects.count(), Mobility.objects.count()] == [2, 2]


def test_undoing_an_ending_opens_the_agreements_again(coordinator_client, running, renewal):
    before = stored()
    perform(coordinator_client, "end", running, renewal, on="2026-04-01", reason="merger")
    run = Run.objects.get()

    undo_latest_run(coordinator_client)

    assert (run.action, run.changed_count) == (RunAction.END, 2)
    assert stored() == before


def test_ended_deal_stays_ended_if_another_is_in_process_by_now(coordinator_client, running, renewal):
    perform(coordinator_client, "end", running, renewal, on="2026-04-01", reason="merger")
    AgreementFactory(university=running.university, status=AgreementStatus.IN_PROCESS)
    [reason] = blocked(Run.objects.get())

    page = undo_latest_run(coordinator_client)

    assert reason.endswith("“Bilateral” is in process by now")
    assert messages(page) == ["Undone: 1 put back, 1 left as they are."]


def test_ending_on_the_last_day_that_it_has_is_refused(coordinator_client, running):
    change(running, valid_until=date(2026, 8, 31))

    perform(coordinator_client, "end", running, on="2026-08-31", reason="merger")

    assert (Run.objects.count(), running.history.count()) == (0, 2)


def test_undoing_an_edit_puts_fields_and_mobilities_back(coordinator_client, coordinator, running):
    former = MobilityFactory(agreement=running, places=4)
    other = AgreementFactory(university__name="Trier")
    before = stored(), stored(Mobility)
    lines = {"mobilities": "replace", "mobilities-0-places": "2"}
    edit_together(coordinator_client, running, other, responsible=coordinator.pk, **lines)
    run = Run.objects.get()
    changes = describe(run_changes(run).all())

    undo_latest_run(coordinator_client)

    assert (run.action, run.new_count, run.changed_count) == (RunAction.EDIT, 0, 2)
    assert changes == [
        "Marburg: Bilateral agreement, from 1 Sep 2022, coordinator responsible: – → coordinator.",
        "Marburg: Bilateral: mobilities change from “4 out” to “2 out”.",
        "Trier: Bilateral agreement, coordinator responsible: – → coordinator.",
        "Trier: Bilateral: new mobilities: 2 out.",
    ]
    assert (stored(), stored(Mobility)) == before
    assert Mobility.objects.get() == former


def test_runs_are_undone_one_after_another(coordinator_client, running, renewal):
    """An agreement that a later run changed and its undo put back is as the earlier run left it."""
    before = stored()
    perform(coordinator_client, "sign", renewal)
    edit_together(coordinator_client, running, renewal, due_on="2026-12-31")
    first, second = Run.objects.order_by("pk")
    blocked_by_second = len(blocked(first))

    for run in (second, first):
        coordinator_client.post(f"/admin/partners/run/{run.pk}/undo/")

    assert blocked_by_second == 2
    assert stored() == before


def test_page_with_errors_leaves_no_run(coordinator_client, renewal):
    perform(coordinator_client, "sign", renewal, signed_on="")

    assert Run.objects.count() == 0


def test_saving_an_agreement_by_hand_is_no_run(coordinator_client, renewal):
    perform(coordinator_client, "sign", renewal)
    change(renewal, notes="x")

    assert renewal.history.latest().run is None


def test_failing_action_leaves_no_run(coordinator_client, renewal, monkeypatch):
    def fail(agreement, on):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Agreement, "sign", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        perform(coordinator_client, "sign", renewal)
    monkeypatch.undo()
    change(renewal, notes="x")

    assert (Run.objects.count(), renewal.history.latest().run) == (0, None)


@pytest.mark.parametrize(("role", "status"), [("assistant", 403), ("coordinator", 302)])
def test_undo_of_a_signing_needs_the_right_to_change_agreements(
    client, coordinator_client, renewal, request, role, status
):
    perform(coordinator_client, "sign", renewal)
    client.force_login(request.getfixturevalue(role))

    response = client.post(f"/admin/partners/run/{Run.objects.get().pk}/undo/")

    assert response.status_code == status


def test_action_has_no_file(coordinator_client, renewal):
    perform(coordinator_client, "sign", renewal)

    assert coordinator_client.get(f"/admin/partners/run/{Run.objects.get().pk}/file/").status_code == 404


@pytest.mark.parametrize("count", [3, 100])
def test_plan_undo_of_a_signing_needs_the_same_queries_for_many(coordinator_client, count, django_assert_num_queries):
    universities = [UniversityFactory(name=f"Town {number}") for number in range(count)]
    deals = []
    for university in universities:
        AgreementFactory(university=university, valid_from=date(2022, 9, 1))
        values = {"valid_from": date(2026, 9, 1), "status": AgreementStatus.IN_PROCESS}
        deals.append(AgreementFactory(university=university, **values))
    perform(coordinator_client, "sign", *deals)

    with django_assert_num_queries(13):
        plan = plan_undo(Run.objects.get())

    assert len(plan.revertible()) == 2 * count
