from datetime import date

import pytest
from django.contrib.auth.models import User

from partners import tables
from partners.enums import AgreementStatus
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.imports.undo import plan_undo, run_changes, undo
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from tests.conftest import staff
from tests.factories import AgreementFactory, DocumentFactory, UniversityFactory

pytestmark = pytest.mark.django_db


def imported(*rows, user=None):
    """The run that imports rows of the list for Germany, each a name and its terms."""
    lines = ["\t".join(COLUMNS), *(f"Germany\t{name}\t{terms}" for name, terms in rows)]
    content = "\n".join(lines).encode()
    run = ImportRun.of(content, file_name="partners.tsv", user=user)
    OfficeListResource().import_data(tables.read_table(content, COLUMNS), run=run)
    return run


def told(changes):
    return [f"{change.university}: {change.words}" for change in changes]


def register():
    """All that an undo can touch."""
    agreements = Agreement.objects.values_list("university__name", "agreement_type__name", "status")
    return sorted(University.objects.values_list("name", "search_text")), sorted(map(str, agreements))


@pytest.fixture
def deal(erasmus):
    return AgreementFactory(university__name="Köln", agreement_type=None, status=AgreementStatus.IN_PROCESS)


def test_run_tells_what_it_changed(deal):
    AgreementFactory(university__name="Marburg")

    run = imported(("Koln", "Erasmus+"), ("Marburg", "GE3"), ("Trier", "in process"))

    assert told(run_changes(run).changes()) == [
        "Koln: spelling: Köln → Koln",
        "Koln: in process becomes signed Erasmus+",
        "Marburg: Bilateral ends",
        "Marburg: new: signed GE3",
        "Trier: added to the register",
        "Trier: new: in process",
    ]


def test_undo_puts_back_what_nobody_has_touched(deal, coordinator):
    AgreementFactory(university__name="Marburg")
    before = register()
    run = imported(("Koln", "Erasmus+"), ("Marburg", "GE3"), ("Trier", "in process"))

    undo(run, coordinator)

    assert register() == before


def test_undo_is_in_history_with_its_user_and_run(deal, coordinator):
    run = imported(("Köln", "Erasmus+"), ("Trier", "Bilateral"))
    trier = University.objects.get(name="Trier").pk

    undo(run, coordinator)

    reason = f"undo of import run {run.pk}: partners.tsv"
    for record in (deal.history.latest(), University.history.filter(id=trier).latest()):
        assert (record.history_user, record.history_change_reason) == (coordinator, reason)
    assert University.history.filter(id=trier).latest().history_type == "-"


def test_changes_name_universities_and_types_that_are_gone(coordinator):
    former = AgreementType.objects.create(name="Former")
    run = imported(("Trier", "Bilateral"), ("Marburg", "Former"))

    undo(run, coordinator)
    former.delete()

    assert told(run_changes(run).changes()) == [
        "Marburg: added to the register",
        "Marburg: new: signed Former",
        "Trier: added to the register",
        "Trier: new: signed Bilateral",
    ]


def test_changes_name_a_university_that_was_deleted_by_hand():
    UniversityFactory(name="Marburg")
    run = imported(("Marburg", "Bilateral"))
    Agreement.objects.all().delete()
    University.objects.all().delete()

    assert told(run_changes(run).changes()) == ["Marburg: new: signed Bilateral"]


def test_changes_say_that_an_account_is_deleted(coordinator):
    ana = staff("ana")
    AgreementFactory(university__name="Marburg", responsible=ana)
    run = imported_register(**{"Agreement type": "Bilateral", "Status": "signed", "Responsible": "coordinator"})
    User.objects.filter(pk=ana.pk)._raw_delete("default")

    assert told(run_changes(run).changes()) == [
        "Marburg: Bilateral, coordinator responsible: a deleted account → coordinator"
    ]


def test_undo_leaves_what_somebody_has_edited_since(deal, coordinator):
    run = imported(("Köln", "Erasmus+"), ("Trier", "Bilateral"))
    deal.refresh_from_db()
    deal._history_user = coordinator
    deal.end(date(2026, 6, 1), "the partner withdrew")

    undoing = undo(run, coordinator)

    deal.refresh_from_db()
    assert deal.status == AgreementStatus.ENDED
    assert told(undoing.left()) == ["Köln: in process becomes signed Erasmus+"]
    assert undoing.left()[0].obstacle.startswith("changed by coordinator, 2")
    assert not University.objects.filter(name="Trier").exists()


def test_undo_leaves_what_a_superuser_has_deleted_since(coordinator):
    run = imported(("Trier", "Bilateral/GE3"))
    Agreement.objects.get(agreement_type__name="GE3").delete()

    undoing = undo(run, coordinator)

    assert told(undoing.left()) == ["Trier: new: signed GE3"]
    assert undoing.left()[0].obstacle.startswith("deleted by a command, 2")
    assert not University.objects.exists()


def test_undo_leaves_an_added_agreement_that_has_a_document_by_now(coordinator):
    run = imported(("Marburg", "Bilateral/GE3"))
    DocumentFactory(agreement=Agreement.objects.get(agreement_type__slug="ge3"))

    undoing = undo(run, coordinator)

    assert [(change.words, change.obstacle) for change in undoing.left()] == [
        ("added to the register", "it has agreements that stay"),
        ("new: signed GE3", "it has documents by now"),
    ]
    assert list(map(str, Agreement.objects.all())) == ["Marburg: GE3 (signed)"]


def test_undo_leaves_an_added_university_that_has_other_agreements_by_now(erasmus, coordinator):
    run = imported(("Trier", "Bilateral"))
    trier = University.objects.get()
    AgreementFactory(university=trier, agreement_type=erasmus)

    undoing = undo(run, coordinator)

    assert told(undoing.left()) == ["Trier: added to the register"]
    assert undoing.left()[0].obstacle == "it has agreements that stay"
    assert [str(agreement) for agreement in trier.agreements.all()] == ["Trier: Erasmus+ (signed)"]


def test_undo_does_not_bring_back_what_another_agreement_has_taken_the_place_of(coordinator):
    ended = AgreementFactory(university__name="Marburg")
    run = imported(("Marburg", "GE3"))
    AgreementFactory(university=ended.university)

    undoing = undo(run, coordinator)

    ended.refresh_from_db()
    assert ended.status == AgreementStatus.ENDED
    assert told(undoing.left()) == ["Marburg: Bilateral ends"]
    assert undoing.left()[0].obstacle == "another agreement is in its place by now"


def test_undo_of_a_chain_stops_where_one_link_is_held(erasmus, coordinator):
    """The deal cannot become of unknown type again, so that what it is now is not free either."""
    marburg = UniversityFactory(name="Marburg")
    deal = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    run = imported(("Marburg", "Erasmus+ (in process)"))
    AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    undo(run, coordinator)

    deal.refresh_from_db()
    assert (deal.agreement_type, deal.status) == (erasmus, AgreementStatus.IN_PROCESS)


def test_undo_happens_once(coordinator):
    run = imported(("Trier", "Bilateral"))
    undo(run, coordinator)
    imported(("Trier", "Bilateral"))

    again = undo(run, coordinator)

    assert again is None
    assert University.objects.count() == 1
    run.refresh_from_db()
    assert run.undone_by == coordinator


def test_import_of_the_same_file_leaves_no_run():
    imported(("Trier", "Bilateral"))

    imported(("Trier", "Bilateral"))

    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize("number", [3, 300])
def test_changes_are_told_with_the_same_queries(number, django_assert_num_queries):
    run = imported(*((f"Town {n}", "Bilateral") for n in range(number)))

    with django_assert_num_queries(7):
        assert len(plan_undo(run).changes()) == 2 * number


def test_undo_of_the_first_load_leaves_countries_and_types(register_run, coordinator):
    undo(register_run, coordinator)

    assert University.objects.count() == Agreement.objects.count() == 0
    assert (Country.objects.count(), AgreementType.objects.count()) == (249, 3)


@pytest.fixture
def register_run(offices_list):
    run = ImportRun.of(offices_list, file_name="partners.tsv")
    OfficeListResource().import_data(tables.read_table(offices_list, COLUMNS), run=run)
    return run


def imported_register(**cells):
    """The run that imports a row of the register for the university Marburg."""
    columns = {"Country": "Germany", "University name": "Marburg", "Agreement type": "", "Status": "", **cells}
    content = "\n".join(["\t".join(columns), "\t".join(columns.values())]).encode()
    run = ImportRun.of(content, file_name="register.tsv")
    RegisterResource().import_data(RegisterResource.read(content), run=run)
    return run


def test_undo_puts_back_every_field_that_the_register_brought(coordinator):
    before = AgreementFactory(university__name="Marburg", university__city="Marburg").university
    cells = {"Agreement type": "Bilateral", "Status": "signed", "Valid until": "2030-12-31", "City": "Gießen"}
    run = imported_register(**cells, Website="https://example.edu/", **{"Other names": "Philipps"})
    words = told(run_changes(run).changes())

    undo(run, coordinator)

    after = University.objects.get()
    assert words == [
        "Marburg: other names: \N{EN DASH} → Philipps; city: Marburg → Gießen; website: \N{EN DASH} → https://example.edu/",
        "Marburg: Bilateral, valid until: \N{EN DASH} → 31 Dec 2030",
    ]
    assert (after.city, after.website, after.other_names) == ("Marburg", "", "")
    assert after.search_text == before.search_text
    assert after.agreements.get().valid_until is None


def test_undo_puts_back_every_detail_of_an_agreement(coordinator):
    ana = staff("ana")
    before = {"ended_on": date(2024, 5, 1), "places_out": 0, "study_levels": "master"}
    before |= {"responsible": ana, "notes": "A\nB"}
    agreement = AgreementFactory(university__name="Marburg", status=AgreementStatus.ENDED, **before)
    cells = {"Agreement type": "Bilateral", "Status": "signed", "Ended on": "", "Places out": "5", "Places in": "3"}
    cells |= {"Study levels": "bachelor", "Responsible": "coordinator", "Internal notes": "C"}
    run = imported_register(**cells, **{"Next step": "Renew", "Agreement number": str(agreement.pk)})
    words = told(run_changes(run).changes())

    undo(run, coordinator)

    assert words == [
        "Marburg: Bilateral becomes signed Bilateral; Bilateral, ended on: 1 May 2024 → –; "
        "Bilateral, places out: 0 → 5; Bilateral, places in: – → 3; Bilateral, study levels: master → bachelor; "
        "Bilateral, coordinator responsible: ana → coordinator; Bilateral, next step: – → Renew; "
        "Bilateral, internal notes: A, B → C"
    ]
    after = Agreement.objects.get()
    assert {name: getattr(after, name) for name in before} == before
    assert (after.status, after.places_in, after.next_step) == ("ended", None, "")


@pytest.mark.parametrize("number", [3, 300])
def test_people_are_told_with_the_same_queries(number, coordinator, django_assert_num_queries):
    ana = staff("ana")
    for at in range(number):
        AgreementFactory(university__name=f"Town {at}", responsible=ana)
    header = "Country\tUniversity name\tAgreement type\tStatus\tResponsible"
    rows = [f"Germany\tTown {at}\tBilateral\tsigned\tcoordinator" for at in range(number)]
    content = "\n".join([header, *rows]).encode()
    run = ImportRun.of(content, file_name="register.tsv")
    RegisterResource().import_data(RegisterResource.read(content), run=run)

    with django_assert_num_queries(11):
        changes = plan_undo(run).changes()

    assert [change.words for change in changes] == ["Bilateral, coordinator responsible: ana → coordinator"] * number


def test_undo_leaves_an_agreement_whose_coordinator_before_has_no_account_by_now(coordinator):
    ana = staff("ana")
    agreement = AgreementFactory(university__name="Marburg", responsible=ana)
    run = imported_register(**{"Agreement type": "Bilateral", "Status": "signed", "Responsible": "coordinator"})
    # By hand, or before history protected accounts.
    User.objects.filter(pk=ana.pk)._raw_delete("default")

    undoing = undo(run, coordinator)

    agreement.refresh_from_db()
    assert agreement.responsible == coordinator
    assert [change.obstacle for change in undoing.left()] == [
        "what was its coordinator responsible has been deleted by now"
    ]


def test_undo_leaves_an_agreement_whose_type_before_has_been_deleted(coordinator):
    former = AgreementType.objects.create(name="Former")
    agreement = AgreementFactory(university__name="Marburg", agreement_type=former)
    number = {"Agreement number": str(agreement.pk)}
    run = imported_register(**{"Agreement type": "Bilateral", "Status": "signed"}, **number)
    former.delete()

    undoing = undo(run, coordinator)

    assert Agreement.objects.get().agreement_type.name == "Bilateral"
    assert [change.obstacle for change in undoing.left()] == ["what was its agreement type has been deleted by now"]


def test_undo_leaves_an_address_that_another_university_has_by_now(coordinator):
    marburg = AgreementFactory(university__name="Marburg").university
    run = imported_register(Address="philipps")
    UniversityFactory(name="Other", slug="marburg")

    undoing = undo(run, coordinator)

    marburg.refresh_from_db()
    assert marburg.slug == "philipps"
    assert [change.obstacle for change in undoing.left()] == ["another university has its address by now"]
