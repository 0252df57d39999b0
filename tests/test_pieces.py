from typing import NamedTuple

import pytest
from django.template import engines
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from partners.public.facets import FacetOption
from partners.public.list_rows import AgreementBadge, PartnerRow
from partners.templatetags import pieces
from tests.factories import HOSTILE
from tests.html import text

CHOICES = '{% load pieces %}{% pieces "partners/_choice.html" rows %}'
ROWS = '{% load pieces %}{% pieces "partners/_row.html" rows show_country=True %}'
GERMANY = FacetOption("country", "DE", "Germany", is_selected=False, is_empty=False, count=13)
MARBURG = PartnerRow(
    slug="marburg",
    name="Marburg",
    country="Germany",
    address="/universities/marburg/",
    star="?pick=marburg",
    agreements=(AgreementBadge("Erasmus+", False),),
    is_shortlisted=False,
    has_page=True,
)


@pytest.fixture(autouse=True)
def nothing_laid_out():
    pieces._outline.cache_clear()
    yield
    pieces._outline.cache_clear()


def shown(source, *rows):
    return engines["django"].from_string(source).render({"rows": rows})


def test_pieces_of_one_shape_are_laid_out_once_and_say_their_own():
    italy = GERMANY._replace(value="IT", label="Italy", count=9)

    assert text(shown(CHOICES, GERMANY, italy, GERMANY)) == "Germany (13) Italy (9) Germany (13)"
    assert pieces._outline.cache_info().misses == 1


def test_piece_looks_as_its_shape_has_it():
    made, empty = GERMANY._replace(is_selected=True), GERMANY._replace(is_empty=True, count=0)

    found = [shown(CHOICES, each) for each in (GERMANY, made, empty)]

    assert [("checked" in each, "disabled" in each) for each in found] == [(False, False), (True, False), (False, True)]


def test_pieces_know_what_all_of_them_share():
    one = '{% load pieces %}{% pieces "partners/_row.html" rows %}'

    assert "Germany" in text(shown(ROWS, MARBURG))
    assert "Germany" not in text(shown(one, MARBURG))


def test_pieces_speak_the_language_of_their_page():
    waiting = MARBURG._replace(agreements=(AgreementBadge("", True),))

    with override("en"):
        assert "in process" in shown(ROWS, waiting)
    with override("de"):
        assert "in Verhandlung" in shown(ROWS, waiting)


@given(st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_piece_says_any_words_as_text(words):
    row = MARBURG._replace(name=words, country=words, agreements=(AgreementBadge(words, False),))

    source, plain = shown(ROWS, row), shown(ROWS, MARBURG)

    assert engines["django"].from_string("{{ words }}").render({"words": words}) in source
    assert source.count("<") == plain.count("<")


class Told(NamedTuple):
    words: str


def test_template_cannot_decide_by_what_words_say(monkeypatch):
    asking = engines["django"].from_string("{% if words %}yes{% endif %}")
    monkeypatch.setattr(pieces, "render_to_string", lambda _template, values: asking.render(values))

    with pytest.raises(TypeError, match="What words says is no part of a piece's shape"):
        shown('{% load pieces %}{% pieces "asking.html" rows %}', Told("something"))


def test_pieces_are_laid_out_anew_for_each_page_while_the_site_is_being_built(settings):
    settings.DEBUG = True

    assert text(shown(CHOICES, GERMANY)) == "Germany (13)"
    assert pieces._outline.cache_info().currsize == 0
