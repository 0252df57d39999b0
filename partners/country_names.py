"""Countries in the words of a visitor's language.

The register has English names. In other languages they are the everyday ones of the Unicode Common Locale
Data Repository, for which Babel is loaded. A country that the office has renamed is called that in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from partners.name_normalization import matching_key
from partners.reference_data import default_country_names

SORT_KEY_CACHE_SIZE = 2_000
"""Of countries, in a few languages."""
SHORT_NAME_OVERRIDES = {"HK": _("Hong Kong"), "MO": _("Macao"), "PS": _("Palestine")}
"""Babel has the long official names of these alone, and leaves their short ones out."""


def localized_name(code: str, name: str) -> str:
    """What the visitor calls a country that the register has under a name."""
    return localized_names({code: name})[code]


def localized_names(names: Mapping[str, str]) -> dict[str, str]:
    """The same of many at once, by their codes."""
    if not uses_translated_names():
        return dict(names)
    own, local = default_country_names(), _cldr_territories(get_language())
    renamed = {code: name for code, name in names.items() if own.get(code) != name}
    return {
        code: str(SHORT_NAME_OVERRIDES.get(code) or local.get(code, name)) for code, name in names.items()
    } | renamed


def uses_translated_names() -> bool:
    """Commands may have no language at all, and then speak as the register does."""
    return (get_language() or "en").partition("-")[0] != "en"


def country_codes_matching(word: str) -> list[str]:
    """The codes of the countries that have a word, as ``search_words`` gives it, in the visitor's name of them."""
    return (
        [code for code, key in _localized_search_keys(get_language()) if word in key] if uses_translated_names() else []
    )


@lru_cache(SORT_KEY_CACHE_SIZE)
def sort_key(name: str) -> str:
    """What names are sorted by."""
    return matching_key(name)


@cache
def _localized_search_keys(language: str) -> list[tuple[str, str]]:
    return [(code, matching_key(name)) for code, name in localized_names(default_country_names()).items()]


@cache
def _cldr_territories(language: str) -> dict[str, str]:
    from babel import Locale

    return dict(Locale.parse(to_locale(language)).territories)
