"""The map above the list: for each country a bubble as large as the number of its universities.

Europe has a panel of its own, larger than it is in the others, as its countries are small and many; the others leave
the oceans out, so that each fits a phone. Where a bubble is depends on the register and not on what is asked for, so
that bubbles shrink and grow but stay where they are.
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

PLACES = Path(__file__).with_name("places.json")
MAX_RADIUS, MIN_RADIUS = 19, 3
"""In pixels, the radii of the bubble of the country with most universities, and of what would hardly be seen."""
MIN_HIT_RADIUS = 16.5
"""In pixels, the radius that can be hit, be the bubble as small as it may. A panel may shrink to three quarters."""
TEXT_SIZE = 11
"""In pixels, the size of the numbers in bubbles that have room for them."""
LAYOUT_CACHE_SIZE = 32
"""Of the panels."""
LABEL_CACHE_SIZE = 2_000
"""Numbers of universities, each in a few states."""
FULL = 0.4
"""The part of a panel that bubbles may take. Where they are too many for that, less around each can be hit."""


@dataclass(frozen=True, eq=False)
class Panel:
    name: str
    label: object
    box: tuple[int, int, int, int]
    """Of the land's picture: left, top, width and height."""
    pixels: int
    """How wide it is on the widest page."""

    @property
    def unit(self):
        """Units of the land's picture in a pixel."""
        return self.box[2] / self.pixels

    @property
    def text_size(self):
        return round(TEXT_SIZE * self.unit, 1)

    @property
    def view(self):
        return " ".join(map(str, self.box))

    def has(self, place):
        left, top, width, height = self.box
        return left <= place[0] <= left + width and top <= place[1] <= top + height

    def reach(self, bubbles):
        """In pixels, for a number of bubbles."""
        width, height = self.box[2:]
        return min(MIN_HIT_RADIUS, sqrt(FULL * width * height / self.unit**2 / pi / max(bubbles, 1)))


EUROPE = Panel("europe", _("Europe and the Mediterranean"), (840, 0, 330, 264), 332)
AMERICAS = Panel("americas", _("The Americas and Polynesia"), (180, 10, 600, 896), 178)
EAST = Panel("east", _("Africa, Asia and Oceania"), (820, 50, 1180, 820), 382)
PANELS = [EUROPE, AMERICAS, EAST]


class Bubble(NamedTuple):
    address: str
    code: str
    label: str
    count: int
    x: float
    y: float
    radius: float
    reach: float
    shows_count: bool
    """For its number."""
    is_selected: bool
    is_more: bool
    """Other countries are chosen, to which this one would add."""


class CountryMap:
    """Of the list that a filter asks for, with the countries as ``facets`` has them."""

    def __init__(self, partner_filter, countries):
        self.shown = [country for country in countries if country.count or country.is_selected]
        self.has_choice = any(country.is_selected for country in self.shown)
        self.addresses = dict(partner_filter.toggled("country", [country.value for country in self.shown]))
        self.totals = partner_filter.whole.totals
        self.scale, self.language = _scale(self.totals), get_language()

    def panels(self):
        """The panels that have something on them, with their bubbles."""
        for panel in PANELS:
            spots = _bubble_positions(panel, self.totals)
            here = [country for country in self.shown if country.value in spots]
            if here:
                yield panel, [self._bubble(country, panel, *spots[country.value]) for country in here]

    def _bubble(self, country, panel, x, y, reach):
        radius, shows_count = _size(panel, self.scale, country.count)
        is_more = self.has_choice and not country.is_selected
        words = _label(country.count, is_more, self.language)
        return Bubble(
            address=self.addresses[country.value],
            code=country.value,
            label=words % {"country": country.label, "n": country.count},
            count=country.count,
            x=x,
            y=y,
            radius=radius,
            reach=max(reach, radius),
            shows_count=shows_count,
            is_selected=country.is_selected,
            is_more=is_more,
        )


@lru_cache(LABEL_CACHE_SIZE)
def _size(panel, scale, count):
    """The radius of a bubble, and whether it has room for its number."""
    pixels = max(MIN_RADIUS, scale * sqrt(count))
    return round(pixels * panel.unit, 1), pixels > TEXT_SIZE * (0.4 + 0.3 * len(str(count)))


@lru_cache(LABEL_CACHE_SIZE)
def _label(count, is_more, language):
    """What is said of a country that has so many, in a language."""
    if is_more:
        return ngettext("%(country)s: %(n)d more university", "%(country)s: %(n)d more universities", count)
    return ngettext("%(country)s: %(n)d university", "%(country)s: %(n)d universities", count)


def _scale(totals):
    return MAX_RADIUS / sqrt(max((total for _, total in totals), default=1))


@cache
def _places():
    return json.loads(PLACES.read_text())


@lru_cache(LAYOUT_CACHE_SIZE)
def _bubble_positions(panel, totals):
    """Where a panel has the bubbles of countries, given with their numbers of universities, and how far they reach."""
    scale = _scale(totals)
    here = {code: total for code, total in totals if code in _places() and panel is _panel_of(code)}
    reach = panel.reach(len(here))
    radii = tuple((code, _half_pixels(max(reach, scale * sqrt(total) + 1))) for code, total in here.items())
    spots = _cached_layout(panel, radii)
    return {code: (round(x, 1), round(y, 1), round(reach * panel.unit, 1)) for code, (x, y) in spots.items()}


def _half_pixels(length):
    """A university more, and a bubble that is hardly larger, need no new places for all."""
    return ceil(2 * length) / 2


@lru_cache(LAYOUT_CACHE_SIZE)
def _cached_layout(panel, radii):
    homes = {code: _places()[code] for code, _ in radii}
    return resolve_overlaps(homes, {code: radius * panel.unit for code, radius in radii}, panel.box)


def _panel_of(code):
    place = _places()[code]
    if EUROPE.has(place):
        return EUROPE
    return AMERICAS if place[0] < AMERICAS.box[0] + AMERICAS.box[2] else EAST
