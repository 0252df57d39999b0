import pytest
from django.template import engines
from django.utils.translation import override

from partners.public.facets import Choice
from partners.public.listing import PartnerAgreement
from partners.templatetags import pieces

AGREEMENTS = '{% load pieces %}{% piece "partners/_agreements.html" agreements=agreements %}'
CHOICE = '{% load pieces %}{% piece "partners/_choice.html" choice=choice %}'


@pytest.fixture(autouse=True)
def nothing_laid_out():
    pieces._laid_out.cache_clear()
    yield
    pieces._laid_out.cache_clear()


def shown(source, **values):
    return engines["django"].from_string(source).render(values)


def test_piece_is_laid_out_once_for_the_same_values():
    again = [shown(AGREEMENTS, agreements=(PartnerAgreement("Erasmus+", False),)) for _ in range(3)]

    assert len(set(again)) == 1
    assert "<bdi>Erasmus+</bdi>" in again[0]
    assert pieces._laid_out.cache_info().misses == 1


def test_piece_speaks_the_language_of_its_page():
    waiting = (PartnerAgreement("", True),)

    with override("en"):
        english = shown(AGREEMENTS, agreements=waiting)
    with override("de"):
        german = shown(AGREEMENTS, agreements=waiting)

    assert "in process" in english
    assert "in Verhandlung" in german


def test_piece_shows_a_hostile_name_as_text():
    choice = Choice("country", "XX", "<script>alert(1)</script>", False, 1)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown(CHOICE, choice=choice)
    assert "<script>" not in shown(CHOICE, choice=choice)


def test_piece_is_laid_out_anew_while_the_site_is_being_built(settings):
    settings.DEBUG = True

    shown(AGREEMENTS, agreements=(PartnerAgreement("Erasmus+", False),))

    assert pieces._laid_out.cache_info().currsize == 0
