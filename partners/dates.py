"""Parsing of dates as people and programs write them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "sv", "da", "nb", "fi"),
    *("et", "lv", "lt", "el", "ru", "uk", "bg", "tr", "he"),
)
"""Languages whose names of months are known. A name of two months, such as listopad, is not."""
FILLERS = frozenset(["st", "nd", "rd", "th", "of", "er", "de", "del", "di"])
"""Words and endings beside day, month and year, as in 1st of May 2026 and 1 de mayo de 2026."""
PREPOSITIONS = {"he": "ב"}
"""Letters that a language writes before the name of a month, without a space."""
WORD_RE = re.compile(r"\d+|[^\W\d_]+")
WRITTEN_RE = re.compile(r"[\w\s.,'\u2019/-]+")
DASHES_RE = re.compile("[\u2010-\u2013]")
EAST_ASIAN_RE = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")
MIDNIGHT_RE = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?Z?\Z")
"""The time that programs write after a day."""
COMPACT_RE = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)")
YEAR_FIRST_RE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
YEAR_LAST_RE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")


def parse_date(text: str, is_day_first: bool | None = None) -> date | None:
    """Parse a date; None if the text is empty.

    Formats: 2025-02-01, 20250201, 1 February 2025 in many languages, or day, month and year in numbers. If those may
    mean two days, `is_day_first` says which one is meant, and without it the date is an error.
    """
    plain = _simplify(text)
    if not plain:
        return None
    if match := COMPACT_RE.fullmatch(plain):
        return _make_date(text, *map(int, match.groups()))
    if match := YEAR_FIRST_RE.fullmatch(plain):
        return _make_date(text, int(match[1]), int(match[3]), int(match[4]))
    if match := YEAR_LAST_RE.fullmatch(plain):
        return _resolve_day_month_order(text, int(match[1]), int(match[3]), int(match[4]), is_day_first)
    if numbers := _parse_words(plain):
        return _make_date(text, *numbers)
    if re.fullmatch(r"[345]\d{4}", plain):
        message = _("“%s” is a number that a spreadsheet has for a day. Format the cell as a date, or write the date.")
        raise ValidationError(message % plain)
    raise ValidationError(_("“%s” is not a date. Write it like 1 Feb 2025.") % text.strip()[:80])


def find_day_order(texts: Iterable[str]) -> tuple[bool | None, str]:
    """Return True if the day stands before the month in dates such as 31/12/2026, and the text that shows it.

    Return None and "" if no text shows an order, or if they show both.
    """
    evidence = {}
    for text in texts:
        if match := YEAR_LAST_RE.fullmatch(_simplify(text)):
            first, second = int(match[1]), int(match[3])
            if min(first, second) <= 12 < max(first, second):
                evidence.setdefault(first > 12, text)
    return next(iter(evidence.items())) if len(evidence) == 1 else (None, "")


def is_ambiguous(text: str) -> bool:
    """Return True for a date that is a day of the calendar in either order."""
    match = YEAR_LAST_RE.fullmatch(_simplify(text))
    first, second, year = (int(match[group]) for group in (1, 3, 4)) if match else (0, 0, 0)
    return first != second and min(first, second) >= 1 and max(first, second) <= 12 and year >= 1


def _simplify(text: str) -> str:
    """Return a date without the time of midnight, and with plain separators without spaces."""
    plain = DASHES_RE.sub("-", MIDNIGHT_RE.sub("", text.strip()))
    return re.sub(r"([-/.]) +", r"\1", EAST_ASIAN_RE.sub(r"\1-\2-\3", plain)).rstrip(".")


def _resolve_day_month_order(text: str, first: int, second: int, year: int, is_day_first: bool | None) -> date:
    if first <= 12 and second <= 12 and first != second and is_day_first is None:
        one, other = _make_date(text, year, second, first), _make_date(text, year, first, second)
        days = {"one": f"{one.day} {one:%b %Y}", "other": f"{other.day} {other:%b %Y}"}
        message = _("“%(text)s” may mean %(one)s or %(other)s. Write the one that is meant, in that form.")
        raise ValidationError(message % {"text": text.strip(), **days})
    is_month_first = second > 12 or (is_day_first is False and first <= 12)
    return _make_date(text, year, first, second) if is_month_first else _make_date(text, year, second, first)


def _parse_words(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a date with the name of its month."""
    words = [word for word in WORD_RE.findall(matching_key(text)) if word not in FILLERS]
    if len(words) != 3 or not WRITTEN_RE.fullmatch(text):
        return None
    months = [month for word in words if (month := _month_numbers("en").get(word) or _month_numbers().get(word))]
    years = [int(word) for word in words if len(word) == 4 and word.isdecimal()]
    days = [int(word) for word in words if len(word) <= 2 and word.isdecimal()]
    return (years[0], months[0], days[0]) if months and years and days else None


@cache
def _month_numbers(*languages: str) -> dict[str, int]:
    """Return the numbers of months by their names and abbreviations in the languages, or in all of LANGUAGES."""
    # Imported lazily, as few processes need it.
    from babel import Locale

    numbers: dict[str, set[int]] = defaultdict(set)
    for language in languages or LANGUAGES:
        for forms in Locale.parse(language).months.values():
            for number, name in (*forms["wide"].items(), *forms["abbreviated"].items()):
                key = matching_key(name.strip("."))
                numbers[key].add(number)
                numbers[f"{PREPOSITIONS.get(language, '')}{key}"].add(number)
    return {key: found.pop() for key, found in numbers.items() if len(found) == 1 and key.isalpha()}


def _make_date(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        message = _("“%s” is not a day of the calendar. Write it like 1 Feb 2025.")
        raise ValidationError(message % text.strip()[:80]) from error
