import pytest
from django.conf import settings
from django.utils.translation import override

from partners.country_names import localized_names, localized_search_words
from partners.reference_data import default_country_names

TRANSLATED = [code for code, _ in settings.LANGUAGES if code != "en"]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["USA", "Germany", "South Korea", "Hong Kong", "Turkey"]),
        ("de", ["Vereinigte Staaten", "Deutschland", "Südkorea", "Hongkong", "Türkei"]),
        ("fr", ["États-Unis", "Allemagne", "Corée du Sud", "Hong Kong", "Turquie"]),
        ("es", ["Estados Unidos", "Alemania", "Corea del Sur", "Hong Kong", "Turquía"]),
        ("he", ["ארצות הברית", "גרמניה", "קוריאה הדרומית", "הונג קונג", "טורקיה"]),
    ],
)
def test_country_name_is_in_the_active_language(language, names):
    names_by_code = {code: default_country_names()[code] for code in ("US", "DE", "KR", "HK", "TR")}

    with override(language):
        assert list(localized_names(names_by_code).values()) == names


@pytest.mark.parametrize("language", TRANSLATED)
def test_localized_country_names_are_unique(language):
    with override(language):
        names = localized_names(default_country_names()).values()

    assert len(set(names)) == len(default_country_names()) == 250


def test_country_name_without_active_language_is_the_registered_one():
    with override(None):
        assert localized_names({"DE": "Germany"}) == {"DE": "Germany"}
        assert localized_search_words() == {}


def test_renamed_country_keeps_its_name_in_every_language():
    with override("de"):
        assert localized_names({"CZ": "Czechia and Slovakia"}) == {"CZ": "Czechia and Slovakia"}


@pytest.mark.parametrize(
    ("language", "code", "words"),
    [("de", "DE", ("deutschland",)), ("fr", "US", ("etats", "unis")), ("en", "DE", None)],
)
def test_search_words_are_those_of_the_localized_name(language, code, words):
    with override(language):
        assert localized_search_words().get(code) == words
