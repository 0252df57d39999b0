"""Undo of an import of mobilities."""

import pytest

from partners.models import Agreement, Mobility, Run, University
from partners.runs.changes import count_changes, run_changes
from partners.runs.undo import plan_undo, undo
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, offers_of_partners, partners
from tests.helpers.mobility_files import import_lines, import_workbook, line, mobility_history, stored_mobilities
from tests.helpers.register_files import row

pytestmark = pytest.mark.django_db


@pytest.fixture
def marburg():
    return AgreementFactory(university__name="Marburg")


def describe(changes):
    return [f"{change.university_name}: {change.description}" for change in changes]


def blocked_reasons(plan):
    return {change.description: change.blocked_reason.partition(",")[0] for change in plan.blocked()}


def import_new_agreement():
    import_workbook([row("Bilateral", "signed", name="Trier") | {"Row key": "a"}], [line(key="a", places="4")])
    return Run.objects.get()


def test_run_changes_describe_mobilities_by_agreement(marburg, coordinator):
    MobilityFactory(agreement=marburg, places=4)
    import_lines(line(marburg, places="5", duration="50"), line(marburg, "in"))
    run = Run.objects.get()

    changes = run_changes(run).all()

    assert describe(changes) == [
        "Marburg: Bilateral: mobilities change from “4 out” to “5 out · duration: 50; ? in”.",
    ]
    assert count_changes(run) == 1


def test_run_changes_tell_only_mobilities_at_the_time_of_the_run(marburg):
    import_lines(line(marburg, places="4"))
    import_lines(line(marburg, places="4"), line(marburg, "in"))
    import_lines(line(marburg, places="9"))

    assert [describe(run_changes(run).all()) for run in Run.objects.order_by("pk")] == [
        ["Marburg: Bilateral: new mobilities: 4 out."],
        ["Marburg: Bilateral: mobilities change from “4 out” to “4 out, ? in”."],
        ["Marburg: Bilateral: mobilities change from “4 out, ? in” to “9 out”."],
    ]


def test_undo_restores_deleted_mobilities_with_their_pk_and_removes_added_ones(marburg, coordinator):
    former = MobilityFactory(agreement=marburg, places=4, languages="en B2", duration=20)
    kept = MobilityFactory(agreement=marburg, direction="in")
    before = stored_mobilities()
    import_lines(line(marburg, "in"), line(marburg, places="5"))
    added, run, history = Mobility.objects.latest("pk").pk, Run.objects.get(), mobility_history()

    undo(run, coordinator)

    assert stored_mobilities() == before
    assert mobility_history() == [*history, ("-", added, None), ("+", former.pk, None)]
    assert set(Mobility.history.order_by("-history_id").values_list("history_user", "history_change_reason")[:2]) == {
        (coordinator.pk, f"undo of run {run.pk}: mobilities.tsv")
    }
    assert kept.history.count() == 1


def test_undo_leaves_mobilities_that_somebody_has_changed_since(marburg, coordinator):
    other = AgreementFactory(university__name="Trier")
    MobilityFactory(agreement=marburg, places=4)
    import_lines(line(marburg, places="5"), line(other, places="1"))
    mobility = Mobility.objects.get(agreement=marburg)
    mobility.places, mobility._history_user = 6, coordinator
    mobility.save()

    plan = undo(Run.objects.get(), coordinator)

    assert blocked_reasons(plan) == {
        "Bilateral: mobilities change from “4 out” to “5 out”.": "changed by coordinator",
    }
    assert [str(mobility) for mobility in Mobility.objects.all()] == ["6 out"]


def test_undo_leaves_mobilities_beside_which_somebody_has_added_one_since(marburg, coordinator):
    import_lines(line(marburg, places="5"))
    MobilityFactory(agreement=marburg, direction="in")

    plan = undo(Run.objects.get(), coordinator)

    assert blocked_reasons(plan) == {"Bilateral: new mobilities: 5 out.": "changed by a command"}
    assert Mobility.objects.count() == 2


def test_undo_leaves_mobilities_if_somebody_has_deleted_one_since(marburg, coordinator):
    import_lines(line(marburg, places="5"), line(marburg, "in"))
    Mobility.objects.get(direction="in").delete()

    plan = undo(Run.objects.get(), coordinator)

    assert blocked_reasons(plan) == {"Bilateral: new mobilities: 5 out, ? in.": "changed by a command"}
    assert Mobility.objects.count() == 1


def test_undo_removes_new_agreements_with_their_mobilities(coordinator):
    run = import_new_agreement()

    plan = undo(run, coordinator)

    assert describe(plan.revertible()) == [
        "Trier: Added to the register.",
        "Trier: New: Bilateral agreement, signed.",
        "Trier: Bilateral: new mobilities: 4 out.",
    ]
    assert [model.objects.count() for model in (Mobility, Agreement, University)] == [0, 0, 0]


def test_undo_keeps_the_mobilities_of_a_new_agreement_that_stays(coordinator):
    run = import_new_agreement()
    DocumentFactory(agreement=Agreement.objects.get())

    plan = undo(run, coordinator)

    assert blocked_reasons(plan) == {
        "Added to the register.": "it has agreements that stay",
        "New: Bilateral agreement, signed.": "it has documents by now",
        "Bilateral: new mobilities: 4 out.": "the agreement stays",
    }
    assert Mobility.objects.count() == 1


def test_undo_keeps_a_new_agreement_whose_mobilities_somebody_has_changed_since(coordinator):
    run = import_new_agreement()
    MobilityFactory(agreement=Agreement.objects.get(), direction="in")

    plan = undo(run, coordinator)

    assert blocked_reasons(plan) == {
        "Added to the register.": "it has agreements that stay",
        "New: Bilateral agreement, signed.": "it has other mobilities by now",
        "Bilateral: new mobilities: 4 out.": "changed by a command",
    }
    assert Mobility.objects.count() == 2


def test_undo_keeps_a_new_agreement_that_somebody_has_given_mobilities(coordinator):
    import_workbook([row("Bilateral", "signed", name="Trier")], [])
    MobilityFactory(agreement=Agreement.objects.get())

    plan = undo(Run.objects.get(), coordinator)

    assert blocked_reasons(plan) == {
        "Added to the register.": "it has agreements that stay",
        "New: Bilateral agreement, signed.": "it has other mobilities by now",
    }


def test_run_changes_name_agreements_that_are_gone(coordinator):
    run = import_new_agreement()

    undo(run, coordinator)

    assert describe(run_changes(run).all())[-1] == "Trier: Bilateral: new mobilities: 4 out."


def test_undone_mobilities_can_be_imported_again(marburg, coordinator):
    lines = [line(marburg, places="4"), line(marburg, "in")]
    import_lines(*lines)
    undo(Run.objects.get(), coordinator)

    result = import_lines(*lines)

    assert result.counts() == "0 new, 1 changed, 0 unchanged, 0 errors"
    assert [str(mobility) for mobility in marburg.mobilities.all()] == ["4 out", "? in"]


@pytest.mark.parametrize("count", [3, 300])
def test_plan_undo_of_mobilities_needs_the_same_queries_for_many(count, django_assert_num_queries):
    offers_of_partners(partners(count))
    import_lines(*(line(agreement, places="7") for agreement in Agreement.objects.all()))
    run = Run.objects.get()

    with django_assert_num_queries(11):
        plan = plan_undo(run)

    assert len(plan.revertible()) == count
