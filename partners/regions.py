"""Regions of the world that the public list can be filtered by.

Source of ``fixtures/regions.json``: the macro-regions of the United Nations' M49 standard, as the Unicode CLDR 48.2 has
them; the members of the European Union; the programme countries of Erasmus+, by the Programme Guide 2026.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache

from django.utils.translation import gettext_lazy as _

from partners.reference_data import FIXTURES

CONTINENTS = {
    "europe": _("Europe"),
    "asia": _("Asia"),
    "africa": _("Africa"),
    "north-america": _("Northern America"),
    "latin-america": _("Latin America and the Caribbean"),
    "oceania": _("Oceania"),
}
"""Labels of the regions that every country is in one of."""
REGION_LABELS = {"eu": _("European Union"), "programme": _("Erasmus+ programme countries"), **CONTINENTS}


@cache
def countries_by_region() -> dict[str, frozenset[str]]:
    """Return the codes of the countries of each region."""
    codes_by_region = json.loads((FIXTURES / "regions.json").read_text(encoding="utf-8"))
    return {region: frozenset(codes) for region, codes in codes_by_region.items()}


def list_countries(selected: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the codes of selected countries and of those of selected regions, by the parameters' names.

    An unknown region is a code that no country has, so that it selects nothing.
    """
    regions = (countries_by_region().get(region, [region]) for region in selected["region"])
    return [*selected["country"], *(code for codes in regions for code in codes)]
