"""From "the file says these terms for this university" to the changes that makes, and making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.imports.bulk_write import ChangeContext, bulk_insert_with_history, bulk_update_with_history
from partners.imports.type_notation import Term
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from partners.models.universities import DERIVED_FIELDS
from partners.name_normalization import matching_key, slug_candidates
from partners.tables.types import ProgressCallback

UNKNOWN_TYPE = Term(None, in_process=True)
ANALYZE_THRESHOLD = 1_000
"""New universities from which on the database's planner is given new statistics."""


@dataclass(slots=True)
class AgreementChanges:
    """What becomes of one university's agreements. Agreements that exist are named by their ids."""

    turned: dict[int, tuple[Term, Term]] = field(default_factory=dict)
    """From what to what: an agreement that is signed, or learns its type."""
    added: list[Term] = field(default_factory=list)
    ended: dict[int, Term] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.turned or self.added or self.ended)

    def words(self) -> Iterator[str]:
        for old, new in self.turned.values():
            yield _("%(old)s becomes %(new)s") % {"old": old, "new": _describe_term(new)}
        for term in self.added:
            yield _("new: %s") % _describe_term(term)
        for term in self.ended.values():
            yield _("%s ends") % str(term)


NO_CHANGES = AgreementChanges()


def diff_agreements(listed: frozenset[Term], held: Mapping[Term, int]) -> AgreementChanges:
    """The changes after which the open agreements that a university holds are those that the file lists."""
    if held.keys() == listed:
        return NO_CHANGES
    left = {term: agreement for term, agreement in held.items() if term not in listed}
    changes = AgreementChanges()
    missing = sorted(listed - held.keys(), key=lambda term: (term.in_process, term.agreement_type or ""))
    for source_of in (_same_type, _unknown_type):
        for term in list(missing):
            if (source := source_of(term)) in left:
                changes.turned[left.pop(source)] = (source, term)
                missing.remove(term)
    changes.added = missing
    changes.ended = {agreement: term for term, agreement in left.items()}
    return changes


def _same_type(term: Term) -> Term | None:
    """A signed agreement may have been in process before."""
    return None if term.in_process else term._replace(in_process=True)


def _unknown_type(term: Term) -> Term:
    return UNKNOWN_TYPE


def _describe_term(term: Term) -> str:
    return str(term) if term.in_process else _("signed %s") % str(term)


@dataclass(slots=True)
class OfficeListRowResult:
    """What one row of the file comes to."""

    line: int
    country: Country = field(repr=False)
    name: str
    changes: AgreementChanges
    university: int | None = None
    """The id of the university, if the register has it."""
    respelled: str | None = None
    """The spelling that the file's takes the place of."""

    @property
    def is_new(self) -> bool:
        return self.university is None

    @property
    def is_changed(self) -> bool:
        return not self.is_new and bool(self.changes or self.respelled)

    @property
    def terms(self) -> str:
        """What a new university begins with."""
        return "/".join(map(str, self.changes.added))

    def words(self) -> list[str]:
        spelling = [_("spelling: %(old)s → %(new)s") % {"old": self.respelled, "new": self.name}]
        return spelling * bool(self.respelled) + list(self.changes.words())


def apply_changes(
    outcomes: Sequence[OfficeListRowResult], types: Mapping[str, AgreementType], run: ImportRun, watch: ProgressCallback
) -> None:
    """Makes the changes, with their history. What ends goes first, to make room for what takes its place."""
    type_ids = {None: None} | {name: each.pk for name, each in types.items()}
    why = ChangeContext(run.reason, run.user, run, watch)
    _end_agreements([pk for outcome in outcomes for pk in outcome.changes.ended], why)
    _update_agreements(
        {pk: new for outcome in outcomes for pk, (_old, new) in outcome.changes.turned.items()}, type_ids, why
    )
    _rename_universities({outcome.university: outcome.name for outcome in outcomes if outcome.respelled}, why)
    new = [outcome for outcome in outcomes if outcome.is_new]
    created = dict(zip(map(id, new), _create_universities(new, why), strict=True))
    agreements = (
        (created.get(id(outcome), outcome.university), type_ids[term.agreement_type], _status(term))
        for outcome in outcomes
        for term in outcome.changes.added
    )
    total = sum(len(outcome.changes.added) for outcome in outcomes)
    bulk_insert_with_history(Agreement, ["university", "agreement_type", "status"], agreements, total, why)
    if len(new) >= ANALYZE_THRESHOLD:
        connection.cursor().execute("ANALYZE")


def _end_agreements(ids: Sequence[int], why: ChangeContext) -> None:
    agreements = list(Agreement.objects.in_bulk(ids).values())
    for agreement in agreements:
        agreement.status = AgreementStatus.ENDED
    bulk_update_with_history(Agreement, agreements, ["status"], why)


def _update_agreements(
    terms: Mapping[int, Term], type_ids: Mapping[str | None, int | None], why: ChangeContext
) -> None:
    agreements = list(Agreement.objects.in_bulk(terms).values())
    for agreement in agreements:
        term = terms[agreement.pk]
        agreement.agreement_type_id, agreement.status = type_ids[term.agreement_type], _status(term)
    bulk_update_with_history(Agreement, agreements, ["status", "agreement_type"], why)


def _rename_universities(names: Mapping[int, str], why: ChangeContext) -> None:
    """A spelling that matches has the same keys, so that the name is all there is to write."""
    universities = list(University.objects.in_bulk(names).values())
    for university in universities:
        university.name = names[university.pk]
    bulk_update_with_history(University, universities, ["name"], why)


def _create_universities(outcomes: Sequence[OfficeListRowResult], why: ChangeContext) -> list[int]:
    """The ids of the new universities, in the order of their outcomes."""
    names = ["country", "name", *DERIVED_FIELDS, "slug"]
    return bulk_insert_with_history(University, names, _new_universities(outcomes), len(outcomes), why)


def _new_universities(outcomes: Sequence[OfficeListRowResult]) -> Iterator[tuple]:
    """A name without other names and a city beside it is all that there is to find, so that the keys are the same."""
    taken = set(University.objects.values_list("slug", flat=True)) if outcomes else set()
    for outcome in outcomes:
        key = matching_key(outcome.name)
        slug = next(slug for slug in slug_candidates(key, outcome.country.code) if slug not in taken)
        taken.add(slug)
        yield outcome.country.pk, outcome.name, key, key, slug


def _status(term: Term) -> AgreementStatus:
    return AgreementStatus.IN_PROCESS if term.in_process else AgreementStatus.SIGNED
