from typing import NamedTuple

import pytest
from django.template import engines
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from partners.public.facets import FacetOption
from partners.public.list_rows import AgreementBadge, PartnerRow
from partners.templatetags import pieces
from tests.helpers.factories import HOSTILE
from tests.helpers.html import elements, text

OPTION_TEMPLATE = '{% load pieces %}{% pieces "partners/_facet_option.html" rows %}'
ROW_TEMPLATE = '{% load pieces %}{% pieces "partners/_row.html" rows show_country=True %}'
GERMANY = FacetOption("country", "DE", "Germany", is_selected=False, is_empty=False, count=13)
MARBURG = PartnerRow(
    slug="marburg",
    name="Marburg",
    country="Germany",
    url="/universities/marburg/",
    toggle_url="?pick=marburg",
    agreements=(AgreementBadge("Erasmus+", False),),
    is_shortlisted=False,
    has_page=True,
)


@pytest.fixture(autouse=True)
def empty_outline_cache():
    pieces._outline.cache_clear()
    yield
    pieces._outline.cache_clear()


def render(source, *rows):
    return engines["django"].from_string(source).render({"rows": rows})


def test_rows_of_one_shape_render_the_template_once():
    italy = GERMANY._replace(value="IT", label="Italy", count=9)

    assert text(render(OPTION_TEMPLATE, GERMANY, italy, GERMANY)) == "Germany (13) Italy (9) Germany (13)"
    assert pieces._outline.cache_info().misses == 1


def test_row_is_rendered_according_to_its_shape():
    selected, empty = GERMANY._replace(is_selected=True), GERMANY._replace(is_empty=True, count=0)

    rendered = [render(OPTION_TEMPLATE, option) for option in (GERMANY, selected, empty)]

    boxes = [elements(html, "input")[0] for html in rendered]
    assert [(box.checked, "disabled" in box.attrib) for box in boxes] == [(False, False), (True, False), (False, True)]


def test_shared_values_are_available_in_the_template():
    template_without_country = '{% load pieces %}{% pieces "partners/_row.html" rows %}'

    assert "Germany" in text(render(ROW_TEMPLATE, MARBURG))
    assert "Germany" not in text(render(template_without_country, MARBURG))


def test_rows_are_rendered_in_the_active_language():
    in_process_row = MARBURG._replace(agreements=(AgreementBadge("", True),))

    with override("en"):
        assert "in process" in text(render(ROW_TEMPLATE, in_process_row))
    with override("de"):
        assert "in Verhandlung" in text(render(ROW_TEMPLATE, in_process_row))


@given(st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_text_is_escaped(words):
    row = MARBURG._replace(name=words, country=words, agreements=(AgreementBadge(words, False),))

    html, plain = render(ROW_TEMPLATE, row), render(ROW_TEMPLATE, MARBURG)

    assert engines["django"].from_string("{{ words }}").render({"words": words}) in html
    assert html.count("<") == plain.count("<")


class OneField(NamedTuple):
    words: str


def test_template_cannot_branch_on_text(monkeypatch):
    template = engines["django"].from_string("{% if words %}yes{% endif %}")
    monkeypatch.setattr(pieces, "render_to_string", lambda _template, values: template.render(values))

    with pytest.raises(TypeError, match="What words says is no part of a piece's shape"):
        render('{% load pieces %}{% pieces "asking.html" rows %}', OneField("something"))


def test_template_is_not_cached_in_debug_mode(settings):
    settings.DEBUG = True

    assert text(render(OPTION_TEMPLATE, GERMANY)) == "Germany (13)"
    assert pieces._outline.cache_info().currsize == 0
