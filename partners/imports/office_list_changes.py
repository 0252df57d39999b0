"""Changes that result from the rows of the office's list, and writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.imports.reconciliation import NO_CHANGES, AgreementChanges
from partners.imports.type_notation import Term
from partners.models import Agreement, AgreementType, Country, Run, University
from partners.name_normalization import matching_key, search_lines, slug_candidates
from partners.runs.bulk_write import ChangeContext, bulk_insert_with_history, bulk_update_with_history
from partners.tables.types import ProgressCallback


class TakenBack(NamedTuple):
    """The changes of people that a row takes back, in words such as “signed by Ana Costa on 3 Mar 2026”."""

    name: str = ""
    """The change of the university's name, if the row takes it back."""
    agreements: Mapping[int, str] = MappingProxyType({})
    """By the pk of the agreement that the row changes."""
    additions: Mapping[Term, str] = MappingProxyType({})
    """By the term of the agreement that the row adds though a person has ended one like it."""


NOTHING_TAKEN_BACK = TakenBack()


@dataclass(slots=True)
class OfficeListRowResult:
    """A valid row of the office's list and the changes it makes."""

    line: int
    country: Country = field(repr=False)
    name: str
    terms: frozenset[Term] = field(repr=False)
    changes: AgreementChanges
    university_id: int | None = None
    """None if the university is new."""
    previous_name: str | None = None
    """The register's name, if the file's replaces it."""
    other_name: str | None = None
    """The name to add to the university's other names."""
    taken_back: TakenBack = NOTHING_TAKEN_BACK
    is_left: bool = field(default=False, repr=False)
    """Nothing is changed, as the row would take back changes of people and nobody has allowed that."""

    @property
    def is_new(self) -> bool:
        return self.university_id is None

    @property
    def is_changed(self) -> bool:
        return not self.is_new and (self.changes != NO_CHANGES or bool(self.previous_name or self.other_name))

    @property
    def takes_back(self) -> bool:
        """True if it takes back a change of a person, or ends signed agreements that the list has only in process."""
        return any(self.taken_back) or bool(self.changes.taken_back)

    @property
    def summary(self) -> str:
        """Return the agreements of a new university in the list's notation, or the sentences on a known one."""
        return "/".join(map(str, self.changes.added)) if self.is_new else " ".join(self.describe())

    def describe(self) -> list[str]:
        """Return a sentence for each change."""
        sentences = []
        if self.previous_name:
            remark = f", {self.taken_back.name}," if self.taken_back.name else ""
            names = {"old": self.previous_name, "remark": remark, "new": self.name}
            sentences.append(_("The name “%(old)s”%(remark)s becomes “%(new)s”.") % names)
        if self.other_name:
            sentences.append(_("“%s” becomes another name.") % self.other_name)
        return [*sentences, *self.changes.describe(self.taken_back.agreements, self.taken_back.additions)]


def apply_changes(
    results: Sequence[OfficeListRowResult],
    types: Mapping[str, AgreementType],
    run: Run,
    progress: ProgressCallback,
) -> None:
    """Write the changes with their history. Agreements end first, as unique constraints count the others."""
    type_ids = {None: None} | {name: agreement_type.pk for name, agreement_type in types.items()}
    context = ChangeContext(run.history_reason, run.user, run, progress)
    ended = [agreement for result in results for agreement in (*result.changes.ended, *result.changes.taken_back)]
    _update_agreements(
        {agreement.pk: agreement.term._replace(status=AgreementStatus.ENDED) for agreement in ended}, type_ids, context
    )
    _update_agreements(
        {agreement.pk: term for result in results for agreement, term in result.changes.updated}, type_ids, context
    )
    _update_names([result for result in results if result.previous_name or result.other_name], context)
    new = [result for result in results if result.is_new]
    names = ["country", "name", "name_key", "search_text", "slug"]
    pks = bulk_insert_with_history(University, names, _new_universities(new), len(new), context)
    created = {result.line: pk for result, pk in zip(new, pks, strict=True)}
    agreements = (
        (created.get(result.line, result.university_id), type_ids[term.agreement_type], term.status)
        for result in results
        for term in result.changes.added
    )
    total = sum(len(result.changes.added) for result in results)
    bulk_insert_with_history(Agreement, ["university", "agreement_type", "status"], agreements, total, context)


def _update_agreements(
    terms: Mapping[int, Term], type_ids: Mapping[str | None, int | None], context: ChangeContext
) -> None:
    agreements = list(Agreement.objects.in_bulk(terms).values())
    for agreement in agreements:
        term = terms[agreement.pk]
        agreement.agreement_type_id, agreement.status = type_ids[term.agreement_type], term.status
    bulk_update_with_history(Agreement, agreements, ["status", "agreement_type"], context)


def _update_names(results: Sequence[OfficeListRowResult], context: ChangeContext) -> None:
    universities = University.objects.in_bulk([result.university_id for result in results])
    for result in results:
        university = universities[result.university_id]
        university.name = result.name
        if result.other_name:
            university.other_names += f"\n{result.other_name}"
    bulk_update_with_history(University, list(universities.values()), ["name", "other_names"], context)


def _new_universities(results: Sequence[OfficeListRowResult]) -> Iterator[tuple]:
    """Yield the values of the columns. The search text has the name alone, as there is no other name and no city."""
    taken = set(University.objects.values_list("slug", flat=True)) if results else set()
    for result in results:
        key = matching_key(result.name)
        slug = next(slug for slug in slug_candidates(key, result.country.code) if slug not in taken)
        taken.add(slug)
        yield result.country.pk, result.name, key, search_lines([key]), slug
