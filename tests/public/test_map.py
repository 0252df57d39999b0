import gzip
import re
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import QueryDict

from partners.models import Country, University
from partners.public.facets import facets
from partners.public.filters import PartnerFilter
from partners.public.map import CountryMap
from partners.reference_data import default_country_names
from tests.factories import AgreementFactory
from tests.html import text

MAP = re.compile(r'<details class="map".*?</details>', re.DOTALL)
BUBBLE = re.compile(r'<a href="[^"]*" class="bubble.*?</a>', re.DOTALL)
ON = "2026-11-24"


def map_of(page):
    return MAP.search(page.content.decode())[0]


def labels(page):
    """What the bubbles are called, in order."""
    return [re.search(r'aria-label="([^"]+)"', bubble)[1] for bubble in BUBBLE.findall(page.content.decode())]


def marked(page, mark):
    bubbles = [bubble for bubble in BUBBLE.findall(page.content.decode()) if mark in bubble.split(">")[0]]
    return [text(re.search("<title>.*?</title>", bubble)[0]) for bubble in bubbles]


def address(page, code):
    return re.search(rf'<a href="([^"]+)" class="[^"]+" id="map-{code}"', page.content.decode())[1]


def drawn(query):
    """The bubbles of a list by the code of their country, with their panel."""
    partner_filter = PartnerFilter(QueryDict(query), University.objects.filter(is_listed=True), on=ON)
    assert partner_filter.form.is_valid()
    panels = CountryMap(partner_filter, facets(partner_filter)["country"]).panels()
    return {bubble.code: (panel, bubble) for panel, bubbles in panels for bubble in bubbles}


def test_map_tells_the_universities_of_each_country_by_the_alphabet_of_its_panel(client, register):
    assert labels(client.get("/")) == [
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


def test_map_tells_what_a_search_finds(client, register):
    assert labels(client.get("/?q=tecnologico&type=bilateral")) == ["Argentina: 1 university"]


def test_map_marks_the_countries_that_are_chosen_and_offers_the_others(client, register):
    page = client.get("/?type=erasmus&country=IT")

    assert marked(page, "aria-current") == ["Italy: 3 universities"]
    assert marked(page, "is-more")[:2] == ["Belgium: 1 more university", "Czech Republic: 1 more university"]
    assert len(labels(page)) == len(marked(page, "is-more")) + 1


@pytest.mark.parametrize(
    ("asked", "code", "leads_to"),
    [
        ("/", "IT", "?country=IT"),
        ("/?q=a&type=bilateral&sort=-name&page=2", "IT", "?q=a&amp;type=bilateral&amp;sort=-name&amp;country=IT"),
        ("/?country=IT", "FR", "?country=FR&amp;country=IT"),
        ("/?country=IT&country=FR", "IT", "?country=FR"),
        ("/?country=IT", "IT", "?"),
    ],
)
def test_bubble_adds_its_country_to_what_is_asked_for_or_takes_it_away(client, register, asked, code, leads_to):
    assert address(client.get(asked), code) == leads_to


def test_bubble_is_as_large_as_its_number(register):
    bubbles = drawn("")
    areas = {code: (bubble.radius / panel.unit) ** 2 / bubble.count for code, (panel, bubble) in bubbles.items()}

    few = [code for code, (_, bubble) in bubbles.items() if bubble.count >= 2]
    assert {code: areas[code] / areas["US"] for code in few} == pytest.approx(dict.fromkeys(few, 1), rel=0.05)


def test_bubbles_stay_where_they_are_and_shrink(register):
    whole, part = drawn(""), drawn("type=erasmus")

    places = {code: (bubble.x, bubble.y) for code, (_, bubble) in whole.items()}
    assert {code: (bubble.x, bubble.y) for code, (_, bubble) in part.items()} == {code: places[code] for code in part}
    assert part["IT"][1].radius < whole["IT"][1].radius


def test_every_bubble_can_be_hit_beside_its_neighbours(register):
    bubbles = drawn("")
    smallest = min(2 * bubble.reach / panel.unit for panel, bubble in bubbles.values())

    crowded = [
        (one, other)
        for (one, (panel, bubble)), (other, (other_panel, beside)) in combinations(bubbles.items(), 2)
        if panel is other_panel and hypot(bubble.x - beside.x, bubble.y - beside.y) < bubble.reach + beside.reach - 0.2
    ]

    assert smallest * 0.75 >= 24
    assert crowded == []


def test_every_country_has_a_place_in_its_panel(db):
    for code in default_country_names():
        AgreementFactory(university__country=Country.objects.get(code=code))

    bubbles = drawn("")

    assert bubbles.keys() == default_country_names().keys()
    assert [code for code, (panel, bubble) in bubbles.items() if not panel.has((bubble.x, bubble.y))] == []


def test_country_of_no_known_place_is_on_the_list_alone(client, db):
    AgreementFactory(university__country=Country.objects.create(code="XX", name="Utopia"))

    page = client.get("/")

    assert "Utopia" in text(page)
    assert MAP.findall(page.content.decode()) == []


def test_panel_without_a_university_is_left_out(client, db):
    AgreementFactory()

    assert re.findall(r'<figure class="panel" id="([^"]+)"', map_of(client.get("/"))) == ["map-europe"]


def test_map_writes_numbers_as_pictures_have_them_in_every_language(client, register):
    numbers = re.findall(r'\b(?:cx|cy|r|x|y|font-size)="([^"]*)"', map_of(client.get("/de/")))

    assert len(numbers) > 30 * 6
    assert [number for number in numbers if not re.fullmatch(r"\d+\.\d+", number)] == []


def test_map_weighs_at_most_25_kb_compressed_with_its_land(client, register):
    land = Path(finders.find("partners/land.svg")).read_bytes()

    assert len(gzip.compress(land)) + len(gzip.compress(map_of(client.get("/")).encode())) <= 25 * 1024
