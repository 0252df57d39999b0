"""The day of the list: today, or the one that its address asks for."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from partners.querysets import PastDay

YEARS = 30
"""As far as a day may be from today."""


@dataclass
class Day:
    asked: str
    today: date

    @cached_property
    def on(self):
        return self._other or self.today

    @property
    def is_other(self):
        return self.on != self.today

    @property
    def is_past(self):
        return self.on < self.today

    @property
    def is_refused(self):
        return bool(self.asked) and self._other is None

    @cached_property
    def _other(self):
        try:
            day = date.fromisoformat(self.asked)
        except ValueError:
            return None
        if abs(day.year - self.today.year) > YEARS:
            return None
        return PastDay(day.year, day.month, day.day) if day < self.today else day
