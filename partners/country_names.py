"""Country names in the visitor's language.

The register has English names. In other languages they come from the Unicode CLDR, by way of Babel.
A country that the office has renamed has that name in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from partners.name_normalization import matching_key, tokenize_query
from partners.reference_data import default_country_names

sort_key = lru_cache(maxsize=2_000)(matching_key)  # all countries in eight languages
# CLDR's short variants of these are not in Babel, only the long official names.
SHORT_NAME_OVERRIDES = {"HK": _("Hong Kong"), "MO": _("Macao"), "PS": _("Palestine")}


def localized_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return names in the active language by country code, given the register's names by code."""
    if not uses_translated_names():
        return dict(names)
    defaults, territories = default_country_names(), _cldr_territories(get_language())
    renamed = {code: name for code, name in names.items() if defaults.get(code) != name}
    return {
        code: str(SHORT_NAME_OVERRIDES.get(code) or territories.get(code, name)) for code, name in names.items()
    } | renamed


def uses_translated_names() -> bool:
    """Return False for English, and for management commands, which may have no active language."""
    return (get_language() or "en").partition("-")[0] != "en"


def localized_search_words() -> dict[str, tuple[str, ...]]:
    """Return the words of each country's name in the active language by code; nothing for English."""
    return _localized_search_words(get_language()) if uses_translated_names() else {}


@cache
def _localized_search_words(language: str) -> dict[str, tuple[str, ...]]:
    return {code: tuple(tokenize_query(name)) for code, name in localized_names(default_country_names()).items()}


@cache
def _cldr_territories(language: str) -> dict[str, str]:
    # Imported lazily, as only pages in other languages need it.
    from babel import Locale

    return dict(Locale.parse(to_locale(language)).territories)
