"""Tables of the places for students that agreements in force offer this academic year, with links to their lists."""

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from partners.admin.filters import NOT_RECORDED, agreement_changelist_url
from partners.enums import Direction
from partners.models import Agreement
from partners.periods import academic_year
from partners.querysets import IN_FORCE

COLUMNS = (*Direction.values, NOT_RECORDED)
"""Values of the list's filter by places, one for each column of numbers."""


class PlacesRow(NamedTuple):
    label: str
    url: str
    cells: list[tuple[int, str]]
    """The places out and in, and the agreements whose places are not recorded, each with the URL of its list."""


def places_tables(on):
    """Return the context of the tables by type and by country. The last row of each is the sum."""
    country = "university__country__code", "university__country__name"
    by_type = _rows(on, "type", "agreement_type__slug", "agreement_type__name", ["agreement_type__position"])
    by_country = _rows(on, "country", *country, ["university__country__name_key"])
    return [
        {"title": _("Places for students, by type"), "label_heading": _("Agreement type"), "rows": by_type},
        {
            "title": _("Places for students, by country or territory"),
            "label_heading": _("Country or territory"),
            "rows": by_country,
        },
    ]


def _rows(on, parameter, value_path, name_path, ordering):
    year = academic_year(on, settings.ACADEMIC_YEAR_START).start.year
    found = Agreement.objects.in_force(on).sum_student_places(year, value_path, name_path).order_by(*ordering)
    rows = [_build_row(name, numbers, **{parameter: value}) for value, name, *numbers in found]
    if not rows:
        return []
    totals = [sum(count for count, _url in column) for column in zip(*[row.cells for row in rows], strict=True)]
    return [*rows, _build_row(_("All"), totals)]


def _build_row(label, numbers, **query):
    urls = [agreement_changelist_url(status=IN_FORCE, **query, places=column) for column in COLUMNS]
    return PlacesRow(label, agreement_changelist_url(status=IN_FORCE, **query), list(zip(numbers, urls, strict=True)))
