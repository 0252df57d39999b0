from datetime import date

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.files import read_file
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import Agreement, AgreementType, Country, Run, University
from partners.models.runs import RunAction
from partners.runs.changes import run_changes
from partners.runs.recording import record_run
from partners.runs.undo import plan_undo, undo
from tests.helpers.factories import (
    AgreementFactory,
    DocumentFactory,
    UniversityFactory,
    create_staff,
)
from tests.helpers.tables import read_table

pytestmark = pytest.mark.django_db


def import_list(*rows, user=None):
    """Import rows of the office's list for Germany, each a name and its terms. Return the run."""
    lines = ["\t".join(COLUMNS), *(f"Germany\t{name}\t{terms}" for name, terms in rows)]
    content = "\n".join(lines).encode()
    run = Run.from_upload(content, file_name="partners.tsv", user=user)
    OfficeListResource().import_data(read_table(content, COLUMNS), on=localdate(), run=run)
    return run


def describe(changes):
    return [f"{change.university_name}: {change.description}" for change in changes]


def register_state():
    agreements = Agreement.objects.values_list("university__name", "agreement_type__name", "status")
    return sorted(University.objects.values_list("name", "search_text")), sorted(map(str, agreements))


@pytest.fixture
def deal(erasmus):
    return AgreementFactory(university__name="Köln", agreement_type=None, status=AgreementStatus.IN_PROCESS)


def test_run_changes_describe_each_change(deal):
    AgreementFactory(university__name="Marburg")

    run = import_list(("Koln", "Erasmus+"), ("Marburg", "GE3"), ("Trier", "in process"))

    assert describe(run_changes(run).all()) == [
        "Koln: The name “Köln” becomes “Koln”.",
        "Koln: The agreement of unknown type, in process, becomes Erasmus+ and signed.",
        "Marburg: The Bilateral agreement ends.",
        "Marburg: New: GE3 agreement, signed.",
        "Trier: Added to the register.",
        "Trier: New: agreement of unknown type, in process.",
    ]


def test_undo_restores_unmodified_objects(deal, coordinator):
    AgreementFactory(university__name="Marburg")
    before = register_state()
    run = import_list(("Koln", "Erasmus+"), ("Marburg", "GE3"), ("Trier", "in process"))

    undo(run, coordinator)

    assert register_state() == before


def test_undo_is_in_history_with_its_user_and_run(deal, coordinator):
    run = import_list(("Köln", "Erasmus+"), ("Trier", "Bilateral"))
    trier = University.objects.get(name="Trier").pk

    undo(run, coordinator)

    reason = f"undo of run {run.pk}: partners.tsv"
    for record in (deal.history.latest(), University.history.filter(id=trier).latest()):
        assert (record.history_user, record.history_change_reason) == (coordinator, reason)
    assert University.history.filter(id=trier).latest().history_type == "-"


def test_run_changes_name_deleted_universities_and_types(coordinator):
    former = AgreementType.objects.create(name="Former")
    run = import_list(("Trier", "Bilateral"), ("Marburg", "Former"))

    undo(run, coordinator)
    former.delete()

    assert describe(run_changes(run).all()) == [
        "Marburg: Added to the register.",
        "Marburg: New: Former agreement, signed.",
        "Trier: Added to the register.",
        "Trier: New: Bilateral agreement, signed.",
    ]


def test_run_changes_name_a_university_that_was_deleted_by_hand():
    UniversityFactory(name="Marburg")
    run = import_list(("Marburg", "Bilateral"))
    Agreement.objects.all().delete()
    University.objects.all().delete()

    assert describe(run_changes(run).all()) == ["Marburg: New: Bilateral agreement, signed."]


def test_run_changes_say_that_an_account_is_deleted(coordinator):
    ana = create_staff("ana")
    AgreementFactory(university__name="Marburg", responsible=ana)
    run = import_register(**{"Agreement type": "Bilateral", "Status": "signed", "Responsible": "coordinator"})
    User.objects.filter(pk=ana.pk)._raw_delete("default")

    assert describe(run_changes(run).all()) == [
        "Marburg: Bilateral agreement, coordinator responsible: a deleted account → coordinator."
    ]


def test_undo_skips_agreement_edited_since(deal, coordinator):
    run = import_list(("Köln", "Erasmus+"), ("Trier", "Bilateral"))
    deal.refresh_from_db()
    deal._history_user = coordinator
    deal.end(date(2026, 6, 1), "the partner withdrew")

    plan = undo(run, coordinator)

    deal.refresh_from_db()
    assert deal.status == AgreementStatus.ENDED
    assert describe(plan.blocked()) == ["Köln: The agreement of unknown type, in process, becomes Erasmus+ and signed."]
    assert plan.blocked()[0].blocked_reason.startswith("changed by coordinator, 2")
    assert not University.objects.filter(name="Trier").exists()


def test_undo_skips_agreement_deleted_since(coordinator):
    run = import_list(("Trier", "Bilateral/GE3"))
    Agreement.objects.get(agreement_type__name="GE3").delete()

    plan = undo(run, coordinator)

    assert describe(plan.blocked()) == ["Trier: New: GE3 agreement, signed."]
    assert plan.blocked()[0].blocked_reason.startswith("deleted by a command, 2")
    assert not University.objects.exists()


def test_undo_skips_added_agreement_with_documents(coordinator):
    run = import_list(("Marburg", "Bilateral/GE3"))
    DocumentFactory(agreement=Agreement.objects.get(agreement_type__slug="ge3"))

    plan = undo(run, coordinator)

    assert [(change.description, change.blocked_reason) for change in plan.blocked()] == [
        ("Added to the register.", "it has agreements that stay"),
        ("New: GE3 agreement, signed.", "it has documents by now"),
    ]
    assert list(map(str, Agreement.objects.all())) == ["Marburg: GE3 (signed)"]


def test_undo_skips_added_university_with_other_agreements(erasmus, coordinator):
    run = import_list(("Trier", "Bilateral"))
    trier = University.objects.get()
    AgreementFactory(university=trier, agreement_type=erasmus)

    plan = undo(run, coordinator)

    assert describe(plan.blocked()) == ["Trier: Added to the register."]
    assert plan.blocked()[0].blocked_reason == "it has agreements that stay"
    assert [str(agreement) for agreement in trier.agreements.all()] == ["Trier: Erasmus+ (signed)"]


def test_undo_skips_agreement_whose_previous_slot_is_taken(coordinator):
    ended = AgreementFactory(university__name="Marburg")
    run = import_list(("Marburg", "GE3"))
    AgreementFactory(university=ended.university)

    plan = undo(run, coordinator)

    ended.refresh_from_db()
    assert ended.status == AgreementStatus.ENDED
    assert describe(plan.blocked()) == ["Marburg: The Bilateral agreement ends."]
    assert plan.blocked()[0].blocked_reason == "“Bilateral, end not recorded” is signed for the same days by now"


def test_undo_skips_agreement_in_process_whose_previous_slot_is_taken(erasmus, coordinator):
    marburg = UniversityFactory(name="Marburg")
    deal = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    run = import_list(("Marburg", "Erasmus+ (in process)"))
    AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    undo(run, coordinator)

    deal.refresh_from_db()
    assert (deal.agreement_type, deal.status) == (erasmus, AgreementStatus.IN_PROCESS)


def test_undo_twice_returns_none(coordinator):
    run = import_list(("Trier", "Bilateral"))
    undo(run, coordinator)
    import_list(("Trier", "Bilateral"))

    again = undo(run, coordinator)

    assert again is None
    assert University.objects.count() == 1
    run.refresh_from_db()
    assert run.undone_by == coordinator


def test_import_of_the_same_file_leaves_no_run():
    import_list(("Trier", "Bilateral"))

    import_list(("Trier", "Bilateral"))

    assert Run.objects.count() == 1


@pytest.mark.parametrize("count", [3, 300])
def test_plan_undo_query_count_is_constant(count, django_assert_num_queries):
    run = import_list(*((f"Town {n}", "Bilateral") for n in range(count)))

    with django_assert_num_queries(10):
        assert len(plan_undo(run).all()) == 2 * count


def test_undo_of_the_first_load_leaves_countries_and_types(register_run, coordinator):
    undo(register_run, coordinator)

    assert University.objects.count() == Agreement.objects.count() == 0
    assert (Country.objects.count(), AgreementType.objects.count()) == (250, 3)


@pytest.fixture
def register_run(office_list):
    run = Run.from_upload(office_list, file_name="partners.tsv")
    OfficeListResource().import_data(read_table(office_list, COLUMNS), on=localdate(), run=run)
    return run


def import_register(*other_rows, **cells):
    """Import rows of the register for the university Marburg, with the same columns. Return the run."""
    columns = {"Country": "Germany", "University name": "Marburg", "Agreement type": "", "Status": "", **cells}
    rows = [columns, *(columns | row for row in other_rows)]
    content = "\n".join("\t".join(cells) for cells in [columns, *(row.values() for row in rows)]).encode()
    run = Run.from_upload(content, file_name="register.tsv")
    RegisterResource().import_data(read_file(content, RegisterResource)[1], on=localdate(), run=run)
    return run


def test_undo_restores_every_university_field(coordinator):
    before = AgreementFactory(university__name="Marburg", university__city="Marburg").university
    cells = {"Agreement type": "Bilateral", "Status": "signed", "Valid until": "2030-12-31", "City": "Gießen"}
    run = import_register(**cells, Website="https://example.edu/", **{"Other names": "Philipps"})
    descriptions = describe(run_changes(run).all())

    undo(run, coordinator)

    after = University.objects.get()
    assert descriptions == [
        "Marburg: “Philipps” becomes another name. City: Marburg → Gießen; website: – → https://example.edu/.",
        "Marburg: Bilateral agreement, valid until: – → 31 Dec 2030.",
    ]
    assert (after.city, after.website, after.other_names) == ("Marburg", "", "")
    assert after.search_text == before.search_text
    assert after.agreements.get().valid_until is None


def test_undo_restores_every_agreement_field(coordinator):
    ana = create_staff("ana")
    before = {"ended_on": date(2024, 5, 1), "reference_number": "B 1", "public_note": "By bus"}
    before |= {"responsible": ana, "notes": "A\nB"}
    agreement = AgreementFactory(university__name="Marburg", status=AgreementStatus.ENDED, **before)
    cells = {"Agreement type": "Bilateral", "Status": "signed", "Ended on": "", "Reference number": "B 2"}
    cells |= {
        "Note for students": "By train",
        "To be done by": "2026-05-01",
        "Responsible": "coordinator",
        "Internal notes": "C",
    }
    run = import_register(**cells, **{"Next step": "Renew", "Agreement number": str(agreement.pk)})
    descriptions = describe(run_changes(run).all())

    undo(run, coordinator)

    assert descriptions == [
        "Marburg: The Bilateral agreement, ended, becomes signed. Ended on: 1 May 2024 → –; "
        "reference number: B 1 → B 2; to be done by: – → 1 May 2026; note for students: By bus → By train; "
        "coordinator responsible: ana → coordinator; next step: – → Renew; internal notes: A, B → C."
    ]
    after = Agreement.objects.get()
    assert {name: getattr(after, name) for name in before} == before
    assert (after.status, after.due_on, after.next_step) == ("ended", None, "")


@pytest.mark.parametrize("count", [3, 300])
def test_plan_undo_query_count_is_constant_with_users(count, coordinator, django_assert_num_queries):
    ana = create_staff("ana")
    for index in range(count):
        AgreementFactory(university__name=f"Town {index}", responsible=ana)
    header = "Country\tUniversity name\tAgreement type\tStatus\tResponsible"
    rows = [f"Germany\tTown {index}\tBilateral\tsigned\tcoordinator" for index in range(count)]
    content = "\n".join([header, *rows]).encode()
    run = Run.from_upload(content, file_name="register.tsv")
    RegisterResource().import_data(read_file(content, RegisterResource)[1], on=localdate(), run=run)

    with django_assert_num_queries(13):
        changes = plan_undo(run).all()

    assert [change.description for change in changes] == [
        "Bilateral agreement, coordinator responsible: ana → coordinator."
    ] * count


def test_undo_skips_agreement_whose_previous_coordinator_is_deleted(coordinator):
    ana = create_staff("ana")
    agreement = AgreementFactory(university__name="Marburg", responsible=ana)
    run = import_register(**{"Agreement type": "Bilateral", "Status": "signed", "Responsible": "coordinator"})
    # By hand, or before history protected accounts.
    User.objects.filter(pk=ana.pk)._raw_delete("default")

    plan = undo(run, coordinator)

    agreement.refresh_from_db()
    assert agreement.responsible == coordinator
    assert [change.blocked_reason for change in plan.blocked()] == [
        "what was its coordinator responsible has been deleted by now"
    ]


def test_undo_skips_agreement_whose_previous_type_is_deleted(coordinator):
    former = AgreementType.objects.create(name="Former")
    agreement = AgreementFactory(university__name="Marburg", agreement_type=former)
    number = {"Agreement number": str(agreement.pk)}
    run = import_register(**{"Agreement type": "Bilateral", "Status": "signed"}, **number)
    former.delete()

    plan = undo(run, coordinator)

    assert Agreement.objects.get().agreement_type.name == "Bilateral"
    assert [change.blocked_reason for change in plan.blocked()] == [
        "what was its agreement type has been deleted by now"
    ]


def test_undo_skips_university_whose_previous_slug_is_taken(coordinator):
    marburg = AgreementFactory(university__name="Marburg").university
    run = import_register(**{"Web address (slug)": "philipps"})
    UniversityFactory(name="Other", slug="marburg")

    plan = undo(run, coordinator)

    marburg.refresh_from_db()
    assert marburg.slug == "philipps"
    assert [change.blocked_reason for change in plan.blocked()] == ["another university has its address by now"]


def test_undo_restores_agreements_that_swapped_their_types(erasmus, coordinator):
    one = AgreementFactory(university__name="Marburg")
    two = AgreementFactory(university=one.university, agreement_type=erasmus)
    row, other = ({"Agreement type": name, "Status": "signed"} for name in ("Erasmus+", "Bilateral"))
    numbers = [{"Agreement number": str(agreement.pk)} for agreement in (one, two)]
    run = import_register(other | numbers[1], **row | numbers[0])
    swapped = [str(Agreement.objects.get(pk=agreement.pk)) for agreement in (one, two)]

    undo(run, coordinator)

    assert swapped == ["Marburg: Erasmus+ (signed)", "Marburg: Bilateral (signed)"]
    restored = [str(Agreement.objects.get(pk=agreement.pk)) for agreement in (one, two)]
    assert restored == ["Marburg: Bilateral (signed)", "Marburg: Erasmus+ (signed)"]


@pytest.mark.parametrize("taken", [{"name": "MARBURG"}, {"name": "Other", "other_names": "Marburg"}])
def test_undo_skips_university_whose_previous_name_is_taken(coordinator, taken):
    marburg = UniversityFactory(name="Marburg")
    with record_run(RunAction.EDIT, coordinator) as run:
        marburg.name = "Philipps"
        marburg.save()
    UniversityFactory(**taken)

    plan = undo(run, coordinator)

    assert University.objects.get(pk=marburg.pk).name == "Philipps"
    assert [change.blocked_reason for change in plan.blocked()] == [f"“{taken['name']}” has its name by now"]
