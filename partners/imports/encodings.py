"""Guess of the encoding of a text file that is neither UTF-8 nor UTF-16.

An encoding is judged by the names of the register under it, then by the letters of each row's country.
"""

from __future__ import annotations

import re
import unicodedata
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
    """Numbers of cells that speak for an encoding. Greater is better."""

    known: tuple[int, int]
    """Names of the register, and names that have a matching key of the register."""
    local: int
    """Cells whose letters are all used in the country that their row names."""


def guess_encoding(data: bytes) -> EncodingGuess | None:
    """Return the most likely of ENCODINGS, or None if the text is under none of them."""
    lines = [line for line in re.split(rb"[\r\n]+", data) if not line.isascii()][:MAX_SAMPLED_ROWS]
    decoded = ((encoding, _decode(lines, encoding)) for encoding in ENCODINGS)
    texts = {encoding: text for encoding, text in decoded if text is not None}
    if not texts:
        return None
    names = set()
    for name, other_names in University.objects.values_list("name", "other_names").iterator():
        names.update([normalize_name(name), *split_names(other_names)])
    keys = set(map(matching_key, names))
    find_code = cache(CountryLookup(Country.objects.all()).find_code)
    scores = {text: _score(text, names, keys, find_code) for text in dict.fromkeys(texts.values())}
    best = max(scores.values())
    candidates = [encoding for encoding, text in texts.items() if scores[text] == best]
    differs = len({texts[encoding] for encoding in candidates}) > 1
    ranked = _rank(data, candidates) if differs else candidates[0]
    encoding = next(encoding for encoding, text in texts.items() if text == texts[ranked])
    others = [score.known for text, score in scores.items() if text != texts[encoding]]
    is_confirmed = best.known > max([(0, 0), *others])
    examples = [cell for cell in _cells(texts[encoding]) if not cell.isascii()]
    return EncodingGuess(encoding, list(dict.fromkeys(examples))[:MAX_EXAMPLES], is_confirmed)


def _decode(lines: list[bytes], encoding: str) -> str | None:
    try:
        text = b"\n".join(lines).decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if NEVER_IN_TEXT_RE.search(text) else text


def _cells(text: str) -> list[str]:
    return [cell for cell in map(normalize_name, re.split('[\n\t;,|"]+', text)) if cell]


def _score(text: str, names: set[str], keys: set[str], find_code: Callable[[str], str | None]) -> Score:
    known_names = known_keys = local = 0
    for line in text.split("\n"):
        cells = _cells(line)
        others = [cell for cell in cells if not cell.isascii()]
        known_names += sum(cell in names for cell in others)
        known_keys += sum(matching_key(cell) in keys for cell in others)
        codes = {code for cell in cells if (code := find_code(cell))}
        letters = frozenset().union(*map(letters_of, codes))
        local += sum(letters.issuperset(_letter(char) for char in cell if not char.isascii()) for cell in others)
    return Score((known_names, known_keys), local)


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
