"""Periods of agreements: their states, their renewal, and the effects of signing a renewal on other agreements."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

ONE_DAY = timedelta(days=1)


class Period(NamedTuple):
    """Days from the first to the last, both included. None is unbounded."""

    start: date | None
    end: date | None

    @property
    def bounds(self) -> tuple[date, date]:
        """The first and the last day, where it is unbounded those of the calendar."""
        return self.start or date.min, self.end or date.max

    def has_begun(self, on: date) -> bool:
        return self.start is None or self.start <= on

    def overlaps(self, other: Period) -> bool:
        (start, end), (other_start, other_end) = self.bounds, other.bounds
        return start <= other_end and other_start <= end


class RenewalEffects(NamedTuple):
    """Changes to signed agreements, by their keys, that signing a renewal makes."""

    predecessor: Hashable | None
    last_day: date | None
    """New last day of the predecessor, None if its period stays as it is."""
    ended: list[Hashable]

    def apply(self, signed: Mapping[Hashable, Period]) -> dict[Hashable, Period]:
        """Return the periods of those that are still signed afterwards."""
        periods = {key: period for key, period in signed.items() if key not in self.ended}
        if self.last_day:
            periods[self.predecessor] = signed[self.predecessor]._replace(end=self.last_day)
        return periods


class StartRequiredError(ValueError):
    """The renewal has no start, though there is a signed agreement."""


class UpcomingOverlapError(ValueError):
    """The renewal overlaps an upcoming agreement, which is never changed. ``key`` is its key."""

    def __init__(self, key: Hashable):
        super().__init__(key)
        self.key = key


def next_period(period: Period) -> Period:
    """Return the period that follows, of as many calendar months, or days where it is no whole number of months.

    A period without an end has no next start, one without a start no next end.
    """
    if period.end in (None, date.max):
        return Period(None, None)
    start = period.end + ONE_DAY
    if period.start is None:
        return Period(start, None)
    length = relativedelta(months=(start.year - period.start.year) * 12 + start.month - period.start.month)
    if period.start + length != start:
        length = start - period.start
    try:
        return Period(start, start + length - ONE_DAY)
    except (OverflowError, ValueError):  # later than the year 9999
        return Period(start, None)


def academic_year(day: date, first_day: tuple[int, int]) -> Period:
    """Return the academic year that has the day. ``first_day`` is the month and day on which each begins."""
    start = date(first_year_of(day, first_day), *first_day)
    return Period(start, start + relativedelta(years=1) - ONE_DAY)


def first_year_of(day: date, first_day: tuple[int, int]) -> int:
    """Return the calendar year in which the academic year begins that has the day."""
    return day.year - ((day.month, day.day) < first_day)


def short_academic_year(first_year: int) -> str:
    """Return the name of the academic year that begins in a calendar year, such as 2026/27."""
    return f"{first_year}/{(first_year + 1) % 100:02}"


def propose_start(signed: Mapping[Hashable, Period], signed_on: date) -> date:
    """Return the day after the last day of the latest signed agreement, or the day of signing if it has none."""
    latest = max(signed.values(), key=lambda period: period.bounds, default=Period(None, None))
    return next_period(latest).start or signed_on


def renewal_effects(renewal: Period, signed: Mapping[Hashable, Period], on: date) -> RenewalEffects:
    """Return the effects of signing a renewal on the signed agreements of its university, type and scope.

    The predecessor is the one with the latest start before the renewal's; its period ends the day before the renewal's
    start. Those that have begun by ``on`` and start with the renewal or later end. The signed periods must not overlap.
    Raise StartRequiredError or UpcomingOverlapError.
    """
    if not signed:
        return RenewalEffects(None, None, [])
    if renewal.start is None:
        raise StartRequiredError
    earlier = {key: period for key, period in signed.items() if period.bounds[0] < renewal.start}
    predecessor = max(earlier, key=lambda key: earlier[key].bounds, default=None)
    last_day, ended = None, []
    for key, period in signed.items():
        if not period.has_begun(on):
            if period.overlaps(renewal):
                raise UpcomingOverlapError(key)
        elif key not in earlier:
            ended.append(key)
        elif key == predecessor and period.overlaps(renewal):
            last_day = renewal.start - ONE_DAY
    return RenewalEffects(predecessor, last_day, ended)
