"""Languages with levels of the Common European Framework of Reference, such as “English B2”.

A list of them is stored as ``en B2,fr``: codes of ISO 639, each with a level if there is one, in the order written.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key, normalize_name

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
SEPARATORS_RE = re.compile(r"[,;/|&\n]| \+ |\b(?:or|and|oder|und|ou|et|o|y|e)\b", re.IGNORECASE)
LEVEL_RE = re.compile(r"\b[ABC][12]\b", re.IGNORECASE)
PUNCTUATION = str.maketrans("()+:", "    ")
FILLERS = frozenset(["min", "min.", "mind.", "minimum", "level", "niveau", "nivel", "livello"])
"""Words beside a level."""
LANGUAGES_OF_NAMES = ("en", "de", "fr", "es", "he")
"""Languages whose names of languages are understood in files."""
OTHER_NAMES = {
    "en": "eng",
    "de": "deu; ger",
    "fr": "fra; fre",
    "es": "spa; castellano; Castilian",
    "it": "ita",
    "pt": "por; português",
    "nl": "nld; dut; Nederlands; Flemish",
    "pl": "pol; polski",
    "cs": "ces; cze; čeština",
    "sv": "swe; svenska",
    "da": "dan; dansk",
    "no": "nor; norsk",
    "fi": "fin; suomi",
    "hu": "hun; magyar",
    "ro": "ron; rum; română",
    "el": "ell; gre; Ελληνικά",
    "tr": "tur; Türkçe",
    "ru": "rus; русский",
    "uk": "ukr; українська",
    "he": "heb",
    "ar": "ara; العربية",
    "fa": "Farsi",
    "zh": "zho; chi; Mandarin; 中文",
    "ja": "jpn; 日本語",
    "ko": "kor; 한국어",
    "ca": "cat; català; Valencian",
}
"""Codes of three letters, and the languages' own names, by code."""
CODE_RE = re.compile("[a-z]{2}")
"""Codes of three letters are of languages that no university teaches in."""


class LanguageSkill(NamedTuple):
    code: str
    level: str
    """Level, or empty if it is not recorded."""

    def __str__(self) -> str:
        """Return the name in the active language, and the level."""
        return f"{language_name(self.code)} {self.level}".strip()


def language_name(code: str) -> str:
    """Return the name of a language in the active language, capitalized; an unknown code is its own name."""
    name = _cldr_names(get_language() or "en").get(code, code)
    return name[:1].upper() + name[1:]


def decode(value: str) -> list[LanguageSkill]:
    """Return the skills of a stored list."""
    return [LanguageSkill(*f"{skill} ".split(" ")[:2]) for skill in value.split(",") if skill]


def encode(skills: list[LanguageSkill]) -> str:
    return ",".join(" ".join(filter(None, skill)) for skill in dict.fromkeys(skills))


def parse(text: str) -> list[LanguageSkill]:
    """Return the skills in a text such as “English B2, French (B1)”. Raise ValidationError."""
    skills = []
    for part in filter(None, map(normalize_name, SEPARATORS_RE.split(text))):
        levels = LEVEL_RE.findall(part)
        words = LEVEL_RE.sub(" ", part).translate(PUNCTUATION).split()
        name = " ".join(word for word in words if word.lower() not in FILLERS).strip("-\u2013 ")
        code = codes_by_name().get(matching_key(name)) if len(levels) <= 1 else None
        if not code:
            raise ValidationError(_("“%s” is not a language with a level. Write it like English B2.") % part[:80])
        skills.append(LanguageSkill(code, "".join(levels).upper()))
    return skills


@cache
def codes_by_name() -> dict[str, str]:
    """Return codes by the matching keys of names, and by themselves."""
    names = {matching_key(name): code for code, others in OTHER_NAMES.items() for name in others.split("; ")}
    for language in reversed(LANGUAGES_OF_NAMES):
        names |= {matching_key(name): code for code, name in _cldr_names(language).items()}
    return names | {code: code for code in _cldr_names("en")}


@cache
def _cldr_names(language: str) -> dict[str, str]:
    # Imported lazily, as few processes need it.
    from babel import Locale

    names = Locale.parse(to_locale(language)).languages
    english = names if language == "en" else _cldr_names("en")
    return {code: names.get(code, english[code]) for code in english if CODE_RE.fullmatch(code)}
