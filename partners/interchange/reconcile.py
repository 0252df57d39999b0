"""From "the file says these terms for this university" to the changes that makes, and making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from partners.interchange.history import Why, change, insert
from partners.interchange.notation import Term
from partners.interchange.records import Watch
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from partners.models.universities import KEYS
from partners.names import matching_key, slugs
from partners.rules import Status

UNKNOWN_TYPE = Term(None, in_process=True)
LARGE = 1_000
"""New universities from which on the database's planner is given new statistics."""


@dataclass(slots=True)
class Changes:
    """What becomes of one university's agreements. Agreements that exist are named by their ids."""

    turned: dict[int, tuple[Term, Term]] = field(default_factory=dict)
    """From what to what: an agreement that is signed, or learns its type."""
    added: list[Term] = field(default_factory=list)
    ended: dict[int, Term] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.turned or self.added or self.ended)

    def words(self) -> Iterator[str]:
        for old, new in self.turned.values():
            yield _("%(old)s becomes %(new)s") % {"old": old, "new": _worded(new)}
        for term in self.added:
            yield _("new: %s") % _worded(term)
        for term in self.ended.values():
            yield _("%s ends") % str(term)


UNCHANGED = Changes()


def reconcile(listed: frozenset[Term], held: Mapping[Term, int]) -> Changes:
    """The changes after which the open agreements that a university holds are those that the file lists."""
    if held.keys() == listed:
        return UNCHANGED
    left = {term: agreement for term, agreement in held.items() if term not in listed}
    changes = Changes()
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


def _worded(term: Term) -> str:
    return str(term) if term.in_process else _("signed %s") % str(term)


@dataclass(slots=True)
class Outcome:
    """What one row of the file comes to."""

    line: int
    country: Country = field(repr=False)
    name: str
    changes: Changes
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


def apply(outcomes: Sequence[Outcome], types: Mapping[str, AgreementType], run: ImportRun, watch: Watch) -> None:
    """Makes the changes, with their history. What ends goes first, to make room for what takes its place."""
    type_ids = {None: None} | {name: each.pk for name, each in types.items()}
    why = Why(run.reason, run.user, run, watch)
    _end([pk for outcome in outcomes for pk in outcome.changes.ended], why)
    _turn({pk: new for outcome in outcomes for pk, (_old, new) in outcome.changes.turned.items()}, type_ids, why)
    _respell({outcome.university: outcome.name for outcome in outcomes if outcome.respelled}, why)
    new = [outcome for outcome in outcomes if outcome.is_new]
    created = dict(zip(map(id, new), _create(new, why), strict=True))
    agreements = (
        (created.get(id(outcome), outcome.university), type_ids[term.agreement_type], _status(term))
        for outcome in outcomes
        for term in outcome.changes.added
    )
    total = sum(len(outcome.changes.added) for outcome in outcomes)
    insert(Agreement, ["university", "agreement_type", "status"], agreements, total, why)
    if len(new) >= LARGE:
        connection.cursor().execute("ANALYZE")


def _end(ids: Sequence[int], why: Why) -> None:
    agreements = list(Agreement.objects.in_bulk(ids).values())
    for agreement in agreements:
        agreement.status = Status.ENDED
    change(Agreement, agreements, ["status"], why)


def _turn(terms: Mapping[int, Term], type_ids: Mapping[str | None, int | None], why: Why) -> None:
    agreements = list(Agreement.objects.in_bulk(terms).values())
    for agreement in agreements:
        term = terms[agreement.pk]
        agreement.agreement_type_id, agreement.status = type_ids[term.agreement_type], _status(term)
    change(Agreement, agreements, ["status", "agreement_type"], why)


def _respell(names: Mapping[int, str], why: Why) -> None:
    """A spelling that matches has the same keys, so that the name is all there is to write."""
    universities = list(University.objects.in_bulk(names).values())
    for university in universities:
        university.name = names[university.pk]
    change(University, universities, ["name"], why)


def _create(outcomes: Sequence[Outcome], why: Why) -> list[int]:
    """The ids of the new universities, in the order of their outcomes."""
    names = ["country", "name", *KEYS, "slug"]
    return insert(University, names, _new_universities(outcomes), len(outcomes), why)


def _new_universities(outcomes: Sequence[Outcome]) -> Iterator[tuple]:
    """A name without other names and a city beside it is all that there is to find, so that the keys are the same."""
    taken = set(University.objects.values_list("slug", flat=True)) if outcomes else set()
    for outcome in outcomes:
        key = matching_key(outcome.name)
        slug = next(slug for slug in slugs(key, outcome.country.code) if slug not in taken)
        taken.add(slug)
        yield outcome.country.pk, outcome.name, key, key, slug


def _status(term: Term) -> Status:
    return Status.IN_PROCESS if term.in_process else Status.SIGNED
