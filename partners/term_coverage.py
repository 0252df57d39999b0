"""Coverage of a term by signed agreements of one type and scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from partners.periods import ONE_DAY, Period


class SignedPeriod(NamedTuple):
    """The period of a signed agreement. Without an end it is open-ended, or its end is not recorded."""

    start: date | None
    end: date | None
    is_open_ended: bool = False


class TermCoverage(NamedTuple):
    term: Period
    parts: list[Period]
    """Its parts with an agreement on every day, in the order of time. At least a day lies between two."""
    is_end_recorded: bool
    """False if an agreement in the term has no recorded end, and is taken to have none."""

    @property
    def is_whole(self) -> bool:
        return self.parts == [self.term]

    @property
    def is_certain(self) -> bool:
        """Return True if the whole term is covered by what is recorded."""
        return self.is_whole and self.is_end_recorded

    @property
    def rank(self) -> tuple[int, bool]:
        """The number of days, and whether that is sure. The greater, the more is covered."""
        return sum((end - start).days + 1 for start, end in self.parts), self.is_end_recorded


def cover_term(term: Period, agreements: Iterable[SignedPeriod]) -> TermCoverage:
    """Return how the periods cover a term, which has both days."""
    in_term = [agreement for agreement in agreements if term.overlaps(Period(*agreement[:2]))]
    parts: list[Period] = []
    bounds = [Period(*agreement[:2]).bounds for agreement in in_term]
    for start, end in sorted((max(start, term.start), min(end, term.end)) for start, end in bounds):
        if parts and start - ONE_DAY <= parts[-1].end:
            parts[-1] = Period(parts[-1].start, max(parts[-1].end, end))
        else:
            parts.append(Period(start, end))
    return TermCoverage(term, parts, all(agreement.is_open_ended or agreement.end for agreement in in_term))
