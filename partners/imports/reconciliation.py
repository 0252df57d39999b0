"""Changes that make the register's open agreements those of the office's list: computing and writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.history.diff import FieldChange
from partners.imports.bulk_write import ChangeContext, bulk_insert_with_history, bulk_update_with_history
from partners.imports.type_notation import Term
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from partners.name_normalization import matching_key, slug_candidates
from partners.tables.types import ProgressCallback

UNKNOWN_TYPE = Term(None, AgreementStatus.IN_PROCESS)
ANALYZE_THRESHOLD = 1_000
"""New universities in one import. With so many, the query planner's statistics are out of date afterwards."""


@dataclass(slots=True)
class AgreementChanges:
    """Changes to one university's agreements. Existing agreements are given by their pks."""

    updated: dict[int, tuple[Term, Term]] = field(default_factory=dict)
    """The old and the new term of agreements that are now signed, or whose type is now known."""
    added: list[Term] = field(default_factory=list)
    ended: dict[int, Term] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.updated or self.added or self.ended)

    def describe(self) -> Iterator[str]:
        for old, new in self.updated.values():
            yield _("%(old)s becomes %(new)s") % {"old": old, "new": _describe_term(new)}
        for term in self.added:
            yield _("new: %s") % _describe_term(term)
        for term in self.ended.values():
            yield _("%s ends") % str(term)


def _describe_term(term: Term) -> str:
    return _("signed %s") % str(term) if term.status == AgreementStatus.SIGNED else str(term)


NO_CHANGES = AgreementChanges()


def diff_agreements(listed: frozenset[Term], existing: Mapping[Term, int]) -> AgreementChanges:
    """Return the changes that turn a university's open agreements (term to pk) into the listed terms.

    An agreement in process of the same type is updated first, then one of unknown type. What then remains is
    added or ended.
    """
    if existing.keys() == listed:
        return NO_CHANGES
    unmatched = {term: pk for term, pk in existing.items() if term not in listed}
    changes = AgreementChanges()
    changes.added = sorted(
        listed - existing.keys(),
        key=lambda term: (term.status != AgreementStatus.SIGNED, term.agreement_type or "", term.status),
    )
    in_process = [
        (term._replace(status=AgreementStatus.IN_PROCESS), term)
        for term in changes.added
        if term.status == AgreementStatus.SIGNED
    ]
    for old, new in [*in_process, *((UNKNOWN_TYPE, term) for term in changes.added)]:
        if old in unmatched and new in changes.added:
            changes.updated[unmatched.pop(old)] = (old, new)
            changes.added.remove(new)
    changes.ended = {pk: term for term, pk in unmatched.items()}
    return changes


@dataclass(slots=True)
class OfficeListRowResult:
    """A valid row of the office's list and the changes it makes."""

    line: int
    country: Country = field(repr=False)
    name: str
    changes: AgreementChanges
    university_id: int | None = None
    """None if the university is new."""
    previous_name: str | None = None
    """The register's spelling of the name, if the file's replaces it."""

    @property
    def is_new(self) -> bool:
        return self.university_id is None

    @property
    def is_changed(self) -> bool:
        return not self.is_new and bool(self.changes or self.previous_name)

    @property
    def summary(self) -> str:
        """Return the agreements of a new university in the list's notation."""
        return "/".join(map(str, self.changes.added))

    def describe(self) -> list[str]:
        descriptions = list(self.changes.describe())
        if self.previous_name:
            descriptions.insert(0, str(FieldChange("name", _("spelling"), self.previous_name, self.name)))
        return descriptions


def apply_changes(
    results: Sequence[OfficeListRowResult],
    types: Mapping[str, AgreementType],
    run: ImportRun,
    progress: ProgressCallback,
) -> None:
    """Write the changes with their history. Agreements end first, as unique constraints count the others."""
    type_ids = {None: None} | {name: agreement_type.pk for name, agreement_type in types.items()}
    context = ChangeContext(run.history_reason, run.user, run, progress)
    ended = {pk: term for result in results for pk, term in result.changes.ended.items()}
    _update_agreements(
        {pk: term._replace(status=AgreementStatus.ENDED) for pk, term in ended.items()}, type_ids, context
    )
    _update_agreements(
        {pk: new for result in results for pk, (_old, new) in result.changes.updated.items()}, type_ids, context
    )
    renamed = {result.university_id: result.name for result in results if result.previous_name}
    universities = list(University.objects.in_bulk(renamed).values())
    for university in universities:
        university.name = renamed[university.pk]
    # The spellings have the same matching key, so the search keys stay as they are.
    bulk_update_with_history(University, universities, ["name"], context)
    new = [result for result in results if result.is_new]
    names = ["country", "name", "name_key", "search_text", "slug"]
    pks = bulk_insert_with_history(University, names, _new_universities(new), len(new), context)
    created = dict(zip(map(id, new), pks, strict=True))
    agreements = (
        (created.get(id(result), result.university_id), type_ids[term.agreement_type], term.status)
        for result in results
        for term in result.changes.added
    )
    total = sum(len(result.changes.added) for result in results)
    bulk_insert_with_history(Agreement, ["university", "agreement_type", "status"], agreements, total, context)
    if len(new) >= ANALYZE_THRESHOLD:
        connection.cursor().execute("ANALYZE")


def _update_agreements(
    terms: Mapping[int, Term], type_ids: Mapping[str | None, int | None], context: ChangeContext
) -> None:
    agreements = list(Agreement.objects.in_bulk(terms).values())
    for agreement in agreements:
        term = terms[agreement.pk]
        agreement.agreement_type_id, agreement.status = type_ids[term.agreement_type], term.status
    bulk_update_with_history(Agreement, agreements, ["status", "agreement_type"], context)


def _new_universities(results: Sequence[OfficeListRowResult]) -> Iterator[tuple]:
    """Yield the values of the columns. The search text is the name's key, as there is no other name and no city."""
    taken = set(University.objects.values_list("slug", flat=True)) if results else set()
    for result in results:
        key = matching_key(result.name)
        slug = next(slug for slug in slug_candidates(key, result.country.code) if slug not in taken)
        taken.add(slug)
        yield result.country.pk, result.name, key, key, slug
