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

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from partners.public.bubble_layout import resolve_overlaps

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
LABEL_CACHE_SIZE = 2_000
"""Different counts, times languages and states."""
MAX_FILL_RATIO = 0.4
"""Fraction of a panel's area for hit areas. With too many bubbles for that, the hit radius is reduced."""


@dataclass(frozen=True, eq=False)
class Panel:
    name: str
    label: object
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

    @property
    def view_box_attr(self):
        return " ".join(map(str, self.view_box))

    def contains(self, position):
        left, top, width, height = self.view_box
        return left <= position[0] <= left + width and top <= position[1] <= top + height

    def hit_radius(self, bubble_count):
        """Return the radius of the hit areas in pixels."""
        width, height = self.view_box[2:]
        return min(
            MIN_HIT_RADIUS, sqrt(MAX_FILL_RATIO * width * height / self.units_per_px**2 / pi / max(bubble_count, 1))
        )


EUROPE = Panel("europe", _("Europe and the Mediterranean"), (840, 0, 330, 264), 332)
AMERICAS = Panel("americas", _("The Americas and Polynesia"), (180, 10, 600, 896), 178)
EAST = Panel("east", _("Africa, Asia and Oceania"), (820, 50, 1180, 820), 382)
PANELS = [EUROPE, AMERICAS, EAST]


class Bubble(NamedTuple):
    url: str
    """URL of the list with the country selected, or deselected if it was."""
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
    """True if other countries are selected, so that this one would be added to them."""


class CountryMap:
    """Map of a filtered list; ``countries`` are the ``FacetOption`` of the country facet."""

    def __init__(self, partner_filter, countries):
        self.countries = [country for country in countries if country.count or country.is_selected]
        self.has_selection = any(country.is_selected for country in self.countries)
        self.urls = dict(partner_filter.toggle_urls("country", [country.value for country in self.countries]))
        self.totals = partner_filter.list_index.country_totals
        self.scale, self.language = _scale(self.totals), get_language()

    def panels(self):
        """Yield pairs of a panel and its bubbles, without empty panels."""
        for panel in PANELS:
            positions = _bubble_positions(panel, self.totals)
            countries = [country for country in self.countries if country.value in positions]
            if countries:
                yield panel, [self._bubble(country, panel, *positions[country.value]) for country in countries]

    def _bubble(self, country, panel, x, y, hit_radius):
        radius, shows_count = _size(panel, self.scale, country.count)
        is_additional = self.has_selection and not country.is_selected
        label = _label(country.count, is_additional, self.language)
        return Bubble(
            url=self.urls[country.value],
            code=country.value,
            label=label % {"country": country.label, "n": country.count},
            count=country.count,
            x=x,
            y=y,
            radius=radius,
            hit_radius=max(hit_radius, radius),
            shows_count=shows_count,
            is_selected=country.is_selected,
            is_additional=is_additional,
        )


@lru_cache(LABEL_CACHE_SIZE)
def _size(panel, scale, count):
    """Return the radius of a bubble in units, and whether the count fits into it."""
    pixels = max(MIN_RADIUS, scale * sqrt(count))
    return round(pixels * panel.units_per_px, 1), pixels > TEXT_SIZE * (0.4 + 0.3 * len(str(count)))


@lru_cache(LABEL_CACHE_SIZE)
def _label(count, is_additional, _language):
    """Return the label's template in the active language, which the argument makes part of the cache key."""
    if is_additional:
        return ngettext("%(country)s: %(n)d more university", "%(country)s: %(n)d more universities", count)
    return ngettext("%(country)s: %(n)d university", "%(country)s: %(n)d universities", count)


def _scale(totals):
    return MAX_RADIUS / sqrt(max((total for _, total in totals), default=1))


@cache
def _country_positions():
    return json.loads(POSITIONS_PATH.read_text())


@lru_cache(LAYOUT_CACHE_SIZE)
def _bubble_positions(panel, totals):
    """Return (x, y, hit radius) by country code in units, for pairs of country code and number of universities."""
    scale = _scale(totals)
    panel_totals = {code: total for code, total in totals if code in _country_positions() and panel is _panel_of(code)}
    hit_radius = panel.hit_radius(len(panel_totals))
    radii = tuple(
        (code, _round_up_to_half(max(hit_radius, scale * sqrt(total) + 1))) for code, total in panel_totals.items()
    )
    positions = _cached_layout(panel, radii)
    return {
        code: (round(x, 1), round(y, 1), round(hit_radius * panel.units_per_px, 1))
        for code, (x, y) in positions.items()
    }


def _round_up_to_half(length):
    """Round, so that one more university rarely invalidates the layout."""
    return ceil(2 * length) / 2


@lru_cache(LAYOUT_CACHE_SIZE)
def _cached_layout(panel, radii):
    anchors = {code: _country_positions()[code] for code, _ in radii}
    return resolve_overlaps(anchors, {code: radius * panel.units_per_px for code, radius in radii}, panel.view_box)


def _panel_of(code):
    position = _country_positions()[code]
    if EUROPE.contains(position):
        return EUROPE
    return AMERICAS if position[0] < AMERICAS.view_box[0] + AMERICAS.view_box[2] else EAST
