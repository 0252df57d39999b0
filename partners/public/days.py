"""The day that the list is shown for: today, or the one in the ``on`` parameter."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from partners.querysets import PastDay

MAX_YEARS_FROM_TODAY = 30


@dataclass
class RequestedDay:
    value: str
    """The ``on`` parameter as given, an ISO 8601 date if it is valid. Empty: today."""
    today: date

    @cached_property
    def on(self):
        return self._parsed or self.today

    @property
    def is_not_today(self):
        return self.on != self.today

    @property
    def is_past(self):
        return self.on < self.today

    @property
    def is_invalid(self):
        return bool(self.value) and self._parsed is None

    @cached_property
    def _parsed(self):
        try:
            day = date.fromisoformat(self.value)
        except ValueError:
            return None
        if abs(day.year - self.today.year) > MAX_YEARS_FROM_TODAY:
            return None
        return PastDay(day.year, day.month, day.day) if day < self.today else day
