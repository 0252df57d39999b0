"""The map above the list: for each country a bubble whose area is proportional to its number of universities.

Europe has its own panel at a larger scale, as its countries are small and many; the others leave the oceans out, so
that each fits a phone. Positions depend on the unfiltered list only, so that bubbles change size but do not move when
the list is filtered.
"""

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from math import ceil, pi, sqrt
from pathlib import Path
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from partners.public.bubble_layout import resolve_overlaps
from partners.public.list_urls import list_url
from partners.regions import countries_by_region, list_countries

POSITIONS_PATH = Path(__file__).with_name("country_positions.json")
"""Positions [x, y] by country code, in units of the land's picture. Written by tools/world_map.py."""
MAX_RADIUS, MIN_RADIUS = 19, 3
"""Pixels. The country with most universities has the maximum; anything below the minimum would hardly be visible."""
MIN_HIT_RADIUS = 16.5
"""Pixels. A target of 24 px (WCAG 2.5.8) remains when a narrow window shrinks a panel to three quarters."""
TEXT_SIZE = 11
"""Font size in pixels of the counts in bubbles."""
LAYOUT_CACHE_SIZE = 32
"""A few versions of the list, times three panels."""
MAX_FILL_RATIO = 0.4
"""Fraction of a panel's area for hit areas. With too many bubbles for that, the hit radius is reduced."""


@dataclass(frozen=True, eq=False)
class Panel:
    name: str
    label: Promise
    view_box: tuple[int, int, int, int]
    """Left, top, width and height, in units of the land's picture."""
    width_px: int
    """Width in pixels on the widest page."""

    @property
    def units_per_px(self):
        return self.view_box[2] / self.width_px

    @property
    def text_size(self):
        return round(TEXT_SIZE * self.units_per_px, 1)


EUROPE = Panel("europe", _("Europe and the Mediterranean"), (840, 0, 330, 264), 332)
AMERICAS = Panel("americas", _("The Americas and Polynesia"), (180, 10, 600, 896), 178)
EAST = Panel("east", _("Africa, Asia and Oceania"), (820, 50, 1180, 820), 382)
PANELS = [EUROPE, AMERICAS, EAST]


class Bubble(NamedTuple):
    url: str
    """URL of the list with the country selected, or deselected if it was. See ``_toggle_url``."""
    code: str
    """ISO 3166-1 alpha-2 code of the country."""
    label: str
    count: int
    x: float
    y: float
    radius: float
    hit_radius: float
    shows_count: bool
    """True if the count fits into the bubble."""
    is_selected: bool
    is_additional: bool
    """True if other countries or regions are selected, so that this one would be added to them."""


def build_map(partner_filter, countries):
    """Return pairs of a panel and its bubbles, without empty panels, for the options of the country facet."""
    totals = partner_filter.index.country_totals
    shown = [country for country in countries if country.count or country.is_selected]
    px_per_root, panels = _px_per_root(totals), []
    has_selection = any(partner_filter.selected[name] for name in ("country", "region"))
    in_regions = {*list_countries(partner_filter.selected | {"country": []})}
    for panel in PANELS:
        positions = _bubble_positions(panel, totals)
        bubbles = [
            _bubble(
                country,
                panel,
                positions[country.value],
                px_per_root,
                _toggle_url(partner_filter, country.value),
                is_additional=has_selection and not country.is_selected and country.value not in in_regions,
            )
            for country in shown
            if country.value in positions
        ]
        if bubbles:
            panels.append((panel, bubbles))
    return panels


def _bubble(country, panel, position, px_per_root, url, *, is_additional):
    """Return the bubble of a country; its position is x, y and the hit radius."""
    x, y, hit_radius = position
    pixels = max(MIN_RADIUS, px_per_root * sqrt(country.count))
    radius = round(pixels * panel.units_per_px, 1)
    if is_additional:
        label = ngettext("%(country)s: %(n)d more university", "%(country)s: %(n)d more universities", country.count)
    else:
        label = ngettext("%(country)s: %(n)d university", "%(country)s: %(n)d universities", country.count)
    return Bubble(
        url=url,
        code=country.value,
        label=label % {"country": country.label, "n": country.count},
        count=country.count,
        x=x,
        y=y,
        radius=radius,
        hit_radius=max(hit_radius, radius),
        shows_count=pixels > TEXT_SIZE * (0.4 + 0.3 * len(str(country.count))),
        is_selected=country.is_selected,
        is_additional=is_additional,
    )


def _toggle_url(partner_filter, code):
    """Return the URL of the list with a country selected, or deselected if it was.

    It replaces a selected region that it is in, which would select it anyway.
    """
    selected = partner_filter.selected
    countries, regions = sorted({*selected["country"]} ^ {code}), selected["region"]
    if code in countries:
        regions = [region for region in regions if code not in countries_by_region().get(region, ())]
    return list_url(partner_filter.params, region=regions, country=countries, page=[])


def _px_per_root(totals):
    """Return the radius in pixels of a bubble for one university, which grows with the square root of their number."""
    return MAX_RADIUS / sqrt(max((total for _, total in totals), default=1))


@cache
def _country_positions():
    return json.loads(POSITIONS_PATH.read_text())


@lru_cache(LAYOUT_CACHE_SIZE)
def _bubble_positions(panel, totals):
    """Return (x, y, hit radius) by country code in units, for pairs of country code and number of universities."""
    totals_in_panel = [(code, total) for code, total in totals if panel_of(code) is panel]
    width, height = (length / panel.units_per_px for length in panel.view_box[2:])
    hit_radius = min(MIN_HIT_RADIUS, sqrt(MAX_FILL_RATIO * width * height / pi / max(len(totals_in_panel), 1)))
    scale = _px_per_root(totals)
    # Rounded up to half a pixel, so that one more university rarely invalidates the layout.
    radii = tuple((code, ceil(2 * max(hit_radius, scale * sqrt(total) + 1)) / 2) for code, total in totals_in_panel)
    return {
        code: (round(x, 1), round(y, 1), round(hit_radius * panel.units_per_px, 1))
        for code, (x, y) in _cached_layout(panel, radii).items()
    }


@lru_cache(LAYOUT_CACHE_SIZE)
def _cached_layout(panel, radii):
    anchors = {code: _country_positions()[code] for code, _ in radii}
    return resolve_overlaps(anchors, {code: radius * panel.units_per_px for code, radius in radii}, panel.view_box)


def panel_of(code):
    """Return the panel of a country, or None if it has no position."""
    if code not in _country_positions():
        return None
    x, y = _country_positions()[code]
    left, top, width, height = EUROPE.view_box
    if left <= x <= left + width and top <= y <= top + height:
        return EUROPE
    return AMERICAS if x < AMERICAS.view_box[0] + AMERICAS.view_box[2] else EAST
