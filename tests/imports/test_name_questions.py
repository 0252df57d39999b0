from datetime import date
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from partners.enums import AgreementStatus
from partners.imports.choices import NEW, ImportChoices, KeptName, KnownUniversityChoice
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource
from partners.models import AgreementType, Country, Run, University
from partners.runs.undo import undo
from tests.helpers.database import count_queries, database_contents
from tests.helpers.factories import AgreementFactory, InstitutionFactory, UniversityFactory
from tests.helpers.tables import read_table

ON = date(2026, 11, 28)
RESPELLED = "Innsbruck Management Center"
MCI = "Management Center Innsbruck"

pytestmark = pytest.mark.django_db


def import_list(*rows, **options):
    """Import rows of Germany, each a name and its types. The first is line 2."""
    content = "\n".join(["\t".join(COLUMNS), *(f"Germany\t{name}\t{types}" for name, types in rows)]).encode()
    run = Run.from_upload(content, file_name="list.tsv")
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=ON, run=run, **options)


def choose(university, line=2, keep=KeptName.REGISTER, **values):
    return ImportChoices({line: KnownUniversityChoice(university.pk, keep)}, **values)


def agreements(university):
    return sorted(university.agreements.values_list("agreement_type__name", "status"))


@pytest.fixture
def mci():
    return AgreementFactory(university__name=MCI).university


def test_new_name_that_says_almost_the_same_waits(mci):
    result = import_list((RESPELLED, "Erasmus+"))

    question = result.questions[0]
    assert (question.line, question.name, question.default, question.choice) == (2, RESPELLED, None, None)
    candidate = question.candidates[0]
    assert (candidate.university_id, candidate.name, candidate.reason.label) == (mci.pk, MCI, "same words")
    assert candidate.result.describe() == ["New: Erasmus+ agreement, signed.", "The Bilateral agreement ends."]
    assert (result.waiting, result.is_applied, University.objects.count()) == ([question], False, 1)


def test_similar_name_is_new_unless_somebody_says_otherwise():
    UniversityFactory(name="University of Applied Sciences Kufstein")

    result = import_list(("University of Applied Sciences Kufsteen", "Bilateral"))

    assert [(question.default, question.choice) for question in result.questions] == [(NEW, NEW)]
    assert (result.waiting, result.is_applied) == ([], True)


def test_other_names_and_those_of_the_linked_institution_are_compared():
    tum = UniversityFactory(name="Isar", institution=InstitutionFactory())
    rwth = UniversityFactory(name="RWTH", other_names="Aachen University of Technology")

    result = import_list(("University of Technology Aachen", "GE3"), ("Technical University Munich", "GE3"))

    found = {question.name: question.candidates[0] for question in result.questions}
    assert {name: (candidate.university_id, candidate.matched_name) for name, candidate in found.items()} == {
        "University of Technology Aachen": (rwth.pk, "Aachen University of Technology"),
        "Technical University Munich": (tum.pk, "Technical University of Munich"),
    }


def test_university_that_the_file_names_is_no_candidate(mci):
    result = import_list((MCI, "Bilateral"), (RESPELLED, "Bilateral"))

    assert (result.questions, result.counts()) == ([], "1 new, 0 changed, 1 unchanged, 0 errors")


def test_university_of_another_country_is_no_candidate():
    UniversityFactory(name=MCI, country=Country.objects.get(code="AT"))

    result = import_list((RESPELLED, "Bilateral"))

    assert result.questions == []


def test_chosen_university_keeps_its_name_and_is_reconciled(mci):
    result = import_list((RESPELLED, "Bilateral/GE3"), choices=choose(mci))

    mci.refresh_from_db()
    assert (mci.name, mci.other_names, agreements(mci)) == (
        MCI,
        RESPELLED,
        [("Bilateral", "signed"), ("GE3", "signed")],
    )
    assert result.counts() == "0 new, 1 changed, 0 unchanged, 0 errors"
    assert result.missing_universities == []


def test_chosen_university_takes_the_files_name_and_keeps_its_address(mci):
    result = import_list((RESPELLED, "Bilateral"), choices=choose(mci, keep=KeptName.FILE))

    mci.refresh_from_db()
    assert (mci.name, mci.other_names, mci.slug) == (RESPELLED, MCI, "management-center-innsbruck")
    assert result.changed[0].describe() == [
        f"The name “{MCI}” becomes “{RESPELLED}”.",
        f"“{MCI}” becomes another name.",
    ]
    assert mci.history.first().run == Run.objects.get()


@pytest.mark.parametrize("keep", KeptName)
def test_list_with_a_chosen_university_imported_again_changes_nothing(mci, keep):
    import_list((RESPELLED, "GE3"), choices=choose(mci, keep=keep))
    before = database_contents()

    result = import_list((RESPELLED, "GE3"))

    assert (result.questions, result.counts()) == ([], "0 new, 0 changed, 1 unchanged, 0 errors")
    assert database_contents() == before


@pytest.mark.parametrize("keep", KeptName)
def test_undo_puts_names_back(mci, coordinator, keep):
    before = list(University.objects.values())

    import_list((RESPELLED, "GE3"), choices=choose(mci, keep=keep))
    undo(Run.objects.get(), coordinator)

    assert (list(University.objects.values()), agreements(mci)) == (before, [("Bilateral", "signed")])


def test_chosen_as_new_is_added(mci):
    result = import_list((RESPELLED, "GE3"), choices=ImportChoices({2: NEW}))

    assert (result.is_applied, University.objects.filter(name=RESPELLED).exists()) == (True, True)


def test_new_by_default_leaves_other_choices(mci):
    import_list((RESPELLED, "Bilateral"), choices=choose(mci, is_new_by_default=True))

    assert list(University.objects.values_list("name", "other_names")) == [(MCI, RESPELLED)]


def test_university_chosen_for_two_lines_is_an_error_at_both(mci):
    rows = [(RESPELLED, "Bilateral"), (f"{MCI} (MCI)", "GE3")]
    choice = KnownUniversityChoice(mci.pk)

    result = import_list(*rows, choices=ImportChoices({2: choice, 3: choice}))

    message = f"“{MCI}” is chosen for lines 2 and 3. Choose it for one of them."
    assert [question.error for question in result.waiting] == [message, message]
    assert (result.is_applied, University.objects.count()) == (False, 1)


def test_choice_of_a_university_that_is_no_candidate_counts_as_none(mci):
    other = UniversityFactory(name="Kufstein")

    result = import_list((RESPELLED, "Bilateral"), choices=choose(other))

    assert [question.choice for question in result.waiting] == [None]


def test_choice_that_the_list_leaves_open_is_an_error(mci):
    ge3 = AgreementType.objects.get(name="GE3")
    for scope in ("Law", "Arts"):
        AgreementFactory(university=mci, agreement_type=ge3, scope=scope, status=AgreementStatus.IN_PROCESS)

    result = import_list((RESPELLED, "GE3"), choices=choose(mci))

    assert "“GE3” is in process for “Law”, “Arts”" in result.waiting[0].error
    assert result.waiting[0].candidates[0].result is None


def test_run_has_the_choices(mci):
    UniversityFactory(name="University of Applied Sciences Kufstein")

    import_list(
        (RESPELLED, "Bilateral"),
        ("University of Applied Sciences Kufsteen", "GE3"),
        choices=choose(mci, keep=KeptName.FILE),
    )

    run = Run.objects.get()
    assert (run.table, run.choices) == (
        "list",
        {
            "names": {"2": {"university": mci.pk, "keep": "file"}, "3": "new"},
            "take_back": [],
            "summary": [
                f"“{RESPELLED}” is the new name of “{MCI}”.",
                "“University of Applied Sciences Kufsteen” is a new university.",
            ],
        },
    )


def test_digest_is_that_of_the_offer_whichever_is_chosen(mci):
    chosen = [
        import_list((RESPELLED, "GE3"), dry_run=True, choices=choices).digest
        for choices in [
            ImportChoices(),
            ImportChoices({2: NEW}),
            choose(mci),
            choose(mci, keep=KeptName.FILE),
        ]
    ]

    assert len(set(chosen)) == 1


def test_import_is_refused_when_a_candidate_has_changed_since_the_preview(mci):
    digest = import_list((RESPELLED, "Bilateral"), dry_run=True).digest
    mci.agreements.update(status=AgreementStatus.ENDED)
    before = database_contents()

    result = import_list((RESPELLED, "Bilateral"), choices=choose(mci), digest=digest)

    assert (result.is_applied, database_contents()) == (False, before)


def test_questions_take_as_many_queries_for_300_as_for_3():
    for number in range(303):
        UniversityFactory(name=f"Academy Nr {number}")

    files = [[(f"Nr {number} Academy", "GE3") for number in range(size)] for size in (3, 300)]
    counts = [count_queries(partial(import_list, dry_run=True), *rows) for rows in files]

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "data",
    [
        [],
        "new",
        {"names": []},
        {"names": {"x": "new"}},
        {"names": {"2": "old"}},
        {"names": {"2": {"university": "3", "keep": "file"}}},
        {"names": {"2": {"university": True, "keep": "file"}}},
        {"names": {"2": {"university": 3, "keep": "both"}}},
        {"names": {"2": {"university": 3, "keep": "file", "x": 1}}},
        {"take_back": ["3"]},
        {"take_back": 3},
        {"other": 1},
    ],
)
def test_malformed_choices_are_refused(data):
    with pytest.raises(ValidationError, match="malformed"):
        ImportChoices.from_json(data)


def test_choices_are_read_as_they_were_written():
    choices = ImportChoices({2: NEW, 3: KnownUniversityChoice(5, "file")}, frozenset([7, 8]))

    assert ImportChoices.from_json(choices.to_json()) == choices
    assert ImportChoices.from_json({}) == ImportChoices()
