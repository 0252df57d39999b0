"""An import of the office's list against a short model of its rules, for generated registers and lists."""

from datetime import date
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.choices import ImportChoices
from partners.imports.office_list import COLUMNS
from partners.imports.reconciliation import NO_CHANGES, OpenAgreement, reconcile
from partners.imports.resources import OfficeListResource
from partners.imports.type_notation import Term, format_terms
from partners.models import Agreement, AgreementType, Run
from tests.helpers.database import database_contents, few_examples, rolled_back, save_if_valid
from tests.helpers.factories import UniversityFactory
from tests.helpers.tables import read_table, write_table

ON = date(2026, 11, 28)
ENDED, IN_PROCESS, SIGNED = AgreementStatus.ENDED, AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED
TYPES = ["Bilateral", "Erasmus+", "GE3"]
UNKNOWN = Term(None, IN_PROCESS)
TERMS = [UNKNOWN, *map(Term, TYPES), *[Term(name, IN_PROCESS) for name in TYPES]]
SCOPES = ["", "Faculty of Arts", "Faculty of Law"]
PERIODS = [
    (None, None),
    (None, date(2023, 8, 31)),
    (date(2023, 9, 1), date(2026, 8, 31)),
    (date(2026, 9, 1), date(2028, 8, 31)),
    (date(2028, 9, 1), None),
]

lists = st.frozensets(st.sampled_from(TERMS), min_size=1)
registers = st.lists(
    st.sampled_from(list(product(TERMS, SCOPES, PERIODS))),
    unique_by=lambda row: row if row[0].status == SIGNED else row[:2],
    max_size=8,
)
"""Rows of (term, scope, period), with one in process for each type and scope. Signed periods may overlap."""


def model(listed, register):
    """Return the terms of the agreements after an import, None for ended ones, and those of new agreements.

    Return None if the list does not say which of several in process is signed.
    """
    after, new = {row.pk: row.term if stays(row, listed) else None for row in register}, set()
    unknown = [row for row in register if row.term == UNKNOWN and UNKNOWN not in listed]
    for term in sorted(listed, key=lambda term: (term.status == IN_PROCESS, term.agreement_type or "")):
        in_process = [row for row in register if row.term == (term.agreement_type, IN_PROCESS)]
        if any(row.term == term for row in register):
            continue
        if in_process and (term.agreement_type, IN_PROCESS) not in listed:
            signable = [row for row in in_process if len(in_process) == 1 or not row.scope]
            if not signable:
                return None
            after[signable[0].pk] = term
        elif len(unknown) == 1:
            after[unknown.pop().pk] = term
        else:
            new.add(term)
    return after, new


def stays(row, listed):
    is_type_listed = row.term.agreement_type in [term.agreement_type for term in listed]
    has_expired = row.valid_until is not None and row.valid_until < ON
    return is_type_listed and (row.term in listed or row.term.status == IN_PROCESS or has_expired)


def as_agreements(rows):
    return [OpenAgreement(pk, term, scope, *period) for pk, (term, scope, period) in enumerate(rows, 1)]


def apply(changes, register):
    ended = changes.ended + changes.taken_back
    after = {row.pk: None if row in ended else dict(changes.updated).get(row, row.term) for row in register}
    return after, set(changes.added)


@given(lists, registers.map(as_agreements))
def test_reconcile_follows_the_model(listed, register):
    expected = model(listed, register)

    if expected is None:
        with pytest.raises(ValidationError, match="does not say which is signed"):
            reconcile(listed, register, ON)
    else:
        assert apply(reconcile(listed, register, ON), register) == expected


@given(lists, registers.map(as_agreements))
def test_reconcile_changes_nothing_the_second_time(listed, register):
    assume(model(listed, register))
    after, added = apply(reconcile(listed, register, ON), register)

    remaining = [row._replace(term=after[row.pk]) for row in register if after[row.pk]]
    new = [OpenAgreement(pk, term) for pk, term in enumerate(added, len(register) + 1)]

    assert reconcile(listed, remaining + new, ON) == NO_CHANGES


def create_agreements(rows):
    """Create those that the register allows, for one university."""
    university = UniversityFactory(name="Marburg")
    types = {agreement_type.name: agreement_type for agreement_type in AgreementType.objects.all()}
    for term, scope, (valid_from, valid_until) in rows:
        agreement = Agreement(university=university, agreement_type=types.get(term.agreement_type), status=term.status)
        agreement.scope, agreement.valid_from, agreement.valid_until = scope, valid_from, valid_until
        save_if_valid(agreement)


def stored_agreements():
    fields = "pk", "agreement_type__name", "status", "scope", "valid_from", "valid_until"
    rows = Agreement.objects.order_by("pk").values_list(*fields)
    return [OpenAgreement(pk, Term(name, status), *others) for pk, name, status, *others in rows]


def import_file(content):
    run = Run.from_upload(content, file_name="list")
    choices = ImportChoices(takes_all_back=True)
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=ON, run=run, choices=choices)


def import_terms(terms):
    cell = format_terms(terms, {name: position for position, name in enumerate(TYPES)})
    return import_file(write_table([COLUMNS, ("Germany", "Marburg", cell)], "tsv"))


@pytest.mark.slow
@few_examples
@given(lists, registers)
def test_import_follows_the_model(db, listed, rows):
    with rolled_back():
        create_agreements(rows)
        before = stored_agreements()
        expected = model(listed, before)

        result = import_terms(listed)

        if expected is None:
            assert (result.is_applied, stored_agreements()) == (False, before)
            return
        agreements, new = expected
        after = {row.pk: row for row in stored_agreements()}
        stored = [after.pop(row.pk) for row in before]
        assert stored == [row._replace(term=agreements[row.pk] or row.term._replace(status=ENDED)) for row in before]
        assert {row.term for row in after.values()} == new
        assert {row[2:] for row in after.values()} <= {("", None, None)}


@pytest.mark.slow
@few_examples
@given(lists, registers)
def test_second_import_of_a_list_changes_nothing(db, listed, rows):
    with rolled_back():
        create_agreements(rows)
        assume(not import_terms(listed).has_validation_errors())
        contents = database_contents()

        result = import_terms(listed)

        assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"
        assert database_contents() == contents


@pytest.mark.slow
@few_examples
@given(registers.filter(bool))
def test_export_imported_again_changes_nothing(db, rows):
    with rolled_back():
        create_agreements(rows)
        contents = database_contents()

        results = [import_file(write_table(OfficeListResource().export(), kind)) for kind in ("tsv", "xlsx")]

        assert [result.counts() for result in results] == ["0 new, 0 changed, 1 unchanged, 0 errors"] * 2
        assert database_contents() == contents
