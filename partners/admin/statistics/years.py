"""Tables of what was signed, renewed and ended in academic years, and of the ends to come."""

from collections import Counter

from django.conf import settings
from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.filters import (
    NOT_RENEWED,
    EndedYearFilter,
    ExpiredYearFilter,
    RenewalYearFilter,
    SignedYearFilter,
    agreement_changelist_url,
    next_month,
)
from partners.admin.form_fields import FIRST_DAY, LAST_DAY
from partners.admin.statistics.tables import Cell, Group, Row, Table, add_up, build_rows, type_groups
from partners.models import Agreement
from partners.periods import first_year_of, short_academic_year
from partners.querysets import IN_FORCE

YEAR_FILTERS = {
    SignedYearFilter: gettext_lazy("Signed"),
    RenewalYearFilter: gettext_lazy("Renewals among them"),
    EndedYearFilter: gettext_lazy("Ended"),
    ExpiredYearFilter: gettext_lazy("Expired, not renewed"),
}
"""The filters of the list whose agreements are counted, with the headings of their columns."""
MONTHS = 36


def count_by_year():
    """Return a Counter of (first calendar year of the academic year, slug of the type, parameter of the filter)."""
    counts = Counter()
    for year_filter in YEAR_FILTERS:
        column = year_filter.date_column
        candidates = year_filter.candidates(Agreement.objects.order_by())
        dated = candidates.filter(**{f"{column}__range": (FIRST_DAY, LAST_DAY)})
        for day, slug, count in dated.values_list(column, "agreement_type__slug").annotate(Count("pk")):
            year = first_year_of(day, settings.ACADEMIC_YEAR_START)
            counts[year, slug, year_filter.parameter_name] += count
    return counts


def year_tables(counts, chosen_year):
    """Return the tables of one year by type, and of all years."""
    by_type, by_year = Counter(), Counter()
    for (year, slug, name), count in counts.items():
        by_year[year, name] += count
        if year == chosen_year:
            by_type[slug, name] += count
    types, columns = type_groups({slug for slug, _name in by_type}), _year_columns(chosen_year)
    years = sorted({year for year, _name in by_year}, reverse=True)
    year_groups = {year: Group(short_academic_year(year), {}, [year]) for year in years}
    label, headings = short_academic_year(chosen_year), [str(heading) for heading in YEAR_FILTERS.values()]
    return [
        Table(
            _("Signed, renewed and ended in %s, by type") % label,
            label.replace("/", "-"),
            [_("Agreement type"), *headings],
            build_rows(by_type, {}, types, columns),
            build_rows(by_type, {}, [add_up(types)], columns),
            bar_columns=(0, 1, 2, 3),
        ),
        Table(
            _("Signed, by academic year"),
            _("Years"),
            [_("Academic year"), *headings],
            [row for year in years for row in build_rows(by_year, {}, [year_groups[year]], _year_columns(year))],
            bar_columns=(0,),
        ),
    ]


def _year_columns(year):
    return [
        Group(heading, {year_filter.parameter_name: year}, [year_filter.parameter_name])
        for year_filter, heading in YEAR_FILTERS.items()
    ]


def ends_table(today):
    """Return the table of ends in the next months. Agreements that a signed one follows are left out."""
    counts, month = {}, today.replace(day=1)
    while len(counts) < MONTHS:
        counts[month] = 0
        month = next_month(month)
    ending = Agreement.objects.in_force(today).not_followed().filter(valid_until__lt=month).order_by()
    for day, count in ending.values_list("valid_until").annotate(Count("pk")):
        counts[day.replace(day=1)] += count
    query = {"status": IN_FORCE, "renewed": NOT_RENEWED}
    rows = [
        Row(
            date_format(month, "YEAR_MONTH_FORMAT"),
            [Cell(count, agreement_changelist_url(ends=f"{month:%Y-%m}", **query))],
        )
        for month, count in counts.items()
        if count
    ]
    return Table(_("Ends in the next three years, not renewed yet"), _("Ends"), [_("Month"), _("Agreements")], rows)
