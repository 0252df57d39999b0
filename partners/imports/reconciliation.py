"""Reconciliation of the office's list with the register: the changes to one university's open agreements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.agreement_sentences import AgreementFacts, describe_change
from partners.enums import AgreementStatus
from partners.imports.type_notation import Term
from partners.querysets import EXPIRED, agreement_state
from partners.tables.types import join_names

IN_PROCESS, SIGNED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED
UNKNOWN_TYPE = Term(None, IN_PROCESS)
NO_REMARKS: Mapping = MappingProxyType({})


class OpenAgreement(NamedTuple):
    """An open agreement of the register."""

    pk: int
    term: Term
    scope: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def facts(self, term: Term | None = None) -> AgreementFacts:
        """Return the facts for a sentence, with the term that it changes to, if any."""
        return AgreementFacts(*(term or self.term), self.scope, self.valid_from)

    def is_expired(self, on: date) -> bool:
        return agreement_state(self.term.status, self.valid_from, self.valid_until, on) == EXPIRED


class AgreementChanges(NamedTuple):
    """Changes to one university's open agreements."""

    updated: tuple[tuple[OpenAgreement, Term], ...] = ()
    """Agreements that are now signed, or whose type is now known, with their new term."""
    added: tuple[Term, ...] = ()
    """Terms of new agreements for the whole university."""
    ended: tuple[OpenAgreement, ...] = ()
    taken_back: tuple[OpenAgreement, ...] = ()
    """Signed agreements that end as the list has their type only as in process."""

    def describe(
        self, remarks: Mapping[int, str] = NO_REMARKS, remarks_on_added: Mapping[Term, str] = NO_REMARKS
    ) -> Iterator[str]:
        """Yield a sentence for each change.

        ``remarks`` has texts on changed agreements by pk, ``remarks_on_added`` those on an earlier agreement of the
        same type by the term of the new one.
        """
        for agreement, term in self.updated:
            yield describe_change(agreement.facts(), agreement.facts(term), remarks.get(agreement.pk, ""))
        for term in self.added:
            sentence = describe_change(None, AgreementFacts(*term))
            earlier = remarks_on_added.get(term)
            yield f"{sentence} {_('The earlier one was %s.') % earlier}" if earlier else sentence
        for agreement in (*self.taken_back, *self.ended):
            term = agreement.term._replace(status=AgreementStatus.ENDED)
            yield describe_change(agreement.facts(), agreement.facts(term), remarks.get(agreement.pk, ""))


NO_CHANGES = AgreementChanges()


def reconcile(listed: frozenset[Term], existing: Sequence[OpenAgreement], on: date) -> AgreementChanges:
    """Return the changes that the terms listed for a university make to its open agreements on a day.

    Raise ValidationError if a listed type is in process in several scopes, and it is not clear which is signed now.
    """
    if listed == {agreement.term for agreement in existing}:
        return NO_CHANGES
    updated, added = _match_new_terms(listed, existing)
    types = {term.agreement_type for term in listed}
    ended, taken_back = [], []
    for agreement in existing:
        if agreement not in updated and not _is_kept(agreement, listed, types, on):
            is_listed = agreement.term.agreement_type in types
            (taken_back if is_listed and agreement.term.status == SIGNED else ended).append(agreement)
    return AgreementChanges(tuple(updated.items()), tuple(added), tuple(ended), tuple(taken_back))


def _match_new_terms(
    listed: frozenset[Term], existing: Sequence[OpenAgreement]
) -> tuple[dict[OpenAgreement, Term], list[Term]]:
    """Return the agreements that take a listed term that none has, and the terms that are left for new agreements."""
    unknown = [agreement for agreement in existing if agreement.term == UNKNOWN_TYPE and UNKNOWN_TYPE not in listed]
    updated, added = {}, []
    new_terms = listed.difference(agreement.term for agreement in existing)
    for term in sorted(new_terms, key=lambda term: (term.status != SIGNED, term.agreement_type or "", term.status)):
        agreement = _find_in_process(term, listed, existing)
        if agreement is None and len(unknown) == 1:
            agreement = unknown.pop()
        if agreement:
            updated[agreement] = term
        else:
            added.append(term)
    return updated, added


def _find_in_process(term: Term, listed: frozenset[Term], existing: Sequence[OpenAgreement]) -> OpenAgreement | None:
    """Return the agreement in process that becomes signed as the list says: of several, the whole university's."""
    in_process = term._replace(status=IN_PROCESS)
    if term.status != SIGNED or in_process in listed:
        return None
    found = [agreement for agreement in existing if agreement.term == in_process]
    if len(found) > 1 and all(agreement.scope for agreement in found):
        message = _(
            "“%(type)s” is in process for %(scopes)s, and the list does not say which is signed. "
            "Mark that one as signed in the register, then import the list again."
        )
        scopes = join_names(agreement.scope for agreement in found)
        raise ValidationError(message % {"type": term.agreement_type, "scopes": scopes})
    return min(found, key=lambda agreement: agreement.scope, default=None)


def _is_kept(agreement: OpenAgreement, listed: frozenset[Term], types: Collection[str | None], on: date) -> bool:
    """Return True for listed ones, for one in process beside a signed one, and for expired ones of a listed type."""
    term = agreement.term
    if term in listed:
        return True
    if term.status == IN_PROCESS:
        return term._replace(status=SIGNED) in listed
    return term.agreement_type in types and agreement.is_expired(on)


def describe_expired(listed: frozenset[Term], existing: Sequence[OpenAgreement], on: date) -> Iterator[str]:
    """Yield a text for each type that is listed as signed and has expired, or as in process beside an expired one.

    The day is the last of those of its agreements.
    """
    expired = [agreement for agreement in existing if agreement.is_expired(on)]
    for term in sorted({agreement.term for agreement in expired}):
        params = {
            "type": term.agreement_type,
            "day": date_format(max(agreement.valid_until for agreement in expired if agreement.term == term)),
        }
        if term not in listed:
            if term._replace(status=IN_PROCESS) in listed:
                yield _("%(type)s (expired %(day)s, one in process)") % params
        elif all(agreement in expired for agreement in existing if agreement.term == term):
            yield _("%(type)s (listed, but expired %(day)s)") % params
