"""Fields of study by ISCED-F 2013: broad fields have a code of two digits, narrow ones of three, detailed ones of four.

Source of ``fixtures/isced_f.tsv``: UNESCO's classification. The titles in Hebrew are translated for this project.
"""

from __future__ import annotations

import csv
import re
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key, tokenize_query
from partners.reference_data import FIXTURES

ALL_FIELDS = "all"
"""Stands for every field, in place of codes."""
ALL_FIELDS_KEYS = frozenset(
    ["all", "all fields", "all faculties", "all subjects", "all areas", "all disciplines", "any", "alle facher"]
)
WORDS_BESIDE_CODES = frozenset(["isced", "f", "code", "and", "und", "et", "y"])
SEPARATORS_RE = re.compile(r"[\s,;/]+")


@cache
def titles_by_code() -> dict[str, dict[str, str]]:
    """Return the titles of each field by language code, empty where there is no translation."""
    with (FIXTURES / "isced_f.tsv").open(encoding="utf-8", newline="") as file:
        return {row.pop("code"): row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def field_title(code: str) -> str:
    """Return the title in the active language, or in English. An unknown code is its own title."""
    if code == ALL_FIELDS:
        return _("all fields")
    titles = titles_by_code().get(code, {"en": code})
    return titles.get(_base_language()) or titles["en"]


def is_title_translated(code: str) -> bool:
    """Return True if the title is in the active language. Detailed fields have titles in English only."""
    return code == ALL_FIELDS or bool(titles_by_code().get(code, {}).get(_base_language()))


def _base_language() -> str:
    return (get_language() or "en").partition("-")[0]


def field_choices() -> list[tuple[str, str]]:
    """Return each code with its label, all fields first."""
    return [(code, field_label(code)) for code in (ALL_FIELDS, *titles_by_code())]


def field_label(code: str) -> str:
    """Return the code and the title, such as “0715 Mechanics and metal trades”."""
    return field_title(code) if code == ALL_FIELDS else f"{code} {field_title(code)}"


def search_fields(query: str) -> list[str]:
    """Return the codes that begin with the query, or whose title has each of its words at the beginning of a word."""
    found, words = [], tokenize_query(query)
    for code, titles in titles_by_code().items():
        text = f" {matching_key(titles['en'])} {matching_key(field_title(code))}"
        if words and all(code.startswith(word) or f" {word}" in text for word in words):
            found.append(code)
    return found


def parse_codes(text: str) -> list[str]:
    """Return codes in their order, without duplicates or those within another of them, or ALL_FIELDS alone.

    Raise ValidationError.
    """
    if matching_key(text) in ALL_FIELDS_KEYS:
        return [ALL_FIELDS]
    codes = sorted(set(_codes_with_titles(text) or filter(None, SEPARATORS_RE.split(text.strip()))))
    for code in codes:
        if code not in titles_by_code():
            raise ValidationError(_unknown_code_message(code) % {"code": code[:30], "suggestion": f"0{code}"})
    return [code for code in codes if not any(code != other and code.startswith(other) for other in codes)]


def _codes_with_titles(text: str) -> list[str]:
    """Return the codes in a text such as “0311 - Economics”, or nothing if it has other words than their titles."""
    words = tokenize_query(text)
    codes = [word for word in words if word in titles_by_code()]
    titles = [title for code in codes for title in titles_by_code()[code].values()]
    known = WORDS_BESIDE_CODES.union(codes, *map(tokenize_query, titles))
    return codes if known.issuperset(words) else []


def _unknown_code_message(code: str) -> str:
    if code == ALL_FIELDS:
        return _("“All fields” has the others in it. Leave it out, or leave out the others.")
    if f"0{code}" in titles_by_code():
        return _("“%(code)s” is not a field of study. Did you mean %(suggestion)s?")
    return _("“%(code)s” is not a field of study. Write codes of ISCED-F 2013, such as 0732, or “all fields”.")
