"""Charts of the register, drawn as SVG in the template, each with a table that links to the agreements counted."""

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
"""The table beneath a chart has all rows."""
ROW_HEIGHT, LABEL_BASELINE, BAR_TOP, MAX_COLUMN_HEIGHT, AXIS_HEIGHT = 38, 16, 21, 120, 24
"""Pixels. The baseline of the label and the top of the bar are relative to the row."""
MAX_AXIS_LABELS = 7
"""As many years as fit side by side on a phone."""


class DataPoint(NamedTuple):
    label: str
    count: int
    url: str


class Chart:
    def __init__(self, title, label_heading, data_points):
        self.title, self.label_heading, self.data_points = title, label_heading, data_points
        self.max_value = max((point.count for point in data_points), default=0)
        self.is_rtl = get_language_bidi()

    def scale(self, count, full=100):
        return round(full * count / self.max_value, 2) if self.max_value else 0


class BarChart(Chart):
    """Horizontal bars of the first data points, each with its label above it."""

    template = "admin/partners/statistics/_bar_chart.html"

    def shapes(self):
        for index, point in enumerate(self.data_points[:MAX_BARS]):
            width = self.scale(point.count)
            x = 100 - width if self.is_rtl else 0
            top = index * ROW_HEIGHT
            yield {"point": point, "x": x, "width": width, "label_y": top + LABEL_BASELINE, "y": top + BAR_TOP}

    @property
    def height(self):
        return min(len(self.data_points), MAX_BARS) * ROW_HEIGHT

    @property
    def label_x(self):
        return "100%" if self.is_rtl else "0"

    @property
    def hidden_count(self):
        return max(len(self.data_points) - MAX_BARS, 0)


class ColumnChart(Chart):
    """Vertical columns, in the reading direction of the language; an empty axis label is not drawn."""

    template = "admin/partners/statistics/_column_chart.html"
    height = MAX_COLUMN_HEIGHT + AXIS_HEIGHT

    def __init__(self, *args, axis_labels):
        super().__init__(*args)
        self.axis_labels = axis_labels

    def shapes(self):
        step = 100 / max(len(self.data_points), 1)
        for index, (point, axis_label) in enumerate(zip(self.data_points, self.axis_labels, strict=True)):
            start = index * step
            x = 100 - start - step if self.is_rtl else start
            height = self.scale(point.count, MAX_COLUMN_HEIGHT)
            yield {
                "axis_label": axis_label,
                "x": round(x + step * 0.1, 2),
                "width": round(step * 0.8, 2),
                "middle": round(x + step / 2, 2),
                "y": MAX_COLUMN_HEIGHT - height,
                "height": height,
            }


def statistics_view(request, site):
    if not can_view(site, request, Agreement):
        raise PermissionDenied
    charts = [_by_type(), _by_country(), _by_year(), _by_month()]
    context = site.each_context(request) | {"title": _("Overview"), "charts": charts}
    return TemplateResponse(request, "admin/partners/statistics/statistics.html", context)


def _in_force():
    return Agreement.objects.in_force(localdate()).order_by()


def _by_type():
    columns = "agreement_type__slug", "agreement_type__name"
    rows = _in_force().values_list(*columns).annotate(Count("pk")).order_by("agreement_type__position")
    data_points = [
        DataPoint(name, count, agreement_changelist_url(status=IN_FORCE, type=slug or NONE))
        for slug, name, count in rows
    ]
    return BarChart(_("In force, by type"), _("Agreement type"), data_points)


def _by_country():
    columns = "university__country__code", "university__country__name"
    rows = _in_force().values_list(*columns).annotate(agreement_count=Count("pk"))
    data_points = [
        DataPoint(name, count, agreement_changelist_url(status=IN_FORCE, country=code))
        for code, name, count in rows.order_by("-agreement_count", columns[1])
    ]
    return BarChart(_("In force, by country or territory"), _("Country or territory"), data_points)


def _by_year():
    """Return the chart of signatures for each year from the first to the last one, years without any included."""
    rows = Agreement.objects.exclude(signed_on=None).order_by().values_list("signed_on").annotate(Count("pk"))
    counts = {}
    for day, count in rows:
        counts[day.year] = counts.get(day.year, 0) + count
    years = range(min(counts), max(counts) + 1) if counts else []
    data_points = [DataPoint(str(year), counts.get(year, 0), agreement_changelist_url(signed=year)) for year in years]
    label_step = 1 + len(years) // MAX_AXIS_LABELS
    axis_labels = [str(year) if index % label_step == 0 else "" for index, year in enumerate(years)]
    return ColumnChart(_("Signed, by year"), _("Year"), data_points, axis_labels=axis_labels)


def _by_month():
    months = _months(localdate())
    rows = _in_force().filter(valid_until__lt=_next_month(months[-1])).values_list("valid_until").annotate(Count("pk"))
    counts = dict.fromkeys(months, 0)
    for day, count in rows:
        counts[day.replace(day=1)] += count
    data_points = [
        DataPoint(
            date_format(month, "YEAR_MONTH_FORMAT"),
            count,
            agreement_changelist_url(status=IN_FORCE, ends=f"{month:%Y-%m}"),
        )
        for month, count in counts.items()
    ]
    axis_labels = [str(month.year) if month.month == 1 else "" for month in months]
    return ColumnChart(_("Ends, by month of the next three years"), _("Month"), data_points, axis_labels=axis_labels)


def _months(on):
    """Return the first days of the next MONTHS months, beginning with the month of the day."""
    months = [on.replace(day=1)]
    while len(months) < MONTHS:
        months.append(_next_month(months[-1]))
    return months


def _next_month(first_day):
    return (first_day + timedelta(days=31)).replace(day=1)
