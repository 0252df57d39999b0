"""Tables of the agreements in force on a day, and of the places for students that they offer."""

from collections import Counter

from django.conf import settings
from django.db.models import Count
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.filters import NOT_RECORDED
from partners.admin.statistics.tables import Group, Table, add_up, build_rows, country_groups, type_groups
from partners.enums import Direction
from partners.models import Agreement
from partners.periods import first_year_of, short_academic_year
from partners.regions import CONTINENTS, REGION_LABELS, countries_by_region

COUNTRY_AND_TYPE = "university__country__code", "agreement_type__slug"
MEASURES = dict(Direction.choices) | {NOT_RECORDED: gettext_lazy("agreements without recorded places")}
"""Labels of the columns by their values in the list's filter."""


def in_force_tables(on):
    """Return the tables by type, by region and by country, the last two with a column for each type."""
    found = Agreement.objects.in_force_by_dates(on).order_by().values_list(*COUNTRY_AND_TYPE).annotate(Count("pk"))
    counts = Counter({(code, slug): count for code, slug, count in found})
    countries, types = country_groups({code for code, _slug in counts}), type_groups({slug for _code, slug in counts})
    continents, unions = region_groups()
    columns, query = [*types, add_up(types)], {"in_force_on": on.isoformat()}
    labels = [column.label for column in columns]
    return [
        _type_table(counts, query, countries, types),
        Table(
            _("In force, by region"),
            _("Regions"),
            [_("Region"), *labels],
            build_rows(counts, query, continents, columns),
            build_rows(counts, query, [add_up(countries), *unions], columns),
            note=_("The European Union and the Erasmus+ programme countries are counted in their regions as well."),
        ),
        Table(
            _("In force, by country or territory"),
            _("Countries"),
            [_("Country or territory"), *labels],
            sorted(build_rows(counts, query, countries, columns), key=lambda row: row.cells[-1].number, reverse=True),
            build_rows(counts, query, [add_up(countries)], columns),
        ),
    ]


def _type_table(counts, query, countries, types):
    by_type, columns = Counter({(slug, code): count for (code, slug), count in counts.items()}), [add_up(countries)]
    return Table(
        _("In force, by type"),
        _("Types"),
        [_("Agreement type"), _("Agreements")],
        build_rows(by_type, query, types, columns),
        build_rows(by_type, query, [add_up(types)], columns),
    )


def region_groups():
    """Return the continents, and the regions that are parts of them."""
    groups = {
        region: Group(str(label), {"region": region}, countries_by_region()[region])
        for region, label in REGION_LABELS.items()
    }
    continents = [groups.pop(region) for region in CONTINENTS]
    return continents, list(groups.values())


def places_tables(on):
    """Return the tables of the places in the academic year of the day: by type, and by country and type."""
    year = first_year_of(on, settings.ACADEMIC_YEAR_START)
    by_country, by_type = Counter(), Counter()
    found = Agreement.objects.in_force_by_dates(on).sum_student_places(year, *COUNTRY_AND_TYPE).order_by()
    for code, slug, *numbers in found:
        for measure, number in zip(MEASURES, numbers, strict=True):
            by_country[code, (slug, measure)] = by_type[slug, (code, measure)] = number
    countries = country_groups({code for code, _column in by_country})
    types = type_groups({slug for slug, _column in by_type})
    query, title = {"in_force_on": on.isoformat()}, _("Places for students in %s") % short_academic_year(year)
    columns = _measure_columns(add_up(countries), MEASURES)
    return [
        Table(
            _("%s, by type") % title,
            _("Places"),
            [_("Agreement type"), _("Places out"), _("Places in"), capfirst(str(MEASURES[NOT_RECORDED]))],
            build_rows(by_type, query, types, columns),
            build_rows(by_type, query, [add_up(types)], columns),
            bar_columns=(0, 1),
            note=_("Studies and traineeships. Places that the partners of a type share are not counted."),
        ),
        _places_by_country(by_country, query, countries, types, title),
    ]


def _places_by_country(counts, query, countries, types, title):
    columns = [column for group in types for column in _measure_columns(group, Direction)]
    columns += _measure_columns(add_up(types), MEASURES)
    return Table(
        _("%s, by country or territory and type") % title,
        _("Places by country"),
        [_("Country or territory"), *[column.label for column in columns]],
        build_rows(counts, query, countries, columns),
        build_rows(counts, query, [add_up(countries)], columns),
        bar_columns=(),
    )


def _measure_columns(group, measures):
    return [
        Group(
            f"{group.label}, {MEASURES[measure]}",
            group.query | {"places": measure},
            [(member, measure) for member in group.members],
        )
        for measure in measures
    ]
