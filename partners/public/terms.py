"""The terms in which a student can go, and the agreements that cover one."""

from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from django.utils.html import format_html

from partners.data_version import cached_for_version
from partners.models import Agreement, Term
from partners.periods import Period, short_academic_year
from partners.term_coverage import SignedPeriod, cover_term
from partners.translated_text import TranslatedText
from partners.wanted_offer import UNKNOWN_TERM, TermDays

MAX_TERMS = 4
"""Terms to come that the list offers."""
COVERING_CACHE_SIZE = 32


class OfferedTerm(NamedTuple):
    """A term of one academic year."""

    value: str
    """Value of the parameter: the academic year and the id of the term, which a new name leaves as they are."""
    name: TranslatedText
    period: Period
    days: TermDays
    """Its days to come."""
    has_begun: bool

    @property
    def academic_year(self):
        return short_academic_year(self.days.first_year)

    @property
    def label(self):
        return f"{self.name.text} {self.academic_year}"

    @property
    def html_label(self):
        """The label, with a name in another language than the page marked as such."""
        name = self.name
        if not name.is_foreign:
            return self.label
        marked = format_html('<span lang="{}" dir="{}">{}</span>', name.language, name.direction, name.text)
        return format_html("{} {}", marked, self.academic_year)


def list_terms(on):
    """Return those that have begun and are not over, and then the next MAX_TERMS."""
    years = range(on.year - 2, on.year + MAX_TERMS + 1)
    terms = [_in_year(term, year, on) for term in Term.objects.all() for year in years]
    terms = sorted((term for term in terms if term.period.end >= on), key=attrgetter("period"))
    to_come = [term for term in terms if not term.has_begun]
    return [term for term in terms if term.has_begun] + to_come[:MAX_TERMS]


def _in_year(term, first_year, on):
    period = term.period(first_year)
    days = TermDays(first_year, Period(max(period.start, on), period.end))
    return OfferedTerm(f"{first_year}-t{term.pk}", term.name, period, days, period.start <= on)


def find_term(params, on):
    """Return the OfferedTerm of query parameters, or None."""
    if "term" not in params:
        return None
    return {term.value: term for term in list_terms(on)}.get(params["term"])


def offering_agreements(agreements, wanted, *, or_not_recorded=False):
    """Filter to agreements that offer what is wanted, and cover the wanted term, alone or with others."""
    if wanted.term == UNKNOWN_TERM:
        return agreements.none()
    agreements = agreements.offering(wanted, or_not_recorded=or_not_recorded)
    if not wanted.term:
        return agreements
    return agreements.covering(wanted.term.period, covering_together(wanted, or_not_recorded))


@cached_for_version(COVERING_CACHE_SIZE)
def covering_together(wanted, or_not_recorded):
    """Return the ids of agreements that cover the wanted term only with others of their university, type and scope."""
    agreements = Agreement.objects.beginning_or_ending_in(wanted.term.period)
    agreements = agreements.offering(wanted, or_not_recorded=or_not_recorded)
    group_key = ["university", "agreement_type", "scope_key"]
    rows = agreements.order_by(*group_key).values_list(*group_key, "pk", "valid_from", "valid_until")
    found = []
    for _key, group in groupby(rows.iterator(), key=itemgetter(0, 1, 2)):
        periods = {pk: SignedPeriod(start, end) for *_, pk, start, end in group}
        if cover_term(wanted.term.period, periods.values()).is_whole:
            found += periods
    return found
