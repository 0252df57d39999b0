"""Coverage of the chosen term by agreements, in words."""

from itertools import groupby
from operator import attrgetter

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.public.mobilities import format_range
from partners.term_coverage import SignedPeriod, cover_term


def cover(agreements, term):
    """Return the TermCoverage of agreements of one type and scope. They need ``is_offering``."""
    signed = [each for each in agreements if each.status == AgreementStatus.SIGNED and each.is_offering]
    return cover_term(term.days.period, [SignedPeriod(*each.period, each.is_open_ended) for each in signed])


def of_types(agreements, types):
    """Return those of types, which are slugs, empty for any."""
    return [each for each in agreements if not types or (each.agreement_type and each.agreement_type.slug in types)]


def best_coverage(agreements, term, types):
    """Return the TermCoverage of the type and scope that cover most, of agreements in the order of these.

    Types are slugs, empty for any.
    """
    groups = groupby(of_types(agreements, types), key=attrgetter("agreement_type_id", "scope_key"))
    return max((cover(group, term) for _key, group in groups), key=attrgetter("rank"), default=cover((), term))


def describe_coverage(coverage):
    """Return in words how a term is covered."""
    if coverage.is_whole:
        return _("in force all term") if coverage.is_end_recorded else _("in force; ask the office until when")
    days = ", ".join(_format_part(part, coverage.term) for part in coverage.parts)
    if not days:
        return _("not in force")
    text = _("in force only %s") if coverage.is_end_recorded else _("in force only %s; ask the office until when")
    return text % days


def _format_part(part, term):
    start = "" if part.start == term.start else date_format(part.start)
    end = "" if part.end == term.end else date_format(part.end)
    return format_range(start, end)
