"""Matching of the register's rows without an agreement number to a university's existing agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
        return (self.agreement_type, self.status) if AgreementStatus(self.status).is_open else None


IN_PROCESS, SIGNED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED
_OPEN = sorted([status for status in AgreementStatus if status.is_open], key=lambda status: status != SIGNED)
_CLOSED = [status for status in AgreementStatus if not status.is_open]
TRANSITIONS = [
    *((status, status, True) for status in _OPEN),
    (SIGNED, IN_PROCESS, True),
    *((closed, status, True) for closed in _CLOSED for status in _OPEN),
    (SIGNED, IN_PROCESS, False),
    (IN_PROCESS, IN_PROCESS, False),
]
"""Tuples (status of a row, status of an existing agreement that it may update, same type or else an unknown one).

The most likely first: the same status, then the next status, then a type that was unknown before.
"""


def match_rows(rows: Sequence[AgreementFingerprint], existing: Mapping[int, AgreementFingerprint]) -> dict[int, int]:
    """Return the pk of the agreement that each row updates, by the row's index. Other rows are new agreements.

    No agreement is matched to two rows. An ended agreement is matched only to a row with the same dates,
    because a row with other dates is about another one of the past.
    """
    matches = _match_equal(dict(enumerate(rows)), existing)
    matched = set(matches.values())
    matches |= _match_equal(
        {index: row._replace(details=()) for index, row in enumerate(rows) if index not in matches},
        {pk: agreement._replace(details=()) for pk, agreement in existing.items() if pk not in matched},
    )
    matched.update(matches.values())
    unmatched = {
        agreement.unique_slot: pk for pk, agreement in existing.items() if agreement.unique_slot and pk not in matched
    }
    for row_status, existing_status, is_same_type in TRANSITIONS:
        for index, row in enumerate(rows):
            slot = row.agreement_type if is_same_type else None, existing_status
            if row.status == row_status and index not in matches and slot in unmatched:
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
