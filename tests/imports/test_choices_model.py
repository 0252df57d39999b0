"""Any answers to the questions of an import's preview, for generated registers and lists."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.choices import NEW, ImportChoices, KeptName, KnownUniversityChoice
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource
from partners.models import Agreement, AgreementType, Run, University
from partners.runs.undo import undo
from tests.helpers.database import database_contents, few_examples, rolled_back, save_if_valid
from tests.helpers.factories import UniversityFactory
from tests.helpers.tables import read_table, write_table

pytestmark = pytest.mark.slow

ON = date(2026, 11, 28)
NAMES = [
    *["Management Center Innsbruck", "Innsbruck Management Center", "MCI, Management Center Innsbruck", "MCI"],
    *["University of Applied Sciences Kufstein", "Kufstein University of Applied Sciences", "Kufstein"],
]
CELLS = ["Bilateral", "GE3/Bilateral", "in process", "GE3 (in process)", "Erasmus+/GE3 (in process)"]

names = st.sampled_from(NAMES)
agreements = st.tuples(st.sampled_from(["Bilateral", "GE3", None]), st.sampled_from(AgreementStatus), st.booleans())
registers = st.dictionaries(names, st.lists(agreements, max_size=3), min_size=1, max_size=4)
"""Agreements by the names of their universities: types, statuses, and if a person has added them."""
lists = st.dictionaries(names, st.sampled_from(CELLS), min_size=1, max_size=4)


def build(register, user):
    types = {agreement_type.name: agreement_type for agreement_type in AgreementType.objects.all()}
    for name, rows in register.items():
        university = UniversityFactory(name=name)
        for type_name, status, is_by_person in rows:
            agreement = Agreement(university=university, agreement_type=types.get(type_name), status=status)
            agreement._history_user = user if is_by_person else None
            save_if_valid(agreement)


def import_file(content, **options):
    run = Run.from_upload(content, file_name="list")
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=ON, run=run, **options)


def stored_register():
    return [list(model.objects.order_by("pk").values()) for model in (University, Agreement)]


@st.composite
def choices_about(draw, questions):
    """Return an answer to each question, and ticks for some of all universities."""
    answers = {}
    for question in questions:
        known = [
            KnownUniversityChoice(candidate.university_id, keep)
            for candidate in question.candidates
            for keep in KeptName.values
        ]
        answers[question.line] = draw(st.sampled_from([NEW, *known]))
    pks = list(University.objects.values_list("pk", flat=True))
    return ImportChoices(answers, frozenset(draw(st.sets(st.sampled_from(pks)))))


@few_examples
@given(registers, lists, st.data())
def test_any_choices_lead_to_a_register_that_is_no_change_and_is_undone(db, coordinator, register, listed, data):
    content = write_table([COLUMNS, *(("Germany", name, cell) for name, cell in listed.items())], "tsv")
    with rolled_back():
        build(register, coordinator)
        before, contents = stored_register(), database_contents()
        preview = import_file(content, dry_run=True)
        choices = data.draw(choices_about(preview.questions))

        result = import_file(content, choices=choices, digest=preview.digest)

        if not result.is_applied:
            assert database_contents() == contents
            return
        after = database_contents()
        exported = import_file(write_table(OfficeListResource().export(), "tsv"))
        again = import_file(content, choices=choices)
        assert (exported.questions, exported.take_backs) == ([], [])
        assert (exported.is_applied, again.is_applied, database_contents()) == (False, False, after)
        undo(Run.objects.get(), coordinator)
        assert stored_register() == before
