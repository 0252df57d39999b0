"""Charts of the register, drawn as SVG in the template, each with a table that links to the agreements counted."""

from collections import Counter
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from partners.admin.filters import NOT_RENEWED, agreement_changelist_url, next_month
from partners.admin.object_history import can_view
from partners.admin.place_statistics import places_tables
from partners.models import Agreement
from partners.querysets import IN_FORCE, UPCOMING

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


def bar_chart(title, label_heading, data_points):
    """Return the context of horizontal bars of the first data points, each with its label above it."""
    max_value = max((point.count for point in data_points), default=0)
    is_rtl = get_language_bidi()
    bars = []
    for index, point in enumerate(data_points[:MAX_BARS]):
        width, top = round(100 * point.count / max_value, 2), index * ROW_HEIGHT
        x = 100 - width if is_rtl else 0
        bars.append({"point": point, "x": x, "width": width, "label_y": top + LABEL_BASELINE, "y": top + BAR_TOP})
    return {
        "template": "admin/partners/statistics/_bar_chart.html",
        "title": title,
        "label_heading": label_heading,
        "data_points": data_points,
        "max_value": max_value,
        "shapes": bars,
        "height": len(bars) * ROW_HEIGHT,
        "label_x": "100%" if is_rtl else "0",
        "hidden_count": len(data_points) - len(bars),
    }


def column_chart(title, label_heading, data_points, axis_labels):
    """Return the context of vertical columns in the reading direction; an empty axis label is not drawn."""
    max_value = max((point.count for point in data_points), default=0)
    is_rtl = get_language_bidi()
    step = 100 / max(len(data_points), 1)
    columns = []
    for index, (point, axis_label) in enumerate(zip(data_points, axis_labels, strict=True)):
        x = 100 - (index + 1) * step if is_rtl else index * step
        height = round(MAX_COLUMN_HEIGHT * point.count / max_value, 2) if max_value else 0
        columns.append(
            {
                "axis_label": axis_label,
                "x": round(x + step * 0.1, 2),
                "width": round(step * 0.8, 2),
                "middle": round(x + step / 2, 2),
                "y": MAX_COLUMN_HEIGHT - height,
                "height": height,
            }
        )
    return {
        "template": "admin/partners/statistics/_column_chart.html",
        "title": title,
        "label_heading": label_heading,
        "data_points": data_points,
        "max_value": max_value,
        "shapes": columns,
        "height": MAX_COLUMN_HEIGHT + AXIS_HEIGHT,
    }


def statistics_view(request, site):
    if not can_view(site, request, Agreement):
        raise PermissionDenied
    today = localdate()
    by_type = _in_force_by(today, "type", "agreement_type__slug", "agreement_type__name", ["agreement_type__position"])
    columns = "university__country__code", "university__country__name"
    by_country = _in_force_by(today, "country", *columns, ["-agreement_count", "university__country__name"])
    charts = [
        bar_chart(_("In force, by type"), _("Agreement type"), by_type),
        bar_chart(_("In force, by country or territory"), _("Country or territory"), by_country),
        _by_year(),
        _by_month(today),
    ]
    context = site.each_context(request) | {
        "title": _("Overview"),
        "upcoming_count": Agreement.objects.upcoming(today).count(),
        "upcoming_url": agreement_changelist_url(status=UPCOMING),
        "charts": charts,
        "places_tables": places_tables(today),
    }
    return TemplateResponse(request, "admin/partners/statistics/statistics.html", context)


def _in_force_by(on, parameter, value_path, name_path, ordering):
    """Return the data points of the agreements in force, with links that filter the list by the parameter."""
    rows = Agreement.objects.in_force(on).values_list(value_path, name_path)
    return [
        DataPoint(name, count, agreement_changelist_url(status=IN_FORCE, **{parameter: value}))
        for value, name, count in rows.annotate(agreement_count=Count("pk")).order_by(*ordering)
    ]


def _by_year():
    """Return the chart of signatures for each year from the first to the last one, years without any included."""
    counts = Counter()
    for day, count in Agreement.objects.exclude(signed_on=None).values_list("signed_on").annotate(Count("pk")):
        counts[day.year] += count
    years = range(min(counts), max(counts) + 1) if counts else []
    data_points = [DataPoint(str(year), counts[year], agreement_changelist_url(signed=year)) for year in years]
    label_step = 1 + len(years) // MAX_AXIS_LABELS
    axis_labels = [str(year) if index % label_step == 0 else "" for index, year in enumerate(years)]
    return column_chart(_("Signed, by year"), _("Year"), data_points, axis_labels)


def _by_month(on):
    """Return the chart of ends in the next months. Agreements that a signed one follows are left out."""
    counts, month = {}, on.replace(day=1)
    while len(counts) < MONTHS:
        counts[month] = 0
        month = next_month(month)
    ending = Agreement.objects.in_force(on).not_followed().filter(valid_until__lt=month)
    for day, count in ending.values_list("valid_until").annotate(Count("pk")):
        counts[day.replace(day=1)] += count
    data_points = [
        DataPoint(
            date_format(month, "YEAR_MONTH_FORMAT"),
            count,
            agreement_changelist_url(status=IN_FORCE, ends=f"{month:%Y-%m}", renewed=NOT_RENEWED),
        )
        for month, count in counts.items()
    ]
    axis_labels = [str(month.year) if month.month == 1 else "" for month in counts]
    return column_chart(_("Ends, by month of the next three years"), _("Month"), data_points, axis_labels)
