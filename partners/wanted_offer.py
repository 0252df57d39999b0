"""The conditions of a student on a mobility, as conditions of a query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from partners import fields_of_study
from partners.language_skills import LEVELS
from partners.periods import Period


class TermDays(NamedTuple):
    """A term of the academic year that begins in ``first_year``."""

    first_year: int
    period: Period


UNKNOWN_TERM = TermDays(0, Period(None, None))
"""Stands for a term that is over or never was, which nothing covers."""


class WantedOffer(NamedTuple):
    """Levels, fields of study and languages; a mobility must have one of each. Empty: any."""

    levels: tuple[str, ...] = ()
    """Values of StudyLevel."""
    fields: tuple[str, ...] = ()
    """Codes of ISCED-F 2013."""
    languages: tuple[str, ...] = ()
    """As ``language_skills`` stores them: “en B2” finds what needs English B2 or less."""
    term: TermDays | None = None
    """The term in which it is wanted, any if None."""

    @property
    def is_any(self) -> bool:
        return not any(self)

    @property
    def is_any_kind(self) -> bool:
        """Return True if levels, fields and languages may be any, whatever the term."""
        return not (self.levels or self.fields or self.languages)

    def matches_q(self, *, or_not_recorded: bool) -> Q:
        """Return the condition on a mobility. With `or_not_recorded`, fields without a value meet it too.

        Academic years that are not recorded are those of the agreement.
        """
        conditions = {
            "study_levels": [Q(study_levels__contains=level) for level in self.levels],
            "fields_of_study": [field_q for code in self.fields for field_q in _field_conditions(code)],
            "languages": [skill_q for skill in self.languages for skill_q in _language_conditions(skill)],
        }
        condition = in_academic_year_q(self.term.first_year) if self.term else Q()
        for name, alternatives in conditions.items():
            if alternatives:
                not_recorded = [Q(**{name: ""})] if or_not_recorded else []
                condition &= Q(*alternatives, *not_recorded, _connector=Q.OR)
        return condition


def in_academic_year_q(year: int, prefix: str = "") -> Q:
    """Return the condition that a mobility is offered in the academic year that begins in this year."""
    first_year, last_year = f"{prefix}first_year", f"{prefix}last_year"
    begun = Q(**{first_year: None}) | Q(**{f"{first_year}__lte": year})
    not_over = Q(**{last_year: None}) | Q(**{f"{last_year}__gte": year})
    return begun & not_over


def _field_conditions(code: str) -> Iterable[Q]:
    """Yield the conditions that one of the codes is this field, within it, or a field that it is within."""
    yield Q(fields_of_study=fields_of_study.ALL_FIELDS)
    yield Q(fields_of_study__startswith=code)
    yield Q(fields_of_study__contains=f" {code}")
    for length in range(2, len(code)):
        yield from _item_conditions("fields_of_study", code[:length], " ")


def _language_conditions(skill: str) -> Iterable[Q]:
    """Yield the conditions that one of the languages is this one, at this level or below, or without a level."""
    code, _space, level = skill.partition(" ")
    sufficient = ["", *(needed for needed in LEVELS if not level or needed <= level)]
    for needed in sufficient:
        yield from _item_conditions("languages", f"{code} {needed}".strip(), ",")


def _item_conditions(name: str, item: str, separator: str) -> Iterable[Q]:
    """Yield the conditions that the item is one of a list of items with this separator."""
    yield Q(**{name: item})
    yield Q(**{f"{name}__startswith": f"{item}{separator}"})
    yield Q(**{f"{name}__endswith": f"{separator}{item}"})
    yield Q(**{f"{name}__contains": f"{separator}{item}{separator}"})
