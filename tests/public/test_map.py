import gzip
import re
from datetime import date
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import QueryDict
from lxml.html import tostring

from partners.models import Country
from partners.public.facets import build_facets
from partners.public.filters import PartnerFilter
from partners.public.map import build_map
from partners.reference_data import default_country_names
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import attributes, element_texts, elements, text

ON = date(2026, 11, 24)


def bubble_labels(page):
    return attributes(page, "a.bubble", "aria-label")


def contains(view_box, x, y):
    left, top, width, height = view_box
    return left <= x <= left + width and top <= y <= top + height


def bubble_url(page, code):
    [url] = attributes(page, f"a.bubble#map-{code}", "href")
    return url


def panels_and_bubbles(query):
    """Return pairs of panel and bubble by country code."""
    partner_filter = PartnerFilter(QueryDict(query), ON)
    panels = build_map(partner_filter, build_facets(partner_filter)["country"])
    return {bubble.code: (panel, bubble) for panel, bubbles in panels for bubble in bubbles}


def test_bubbles_are_in_alphabetical_order_within_their_panel(client, register):
    assert bubble_labels(client.get("/?view=map")) == [
        "Austria: 1 university",
        "Belgium: 1 university",
        "Cyprus: 1 university",
        "Czech Republic: 2 universities",
        "Denmark: 2 universities",
        "Estonia: 1 university",
        "France: 13 universities",
        "Germany: 13 universities",
        "Hungary: 1 university",
        "Italy: 6 universities",
        "Poland: 1 university",
        "Romania: 1 university",
        "Russia: 2 universities",
        "Spain: 4 universities",
        "Switzerland: 1 university",
        "Turkey: 1 university",
        "Argentina: 1 university",
        "Canada: 8 universities",
        "Chile: 1 university",
        "Mexico: 2 universities",
        "USA: 17 universities",
        "Australia: 1 university",
        "China: 11 universities",
        "Hong Kong: 2 universities",
        "India: 2 universities",
        "Japan: 1 university",
        "Singapore: 1 university",
        "South Korea: 4 universities",
        "Taiwan: 5 universities",
        "Vietnam: 1 university",
    ]


def test_map_shows_search_results(client, register):
    assert bubble_labels(client.get("/?q=tecnologico&type=bilateral&view=map")) == ["Argentina: 1 university"]


def test_map_marks_selected_countries_and_offers_the_others(client, register):
    page = client.get("/?type=erasmus&country=IT&view=map")

    additional = element_texts(page, "a.bubble.is-additional title")
    assert element_texts(page, "a.bubble[aria-current] title") == ["Italy: 3 universities"]
    assert additional[:2] == [
        "Belgium: 1 more university",
        "Czech Republic: 1 more university",
    ]
    assert len(bubble_labels(page)) == len(additional) + 1


@pytest.mark.parametrize(
    ("url", "code", "expected"),
    [
        ("/?view=map", "IT", "?country=IT&view=map"),
        ("/?q=p&type=bilateral&sort=-name&view=map", "IT", "?q=p&type=bilateral&country=IT&sort=-name&view=map"),
        ("/?country=IT&view=map", "FR", "?country=FR&country=IT&view=map"),
        ("/?country=IT&country=FR&view=map", "IT", "?country=FR&view=map"),
        ("/?country=IT&view=map", "IT", "?view=map"),
        # A country replaces the regions that it is in.
        ("/?region=europe&region=asia&view=map", "IT", "?region=asia&country=IT&view=map"),
        ("/?region=europe&view=map", "JP", "?region=europe&country=JP&view=map"),
        ("/?region=europe&country=IT&view=map", "IT", "?region=europe&view=map"),
    ],
)
def test_bubble_toggles_its_country(client, register, url, code, expected):
    assert bubble_url(client.get(url), code) == expected


def test_countries_outside_a_selected_region_are_additional(client, register):
    page = client.get("/?region=latin-america&view=map")

    additional = element_texts(page, "a.bubble.is-additional title")
    assert sorted(set(bubble_labels(page)) - set(additional)) == [
        "Argentina: 1 university",
        "Chile: 1 university",
        "Mexico: 2 universities",
    ]


def test_area_of_a_bubble_is_proportional_to_its_count(register):
    bubbles = panels_and_bubbles("")
    areas = {
        code: (bubble.radius / panel.units_per_px) ** 2 / bubble.count for code, (panel, bubble) in bubbles.items()
    }

    several = [code for code, (_, bubble) in bubbles.items() if bubble.count >= 2]
    assert {code: areas[code] / areas["US"] for code in several} == pytest.approx(dict.fromkeys(several, 1), rel=0.05)


def test_filter_shrinks_bubbles_without_moving_them(register):
    unfiltered, filtered = panels_and_bubbles(""), panels_and_bubbles("type=erasmus")

    positions = {code: (bubble.x, bubble.y) for code, (_, bubble) in unfiltered.items()}
    assert {code: (bubble.x, bubble.y) for code, (_, bubble) in filtered.items()} == {
        code: positions[code] for code in filtered
    }
    assert filtered["IT"][1].radius < unfiltered["IT"][1].radius


def test_hit_areas_are_large_enough_and_do_not_overlap(register):
    bubbles = panels_and_bubbles("")
    smallest = min(2 * bubble.hit_radius / panel.units_per_px for panel, bubble in bubbles.values())

    overlapping = [
        (code, other_code)
        for (code, (panel, one)), (other_code, (other_panel, other)) in combinations(bubbles.items(), 2)
        if panel is other_panel and hypot(one.x - other.x, one.y - other.y) < one.hit_radius + other.hit_radius - 0.2
    ]

    assert smallest * 0.75 >= 24
    assert overlapping == []


def test_every_country_has_a_position_in_its_panel(db):
    for code in default_country_names():
        AgreementFactory(university__country=Country.objects.get(code=code))

    bubbles = panels_and_bubbles("")

    assert bubbles.keys() == default_country_names().keys()
    outside = [code for code, (panel, bubble) in bubbles.items() if not contains(panel.view_box, bubble.x, bubble.y)]
    assert outside == []


def test_country_without_a_position_is_on_the_list_only(client, db):
    AgreementFactory(university__country=Country.objects.create(code="XX", name="Utopia"))

    page = client.get("/?view=map")

    assert "Utopia" in text(page)
    assert elements(page, "#map") == []


def test_panel_without_a_university_is_left_out(client, db):
    AgreementFactory()

    assert attributes(client.get("/?view=map"), "figure.panel", "id") == ["map-europe"]


def test_numbers_in_svg_are_not_localized(client, register):
    page = client.get("/de/?view=map")

    numbers = [number for name in ("r", "font-size") for number in attributes(page, f".map [{name}]", name)]
    for transform in attributes(page, ".map [transform]", "transform"):
        numbers += transform.removeprefix("translate(").removesuffix(")").split()

    assert len(numbers) > 30 * 4
    assert [number for number in numbers if not re.fullmatch(r"\d+\.\d+", number)] == []


def test_map_and_land_are_at_most_25_kb_compressed(client, register):
    land = Path(finders.find("partners/land.svg")).read_bytes()
    [country_map] = elements(client.get("/?view=map"), "#map")

    assert len(gzip.compress(land)) + len(gzip.compress(tostring(country_map))) <= 25 * 1024
