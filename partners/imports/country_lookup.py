"""Countries as files name them: by the register's names, by code, or by a name in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import product

from babel import core

from partners.foreign_country_names import loose_key, rare_names, usual_names
from partners.imports.typing_errors import find_similar
from partners.models import Country
from partners.name_normalization import matching_key, normalize_name

CODES_BESIDES_ISO = {"EL": "GR", "UK": "GB", "XKX": "XK"}
"""Codes that the European Union writes, and the World Bank's of Kosovo."""
ABBREVIATIONS = {
    "n": ["north", "northern"],
    "s": ["south"],
    "e": ["east"],
    "w": ["west"],
    "st": ["saint"],
    "is": ["islands"],
    "rep": ["republic", "republica", "republique", "republik"],
    "dem": ["democratic"],
    "fed": ["federated"],
}
ARTICLE_RE = re.compile("(the|der|die|das|la|le|les|el|los|las|il|i|gli|o|a|os|as|de|het|l) ")
FLAG_RE = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
FLAG_LETTERS = {0x1F1E6 + at: 65 + at for at in range(26)}
"""Capitals by the characters of which a flag is made."""
LATIN = "A-Za-z\u00c0-\u024f"
OTHER_LETTER = rf"[^\W\d_{LATIN}]"
PARTS_RE = re.compile(
    rf" ?[/|=;] ?| [-\u2013\u2014] |(?<=[{LATIN}]) ?(?={OTHER_LETTER})|(?<={OTHER_LETTER}) ?(?=[{LATIN}])"
)
"""Between names in two languages, or in two scripts."""
REGION_SEPARATOR_RE = re.compile(r", ?| [-\u2013\u2014] ")
"""Between a country and a part of it."""
MAX_LENGTH = 100
"""Characters. A longer text names no country."""
MAX_ABBREVIATIONS = 3


def parse_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code for a code of two or three capitals, with or without dots."""
    code = text.replace(".", "")
    if not re.fullmatch("[A-Z]{2,3}", code):
        return None
    if len(code) == 2 or code in CODES_BESIDES_ISO:
        return CODES_BESIDES_ISO.get(code, code)
    aliases = core.get_global("territory_aliases").get(code, [])
    return aliases[0] if len(aliases) == 1 else None


class CountryLookup:
    """Lookup of the register's countries: their own names first, then codes, then names in other languages."""

    def __init__(self, countries: Iterable[Country]):
        countries = list(countries)
        other_names = {key: country for country in countries for key in country.matching_keys()}
        self.by_name = other_names | {country.name_key: country for country in countries}
        self.by_code = {country.code: country for country in countries}
        self.words_beside = cache(self._words_beside)

    def find(self, text: str) -> Country | None:
        """Return the country that the text names, or None if it names none or may name several."""
        if country := self.by_name.get(matching_key(text)):
            return country
        return self.by_code.get(self.find_code(text) or "")

    def find_code(self, text: str) -> str | None:
        """Return the code of the country that the text names, of one that the register does not have too."""
        text = normalize_name(text)
        if len(text) > MAX_LENGTH:
            return None
        if FLAG_RE.search(text):
            text = normalize_name(FLAG_RE.sub(" ", text)) or text.translate(FLAG_LETTERS)
        for spelling in _spellings(text):
            code = self._names.get(loose_key(spelling)) or parse_code(spelling) or self._rare_name(spelling)
            if code in self._names.values():  # Not every two capitals are the code of a country.
                return code
        name, addition = _split_brackets(text)
        if addition:
            return self._code_with_addition(name, addition)
        parts = PARTS_RE.split(text)
        codes = {self.find_code(part) for part in parts} if len(parts) > 1 else set()
        if len(codes) == 1:
            return codes.pop()
        region = REGION_SEPARATOR_RE.split(text)
        return self._code_with_addition(*region) if len(region) == 2 else None

    def suggest(self, text: str) -> Country | None:
        """Return the only country that has a usual name within a few typing errors, or None."""
        codes = find_similar(loose_key(text), self._names)
        return self.by_code.get(codes.pop()) if len(codes) == 1 else None

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Codes by loose key: names in usual languages, and before them those of the register."""
        return usual_names() | {loose_key(name): c.code for name, c in self.by_name.items()}

    def _rare_name(self, text: str) -> str | None:
        """Return the code of a name in any language, unless it may be a mistyped usual name of another country."""
        key = loose_key(text)
        code = rare_names().get(key)
        return code if code and find_similar(key, self._names, max_errors=1) <= {code} else None

    def _code_with_addition(self, name: str, addition: str) -> str | None:
        """Return the code for a name with an addition in brackets, such as a region.

        Return None if the addition names another country or may distinguish one, as in "Korea (north)".
        """
        code, added_code = self.find_code(name), self.find_code(addition)
        if added_code or code is None:
            return code if added_code == code else None
        distinctive = self.words_beside(loose_key(name), code)
        for word in loose_key(addition).split():
            if any(word.startswith(other) or other.startswith(word) for other in distinctive):
                return None
        return code

    def _words_beside(self, name: str, code: str) -> set[str]:
        """Return the words that stand beside the name in names of other countries, such as "south" beside "sudan"."""
        names = (rare_names() | self._names).items()
        others = [other.split() for other, c in names if c != code and f" {name} " in f" {other} "]
        return {word for words in others for word in words}.difference(name.split())


def _split_brackets(text: str) -> tuple[str, str]:
    """Return the text before brackets and the text in them, "" for the latter if the text does not end with one."""
    name, _, addition = text.partition("(")
    return (name, addition[:-1]) if addition.find(")") == len(addition) - 1 else (text, "")


def _spellings(text: str) -> Iterator[str]:
    """Yield the text, then readings of it: in another order, without an article, abbreviations written out."""
    beginning, _, end = text.partition(",")
    name, addition = _split_brackets(text)
    orders = [text]
    if end and "," not in end:
        orders.append(f"{end} {beginning}")
    if addition:
        orders.append(f"{addition} {name}")
    for order in orders:
        yield order
        key = loose_key(order)
        if match := ARTICLE_RE.match(key):
            yield key[match.end() :]
        words = key.split()
        if 0 < sum(word in ABBREVIATIONS for word in words) <= MAX_ABBREVIATIONS:
            for combination in product(*(ABBREVIATIONS.get(word, [word]) for word in words)):
                yield " ".join(combination)
