"""Guess of the encoding of a text file that is neither UTF-8 nor UTF-16.

An encoding is judged by the names of the register under it, then by the letters of each row's country.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from charset_normalizer import from_bytes

from partners.imports.country_lookup import CountryLookup
from partners.models import Country, University
from partners.name_normalization import matching_key, normalize_name, split_names
from partners.tables.encodings import ENCODINGS, EncodingGuess

MAX_SAMPLED_ROWS = 2_000
MAX_SAMPLED_BYTES = 100_000
"""Part of the file that the library ranks."""
MAX_EXAMPLES = 3
NEVER_IN_TEXT_RE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
LATIN_LETTER_RE = re.compile("[\u00c0-\u024f]")


class Score(NamedTuple):
    """Number of cells that speak for an encoding. Greater is better."""

    known_names: int
    known_keys: int
    local_cells: int


def guess_encoding(data: bytes) -> EncodingGuess | None:
    """Return the most likely of ENCODINGS, or None if the text is under none of them."""
    lines = [line for line in re.split(rb"[\r\n]+", data) if not line.isascii()][:MAX_SAMPLED_ROWS]
    names = {text for row in University.objects.values_list("name", "other_names").iterator() for text in _names(*row)}
    keys = set(map(matching_key, names))
    find_code = cache(CountryLookup(Country.objects.all()).find_code)
    encodings_by_text = defaultdict(list)
    for encoding in ENCODINGS:
        text = _decode(lines, encoding)
        if text is not None:
            encodings_by_text[text].append(encoding)
    if not encodings_by_text:
        return None
    scores = {text: _score(text, names, keys, find_code) for text in encodings_by_text}
    best = max(scores.values())
    left = {encoding: text for text, score in scores.items() if score == best for encoding in encodings_by_text[text]}
    encoding = _rank(data, list(left)) if len(set(left.values())) > 1 else next(iter(left))
    others = [score[:2] for text, score in scores.items() if text != left[encoding]]
    is_confirmed = best[:2] > max([(0, 0), *others])
    cells = [cell for cell in _cells(left[encoding]) if not cell.isascii()]
    return EncodingGuess(encoding, list(dict.fromkeys(cells))[:MAX_EXAMPLES], is_confirmed)


def _names(name: str, other_names: str) -> list[str]:
    return [normalize_name(name), *split_names(other_names)]


def _decode(lines: list[bytes], encoding: str) -> str | None:
    try:
        text = b"\n".join(lines).decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if NEVER_IN_TEXT_RE.search(text) else text


def _cells(line: str) -> list[str]:
    return [cell for cell in map(normalize_name, re.split('[\n\t;,|"]+', line)) if cell]


def _score(text: str, names: set[str], keys: set[str], find_code: Callable[[str], str | None]) -> Score:
    known_names = known_keys = local_cells = 0
    for line in text.split("\n"):
        cells = _cells(line)
        others = [cell for cell in cells if not cell.isascii()]
        known_names += sum(cell in names for cell in others)
        known_keys += sum(matching_key(cell) in keys for cell in others)
        codes = {code for cell in cells if (code := find_code(cell))}
        letters = frozenset().union(*map(letters_of, codes))
        local_cells += sum(letters.issuperset(_letter(char) for char in cell if not char.isascii()) for cell in others)
    return Score(known_names, known_keys, local_cells)


@cache
def letters_of(country_code: str) -> frozenset[str]:
    """Return the letters beyond ASCII of a country's official languages, as CLDR's names in them have them."""
    official = get_official_languages(country_code, de_facto=True)
    letters = set()
    for language in get_official_languages(country_code, regional=True, de_facto=True):
        try:
            locale = Locale.parse(language)
        except UnknownLocaleError:
            continue
        text = " ".join([*locale.territories.values(), *locale.languages.values()])
        found = {_letter(char) for char in text.lower() + text.upper() if char.isalpha() and not char.isascii()}
        # Regional languages in other scripts, such as Korean in China, are rarely those of names.
        letters |= found if language in official else set(filter(LATIN_LETTER_RE.fullmatch, found))
    return frozenset(letters)


def _letter(char: str) -> str:
    """Return the character, or "CJK" and the like for one of a script with thousands of them."""
    script = unicodedata.name(char, "").partition(" ")[0]
    return script if script in ("CJK", "HANGUL") else char


def _rank(data: bytes, encodings: list[str]) -> str:
    """Return the encoding that the library ranks first, or the most usual one."""
    best = from_bytes(data[:MAX_SAMPLED_BYTES], cp_isolation=encodings).best()
    return best.encoding if best and best.encoding in encodings else encodings[0]
