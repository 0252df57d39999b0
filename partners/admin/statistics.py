"""The register in figures: bars drawn here, and a table with a way into the lists beneath each."""

from datetime import timedelta
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from partners.admin.agreement_filters import NONE, agreement_changelist_url
from partners.admin.object_history import can_view
from partners.models import Agreement
from partners.querysets import IN_FORCE

MONTHS = 36
MAX_BARS = 20
"""Of countries. The table has them all."""
ROW, BAR, COLUMNS = 38, 12, 120
"""Pixels: the height of a row and of the bar in it, and of the tallest column."""


class DataPoint(NamedTuple):
    label: str
    count: int
    address: str


class Chart:
    def __init__(self, title, head, figures):
        self.title, self.head, self.figures = title, head, figures
        self.most = max((each.count for each in figures), default=0)
        self.is_rtl = get_language_bidi()

    def share(self, count, of=100):
        return round(of * count / self.most, 2) if self.most else 0


class BarChart(Chart):
    """A bar for each of the first figures, with its words above it."""

    template = "admin/partners/overview/_bars.html"

    def drawn(self):
        for place, figure in enumerate(self.figures[:MAX_BARS]):
            width = self.share(figure.count)
            x = 100 - width if self.is_rtl else 0
            yield {"figure": figure, "x": x, "width": width, "text": place * ROW + 16, "y": place * ROW + 21}

    @property
    def height(self):
        return min(len(self.figures), MAX_BARS) * ROW

    @property
    def start(self):
        return "100%" if self.is_rtl else "0"

    @property
    def left_out(self):
        return max(len(self.figures) - MAX_BARS, 0)


class ColumnChart(Chart):
    """A column for each figure, from left to right or, where one reads so, from right to left."""

    template = "admin/partners/overview/_columns.html"
    height = COLUMNS + 24

    def __init__(self, *args, marks):
        super().__init__(*args)
        self.marks = marks

    def drawn(self):
        step = 100 / max(len(self.figures), 1)
        for place, (figure, mark) in enumerate(zip(self.figures, self.marks, strict=True)):
            start = place * step
            x = 100 - start - step if self.is_rtl else start
            tall = self.share(figure.count, COLUMNS)
            yield {
                "mark": mark,
                "x": round(x + step * 0.1, 2),
                "width": round(step * 0.8, 2),
                "middle": round(x + step / 2, 2),
                "y": COLUMNS - tall,
                "tall": tall,
            }


def statistics_view(request, site):
    if not can_view(site, request, Agreement):
        raise PermissionDenied
    charts = [_by_type(), _by_country(), _by_year(), _by_month()]
    context = site.each_context(request) | {"title": _("Overview"), "charts": charts}
    return TemplateResponse(request, "admin/partners/overview/overview.html", context)


def _in_force():
    return Agreement.objects.in_force(localdate()).order_by()


def _by_type():
    columns = "agreement_type__slug", "agreement_type__name"
    counted = _in_force().values_list(*columns).annotate(Count("pk")).order_by("agreement_type__position")
    figures = [
        DataPoint(name, count, agreement_changelist_url(status=IN_FORCE, type=slug or NONE))
        for slug, name, count in counted
    ]
    return BarChart(_("In force, by type"), _("Agreement type"), figures)


def _by_country():
    columns = "university__country__code", "university__country__name"
    counted = _in_force().values_list(*columns).annotate(number=Count("pk")).order_by("-number", columns[1])
    figures = [
        DataPoint(name, count, agreement_changelist_url(status=IN_FORCE, country=code)) for code, name, count in counted
    ]
    return BarChart(_("In force, by country or territory"), _("Country or territory"), figures)


def _by_year():
    """Every year from the first, also those without a signature."""
    counted = Agreement.objects.exclude(signed_on=None).order_by().values_list("signed_on").annotate(Count("pk"))
    years = {}
    for day, count in counted:
        years[day.year] = years.get(day.year, 0) + count
    span = range(min(years), max(years) + 1) if years else []
    figures = [DataPoint(str(year), years.get(year, 0), agreement_changelist_url(signed=year)) for year in span]
    marks = [str(year) if _is_marked(place, len(figures)) else "" for place, year in enumerate(span)]
    return ColumnChart(_("Signed, by year"), _("Year"), figures, marks=marks)


def _is_marked(place, number):
    """Of many years, as many are named as there is room for on a phone."""
    return place % (1 + number // 7) == 0


def _by_month():
    months = _months(localdate())
    ends = _in_force().filter(valid_until__lt=_following(months[-1])).values_list("valid_until").annotate(Count("pk"))
    counts = dict.fromkeys(months, 0)
    for day, count in ends:
        counts[day.replace(day=1)] += count
    figures = [
        DataPoint(
            date_format(month, "YEAR_MONTH_FORMAT"),
            count,
            agreement_changelist_url(status=IN_FORCE, ends=f"{month:%Y-%m}"),
        )
        for month, count in counts.items()
    ]
    marks = [str(month.year) if month.month == 1 else "" for month in months]
    return ColumnChart(_("Ends, by month of the next three years"), _("Month"), figures, marks=marks)


def _months(on):
    months = [on.replace(day=1)]
    while len(months) < MONTHS:
        months.append(_following(months[-1]))
    return months


def _following(first):
    return (first + timedelta(days=31)).replace(day=1)
