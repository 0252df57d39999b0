"""Names of countries in all languages, by loose keys that ignore punctuation."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path

from partners.name_normalization import matching_key, normalize_name
from partners.reference_data import FIXTURES

CLDR_NAMES_PATH = FIXTURES / "cldr_country_names.json"
"""Names of Unicode's CLDR in all languages, by code, as ``tools.country_names`` collects them."""
EVERYDAY_NAMES_PATH = FIXTURES / "foreign_country_names.json"
"""Everyday names that CLDR does not have, by code."""
PUNCTUATION_RE = re.compile(r"[\W_\u00b9\u00b2\u00b3]+")
MAX_SHORT_KEY = 3
"""Letters. Without accents so short a name would be another word."""


@cache
def usual_names() -> dict[str, str]:
    """Return country codes by the loose keys of names in usual languages."""
    return _codes_by_key(_read_json(CLDR_NAMES_PATH)["usual"], _read_json(EVERYDAY_NAMES_PATH))


@cache
def rare_names() -> dict[str, str]:
    """Return country codes by the loose keys of names in all other languages."""
    return _codes_by_key(_read_json(CLDR_NAMES_PATH)["other"])


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _codes_by_key(*sources: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the codes of sources that have names by code. Names that several countries have are left out."""
    codes = defaultdict(set)
    for code, names in chain.from_iterable(source.items() for source in sources):
        for name in names:
            codes[loose_key(name)].add(code)
    return {key: found.pop() for key, found in codes.items() if len(found) == 1}


def loose_key(text: str) -> str:
    """Return the matching key without punctuation, with "and" for "&". A key of up to three letters has its accents."""
    key = PUNCTUATION_RE.sub(" ", matching_key(text).replace("&", " and ")).strip()
    return key if len(key) > MAX_SHORT_KEY else normalize_name(text).casefold()
