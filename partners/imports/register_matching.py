"""Matching of the register's rows without an agreement number to a university's existing agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partners.enums import AgreementStatus
from partners.periods import Period


class AgreementFingerprint(NamedTuple):
    """The values of an agreement, from a row or from the register, by which the two are matched.

    It has those that the file has a column for.
    """

    agreement_type: str | None
    status: str
    scope_key: str = ""
    period: Period = Period(None, None)
    dates: tuple[date | None, ...] = ()
    """Dates other than those of the period."""
    details: tuple = ()
    """They are compared to distinguish otherwise equal agreements."""


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

    No agreement is matched to two rows. An ended agreement is matched only to a row with the same dates, and a signed
    one to a row whose period overlaps its own, because a row with other dates is about another agreement.
    """
    matches = _match_equal(dict(enumerate(rows)), existing)
    matched = set(matches.values())
    matches |= _match_equal(
        {index: row._replace(details=()) for index, row in enumerate(rows) if index not in matches},
        {pk: agreement._replace(details=()) for pk, agreement in existing.items() if pk not in matched},
    )
    matched.update(matches.values())
    unmatched = {pk: agreement for pk, agreement in existing.items() if agreement.status in _OPEN and pk not in matched}
    pairs = _rank_pairs({index: row for index, row in enumerate(rows) if index not in matches}, unmatched)
    for *_rank, index, pk in sorted(pairs):
        if index not in matches and pk in unmatched:
            matches[index] = pk
            del unmatched[pk]
    return matches


def _match_equal(
    rows: Mapping[int, AgreementFingerprint], existing: Mapping[int, AgreementFingerprint]
) -> dict[int, int]:
    """Match rows to agreements with an equal fingerprint, the oldest first if several are equal."""
    agreements = defaultdict(list)
    for pk in sorted(existing, reverse=True):
        agreements[existing[pk]].append(pk)
    return {index: agreements[row].pop() for index, row in rows.items() if agreements.get(row)}


def _rank_pairs(
    rows: Mapping[int, AgreementFingerprint], existing: Mapping[int, AgreementFingerprint]
) -> Iterator[tuple]:
    """Yield a sort key, most likely first, for each row and open agreement that it may update. It ends in both keys."""
    by_slot = defaultdict(list)
    for pk, agreement in existing.items():
        by_slot[agreement.agreement_type, agreement.scope_key, agreement.status].append(pk)
    for index, row in rows.items():
        for step, (row_status, status, is_same_type) in enumerate(TRANSITIONS):
            slot = row.agreement_type if is_same_type else None, row.scope_key, status
            for pk in by_slot.get(slot, ()) if row.status == row_status else ():
                period = existing[pk].period
                if status != SIGNED or row.period.overlaps(period):
                    yield not is_same_type, *_distance(row.period, period, step), *row.period.bounds, index, pk


def _distance(period: Period, other: Period, step: int) -> tuple[bool, int, bool, int]:
    """Return a sort key: the same start, the earlier transition, the same end, the nearer start come first."""
    is_same_start, is_same_end = [
        day is not None and day == other_day for day, other_day in zip(period, other, strict=True)
    ]
    days_between_starts = abs((period.bounds[0] - other.bounds[0]).days)
    return not is_same_start, step, not is_same_end, days_between_starts
