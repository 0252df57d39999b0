"""Parsing of dates as people write them in tables. Ambiguous dates are rejected."""

import re
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TEXT_FORMATS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")


def parse_date(text: str) -> date | None:
    """Return the date in a cell; None if the cell is empty.

    Formats: 2025-02-01, 2025/2/1, 1 February 2025, or day, month and year in numbers, unless that is ambiguous.
    Raise ValidationError otherwise.
    """
    text = text.strip()
    if not text:
        return None
    year_first = re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text)
    year_last = re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", text)
    if year_first:
        return _make_date(text, int(year_first[1]), int(year_first[3]), int(year_first[4]))
    if year_last:
        return _resolve_day_month_order(text, int(year_last[1]), int(year_last[3]), int(year_last[4]))
    return _parse_text_date(text)


def _resolve_day_month_order(text: str, first: int, second: int, year: int) -> date:
    if first <= 12 and second <= 12 and first != second:
        one, other = _make_date(text, year, second, first), _make_date(text, year, first, second)
        days = {"one": f"{one.day} {one:%b %Y}", "other": f"{other.day} {other:%b %Y}"}
        message = _("“%(text)s” may mean %(one)s or %(other)s. Write the one that is meant, in that form.")
        raise ValidationError(message % {"text": text, **days})
    return _make_date(text, year, first, second) if second > 12 else _make_date(text, year, second, first)


def _parse_text_date(text: str) -> date:
    for text_format in TEXT_FORMATS:
        try:
            return datetime.strptime(re.sub(r"[,.\s]+", " ", text), text_format).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValidationError(_("“%s” is not a date. Write it like 1 Feb 2025.") % text[:80])


def _make_date(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValidationError(_("“%s” is not a day of the calendar. Write it like 1 Feb 2025.") % text) from error
