from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.imports.choices import ImportChoices, KeptName, KnownUniversityChoice
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import Agreement, AgreementType, Run, University
from partners.runs.undo import undo
from tests.helpers.database import count_queries, database_contents
from tests.helpers.factories import DocumentFactory, UniversityFactory
from tests.helpers.tables import read_table

ON = date(2026, 3, 3)
ENDED, IN_PROCESS, SIGNED = AgreementStatus.ENDED, AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-03T12:00Z", tick=False):
        yield


@pytest.fixture
def ana():
    return User.objects.create_user("ana", first_name="Ana", last_name="Costa")


def import_list(*rows, user=None, **options):
    """Import rows of Germany, each a name and its types."""
    content = "\n".join(["\t".join(COLUMNS), *(f"Germany\t{name}\t{types}" for name, types in rows)]).encode()
    run = Run.from_upload(content, file_name="list.tsv", user=user)
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=ON, run=run, **options)


def import_register(*rows, user=None):
    """Import rows of Germany, each a name, a type and a status."""
    columns = (*COLUMNS, "Status")
    content = "\n".join(["\t".join(columns), *("\t".join(["Germany", *row]) for row in rows)]).encode()
    run = Run.from_upload(content, file_name="register.tsv", user=user)
    table = read_table(content, RegisterResource.columns, RegisterResource.optional_columns)
    return RegisterResource().import_data(table, on=ON, run=run)


def change(user, agreement, **values):
    """Save an agreement with other values, as the user's own change."""
    for name, value in values.items():
        setattr(agreement, name, value)
    agreement._history_user = user
    agreement.save()
    return agreement


def add(user, type_name, status=SIGNED, university="Marburg"):
    university = University.objects.filter(name=university).first() or UniversityFactory(name=university)
    agreement_type = AgreementType.objects.filter(name=type_name).first()
    return change(user, Agreement(university=university, agreement_type=agreement_type, status=status))


def taken_back(result):
    return [sentence for row in result.take_backs for sentence in row.describe()]


def test_signed_deal_that_ends(ana):
    import_list(("Marburg", "Bilateral/Erasmus+ (in process)"))
    agreement = Agreement.objects.get(status=IN_PROCESS)
    change(ana, agreement, status=SIGNED)
    DocumentFactory(agreement=agreement)
    DocumentFactory(agreement=agreement, content=b"%PDF-1.4 2")

    result = import_list(("Marburg", "Bilateral"))

    assert taken_back(result) == ["The Erasmus+ agreement, signed by Ana Costa on 3 Mar 2026 with 2 documents, ends."]


def test_row_that_takes_back_is_left_whole_while_others_are_imported(ana):
    import_list(("Marburg", "Bilateral"), ("Kassel", "Bilateral"))
    add(ana, "Erasmus+")

    result = import_list(("Marburg", "Bilateral/GE3"), ("Kassel", "GE3"))

    assert result.counts() == "0 new, 1 changed, 1 unchanged, 0 errors"
    assert [row.name for row in result.left] == ["Marburg"]
    signed = Agreement.objects.filter(university__name="Marburg").values_list("agreement_type__name", "status")
    assert sorted(signed) == [("Bilateral", "signed"), ("Erasmus+", "signed")]
    assert Run.objects.first().unchanged_count == 1


def test_row_that_takes_back_is_imported_where_it_is_ticked(ana):
    import_list(("Marburg", "Bilateral"), ("Kassel", "Bilateral"))
    marburg = add(ana, "Erasmus+").university
    add(ana, "Erasmus+", university="Kassel")

    result = import_list(
        ("Marburg", "Bilateral"), ("Kassel", "Bilateral"), choices=ImportChoices(take_back=frozenset([marburg.pk]))
    )

    assert [(row.name, row.is_left) for row in result.take_backs] == [("Marburg", False), ("Kassel", True)]
    assert list(Agreement.objects.filter(status=ENDED).values_list("university__name", flat=True)) == ["Marburg"]
    assert Run.objects.first().choices == {
        "names": {},
        "take_back": [marburg.pk],
        "summary": [
            "“Marburg” is changed, though people did something there.",
            "“Kassel” is left as it is, and what people did there stays.",
        ],
    }


def test_name_of_a_line_that_is_left_is_no_other_name(ana):
    import_list(("Kassel", "Bilateral"))
    marburg = add(ana, "Erasmus+", university="University of Marburg").university
    choices = ImportChoices({3: KnownUniversityChoice(marburg.pk, KeptName.FILE)})

    import_list(("Kassel", "GE3"), ("Marburg University", "Bilateral"), choices=choices)

    marburg.refresh_from_db()
    assert (marburg.name, marburg.other_names) == ("University of Marburg", "")
    summary = ["“University of Marburg” is left as it is, and what people did there stays."]
    assert Run.objects.first().choices["summary"] == summary


def test_ended_agreement_that_is_listed_again(ana):
    import_list(("Marburg", "Bilateral/GE3"))
    change(ana, Agreement.objects.get(agreement_type__name="GE3"), status=ENDED)

    result = import_list(("Marburg", "Bilateral/GE3"))

    assert taken_back(result) == ["New: GE3 agreement, signed. The earlier one was ended by Ana Costa on 3 Mar 2026."]


def test_ended_agreement_beside_a_signed_one_is_no_earlier_one(ana):
    import_list(("Marburg", "GE3"))
    change(ana, Agreement.objects.get(), status=ENDED)
    add(None, "GE3")

    result = import_list(("Marburg", "GE3/GE3 (in process)"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_agreement_of_the_past_that_a_person_has_recorded_is_no_earlier_one(ana):
    add(ana, "GE3", ENDED)
    add(None, "GE3", IN_PROCESS)

    result = import_list(("Marburg", "GE3/GE3 (in process)"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_deleted_agreement_that_is_listed_again(ana):
    import_list(("Marburg", "Bilateral/GE3"))
    agreement = Agreement.objects.get(agreement_type__name="GE3")
    agreement._history_user = ana
    agreement.delete()

    result = import_list(("Marburg", "Bilateral/GE3"))

    assert taken_back(result) == ["New: GE3 agreement, signed. The earlier one was deleted by Ana Costa on 3 Mar 2026."]


def test_agreement_of_a_type_that_a_person_has_changed_and_ended(ana):
    import_list(("Marburg", "Bilateral/GE3"))
    agreement = Agreement.objects.get(agreement_type__name="GE3")
    change(ana, agreement, agreement_type=AgreementType.objects.get(name="Erasmus+"))
    change(None, agreement, status=ENDED)

    result = import_list(("Marburg", "Bilateral/GE3"))

    assert taken_back(result) == [
        "New: GE3 agreement, signed. The earlier one was changed from GE3 by Ana Costa on 3 Mar 2026."
    ]


def test_agreement_edited_to_another_type(ana):
    import_list(("Marburg", "GE3"))
    change(ana, Agreement.objects.get(), agreement_type=AgreementType.objects.get(name="Erasmus+"))

    result = import_list(("Marburg", "GE3"))

    assert taken_back(result) == [
        "New: GE3 agreement, signed. The earlier one was changed from GE3 by Ana Costa on 3 Mar 2026.",
        "The Erasmus+ agreement, changed from GE3 by Ana Costa on 3 Mar 2026, ends.",
    ]


def test_agreement_with_edited_dates_that_ends(ana):
    import_list(("Marburg", "Bilateral/Erasmus+"))
    change(ana, Agreement.objects.get(agreement_type__name="Erasmus+"), valid_until=date(2030, 8, 31))

    result = import_list(("Marburg", "Bilateral"))

    assert taken_back(result) == ["The Erasmus+ agreement, edited by Ana Costa on 3 Mar 2026, ends."]


def test_signed_agreement_whose_dates_a_script_edited_ends(ana):
    agreement = add(ana, "Erasmus+", status=IN_PROCESS)
    change(ana, agreement, status=SIGNED)
    change(None, agreement, valid_until=date(2030, 8, 31))

    result = import_list(("Marburg", "Bilateral"))

    assert taken_back(result) == [
        "New: Bilateral agreement, signed.",
        "The Erasmus+ agreement, signed by Ana Costa on 3 Mar 2026, ends.",
    ]


def test_agreement_put_back_in_process_that_is_listed_as_signed(ana):
    import_list(("Marburg", "GE3"))
    change(ana, Agreement.objects.get(), status=IN_PROCESS)

    result = import_list(("Marburg", "GE3"))

    assert taken_back(result) == ["The GE3 agreement, in process, put back by Ana Costa on 3 Mar 2026, becomes signed."]


def test_signing_what_a_person_has_added_in_process_takes_nothing_back(ana):
    add(ana, "GE3", IN_PROCESS)

    result = import_list(("Marburg", "GE3"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_renewal_that_ends(ana):
    import_list(("Marburg", "Bilateral/GE3"))
    renewal = Agreement.objects.get(agreement_type__name="GE3").build_renewal()
    change(ana, renewal, valid_from=date(2027, 9, 1))

    result = import_list(("Marburg", "Bilateral"))

    assert sorted(taken_back(result)) == [
        "The GE3 agreement ends.",
        "The GE3 agreement, from 1 Sep 2027, in process, added by Ana Costa on 3 Mar 2026, ends.",
    ]


def test_signed_agreement_that_the_list_has_only_in_process_always_counts():
    import_list(("Marburg", "GE3"))

    result = import_list(("Marburg", "GE3 (in process)"))

    assert taken_back(result) == ["New: GE3 agreement, in process.", "The GE3 agreement ends."]
    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_renamed_university(ana):
    import_list(("MARBURG", "GE3"))
    change(ana, University.objects.get(), name="Marburg")

    result = import_list(("MARBURG", "GE3"))

    assert taken_back(result) == ["The name “Marburg”, changed by Ana Costa on 3 Mar 2026, becomes “MARBURG”."]
    assert University.objects.get().name == "Marburg"


def test_import_of_the_list_by_a_person_is_no_change_of_a_person(ana):
    import_list(("Marburg", "GE3/Bilateral"), user=ana)

    result = import_list(("MARBURG", "GE3"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_import_of_the_register_is_a_change_of_a_person(ana):
    import_register(("Marburg", "GE3", "signed"), ("Marburg", "Bilateral", "signed"), user=ana)
    import_register(("Kassel", "GE3", "signed"), ("Kassel", "Bilateral", "signed"))

    result = import_list(("Marburg", "GE3"), ("Kassel", "GE3"))

    assert taken_back(result) == [
        "The Bilateral agreement, added by Ana Costa on 3 Mar 2026, ends.",
        "The Bilateral agreement, added by an import of the register on 3 Mar 2026, ends.",
    ]


def test_change_that_an_import_of_the_list_overtook_no_longer_counts(ana):
    add(ana, "GE3")
    add(ana, "Bilateral")
    import_list(("Marburg", "GE3"), choices=ImportChoices(takes_all_back=True))
    import_list(("Marburg", "GE3/Bilateral"))

    result = import_list(("Marburg", "GE3"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_undo_of_an_import_leaves_who_did_what_as_it_was(ana, coordinator):
    import_list(("Marburg", "GE3/Bilateral"))
    import_list(("Marburg", "GE3/Erasmus+"))
    undo(Run.objects.first(), coordinator)

    result = import_list(("Marburg", "GE3/Erasmus+"))

    assert (result.take_backs, result.is_applied) == ([], True)


def test_change_before_an_undone_import_counts(ana, coordinator):
    add(ana, "Bilateral")
    import_list(("Marburg", "GE3"), choices=ImportChoices(takes_all_back=True))
    undo(Run.objects.first(), coordinator)

    result = import_list(("Marburg", "GE3"))

    assert taken_back(result) == [
        "New: GE3 agreement, signed.",
        "The Bilateral agreement, added by Ana Costa on 3 Mar 2026, ends.",
    ]


def test_digest_is_the_same_with_and_without_ticks_and_another_after_a_change(ana):
    agreement = add(ana, "Erasmus+")
    rows = [("Marburg", "Bilateral")]
    choices = [ImportChoices(), ImportChoices(takes_all_back=True)]
    digests = {import_list(*rows, dry_run=True, choices=choice).digest for choice in choices}
    DocumentFactory(agreement=agreement)
    before = database_contents()

    result = import_list(*rows, choices=choices[1], digest=digests.pop())

    assert (len(digests), result.is_applied, database_contents()) == (0, False, before)


def test_history_takes_as_many_queries_for_300_as_for_3(ana):
    names = [f"Nr {number}" for number in range(303)]
    import_list(*((name, "GE3/Bilateral") for name in names))
    Agreement.history.update(run=None, history_user=ana)

    counts = [count_queries(import_list, *((name, "GE3") for name in part)) for part in (names[:3], names[3:])]

    assert counts[0] == counts[1]
