"""Matching of the register's rows without an agreement number to a university's existing agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partners.enums import AgreementStatus

UniqueSlot = tuple[str | None, str]
"""Type and status, which are unique among a university's open agreements."""


class AgreementFingerprint(NamedTuple):
    """The values of an agreement, from a row or from the register, by which the two are matched."""

    agreement_type: str | None
    status: str
    dates: tuple[date | None, ...] = ()
    """Dates that the file has a column for."""
    details: tuple = ()
    """Other details that the file has a column for. They are compared to distinguish otherwise equal agreements."""

    @property
    def unique_slot(self) -> UniqueSlot | None:
        return None if self.status == AgreementStatus.ENDED else (self.agreement_type, self.status)

    @property
    def without_details(self) -> AgreementFingerprint:
        return self._replace(details=())


def fingerprint(
    values: Mapping[str, object], dates: Iterable[str] = (), details: Iterable[str] = ()
) -> AgreementFingerprint:
    """Build a fingerprint from values by field name. `dates` and `details` are names of the fields to compare."""
    compared = (tuple([values[name] for name in names]) for names in (dates, details))
    return AgreementFingerprint(values["agreement_type"], values["status"], *compared)


class Transition(NamedTuple):
    """A row may update an existing agreement of this status, if it has the same type or (if not) an unknown type."""

    row_status: str
    existing_status: str
    same_type: bool = True


TRANSITIONS = [
    Transition(AgreementStatus.IN_PROCESS, existing_status=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.SIGNED, existing_status=AgreementStatus.SIGNED),
    Transition(AgreementStatus.SIGNED, existing_status=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.ENDED, existing_status=AgreementStatus.SIGNED),
    Transition(AgreementStatus.ENDED, existing_status=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.SIGNED, existing_status=AgreementStatus.IN_PROCESS, same_type=False),
    Transition(AgreementStatus.IN_PROCESS, existing_status=AgreementStatus.IN_PROCESS, same_type=False),
]
"""The most likely first: the same status, then the next status, then a type that was unknown before."""


def match_rows(rows: Sequence[AgreementFingerprint], existing: Mapping[int, AgreementFingerprint]) -> dict[int, int]:
    """Return the pk of the agreement that each row updates, by the row's index. Other rows are new agreements.

    No agreement is matched to two rows. An ended agreement is matched only to a row with the same dates,
    because a row with other dates is about another one of the past.
    """
    matches = _match_equal(dict(enumerate(rows)), existing)
    matched = set(matches.values())
    matches |= _match_equal(
        {index: row.without_details for index, row in enumerate(rows) if index not in matches},
        {pk: agreement.without_details for pk, agreement in existing.items() if pk not in matched},
    )
    matched.update(matches.values())
    unmatched = {
        agreement.unique_slot: pk for pk, agreement in existing.items() if agreement.unique_slot and pk not in matched
    }
    for transition in TRANSITIONS:
        for index, row in enumerate(rows):
            slot = row.agreement_type if transition.same_type else None, transition.existing_status
            if row.status == transition.row_status and index not in matches and slot in unmatched:
                matches[index] = unmatched.pop(slot)
    return matches


def _match_equal(
    rows: Mapping[int, AgreementFingerprint], existing: Mapping[int, AgreementFingerprint]
) -> dict[int, int]:
    """Match rows to agreements with an equal fingerprint, the oldest first if several are equal."""
    agreements = defaultdict(list)
    for pk in sorted(existing, reverse=True):
        agreements[existing[pk]].append(pk)
    return {index: agreements[row].pop() for index, row in rows.items() if agreements.get(row)}
