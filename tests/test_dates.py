from contextlib import suppress
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from partners.dates import find_day_order, is_ambiguous, parse_date

FIRST = date(2025, 2, 1)
TEXT_DATE_FORMATS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")


@pytest.mark.parametrize("text", ["", "  ", "\u00a0", "\t\n"])
def test_parse_date_of_empty_cell_is_none(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *["2025-02-01", "2025/02/01", "2025.2.1", "2025-2-1", " 2025-02-01\u00a0"],
        *["1 February 2025", "1 Feb 2025", "01 feb. 2025", "1. February 2025", "1\u00a0February  2025"],
        *["February 1, 2025", "Feb 1 2025", "FEBRUARY 1,2025", "1st of February 2025", "Feb 1st, 2025", "01-FEB-2025"],
        *["1er février 2025", "1 de febrero de 2025", "1. Februar 2025", "1 Şubat 2025", "1 lutego 2025"],
        *["1 בפברואר 2025", "2025. február 1.", "2025. 2. 1.", "2025年2月1日", "2025년 2월 1일", "20250201"],
        *["2025-02-01 00:00:00", "2025-02-01T00:00:00.000Z", "1 Feb 2025 0:00", "2025\u201302\u201301"],
    ],
)
def test_parse_date_accepts_common_formats(text):
    assert parse_date(text) == FIRST


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.1.2025", date(2025, 1, 31)),
        ("13/01/2025", date(2025, 1, 13)),
        ("1/13/2025", date(2025, 1, 13)),
        ("12/31/2025", date(2025, 12, 31)),
        ("02-02-2025", date(2025, 2, 2)),
        ("29.2.2024", date(2024, 2, 29)),
    ],
)
def test_parse_date_accepts_unambiguous_day_month_order(text, day):
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["1/2/2025", "01.02.2025", "1-2-2025"])
def test_parse_date_rejects_ambiguous_date_and_names_both_days(text):
    with pytest.raises(ValidationError) as error:
        parse_date(text)

    assert error.value.messages == [
        f"“{text}” may mean 1 Feb 2025 or 2 Jan 2025. Write the one that is meant, in that form."
    ]


@pytest.mark.parametrize(
    "text",
    ["2025-02-29", "2025-13-01", "31.4.2025", "0/5/2025", "13/13/2025", "0000-01-01", "30 February 2025", "20251301"],
)
def test_parse_date_rejects_invalid_day(text):
    with pytest.raises(ValidationError) as error:
        parse_date(text)

    assert error.value.messages == [f"“{text}” is not a day of the calendar. Write it like 1 Feb 2025."]


@pytest.mark.parametrize(
    "text",
    ["soon", "2025", "02/2025", "1/2/25", "2025-02/01", "2025-02-01T10:00:00", "1 listopad 2025", "1 % Feb 2025", "%s"],
)
def test_parse_date_rejects_other_text(text):
    with pytest.raises(ValidationError) as error:
        parse_date(text)

    assert error.value.messages == [f"“{text}” is not a date. Write it like 1 Feb 2025."]


def test_parse_date_names_a_number_that_a_spreadsheet_has_for_a_day():
    with pytest.raises(ValidationError) as error:
        parse_date("45689")

    assert error.value.messages == [
        "“45689” is a number that a spreadsheet has for a day. Format the cell as a date, or write the date."
    ]


@pytest.mark.parametrize(
    ("text", "is_day_first", "day"),
    [
        ("1/2/2025", True, FIRST),
        ("2.1.2025", False, FIRST),
        ("31/1/2025", False, date(2025, 1, 31)),
        ("1/31/2025", True, date(2025, 1, 31)),
    ],
)
def test_parse_date_resolves_an_ambiguous_date_in_the_order_given(text, is_day_first, day):
    assert parse_date(text, is_day_first) == day


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["1/2/2025", "31/1/2025", "x"], (True, "31/1/2025")),
        (["1/31/2025"], (False, "1/31/2025")),
        (["31.1.2025", "1/31/2025"], (None, "")),
        (["1/2/2025", "31/31/2025", "2025-01-31", ""], (None, "")),
    ],
)
def test_find_day_order_needs_one_date_that_shows_it_and_none_that_contradicts(texts, order):
    assert find_day_order(texts) == order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/2/2025", True),
        ("2/2/2025", False),
        ("13/2/2025", False),
        ("0/5/2025", False),
        ("1/2/0000", False),
        ("", False),
    ],
)
def test_ambiguous_date_is_a_day_in_either_order(text, expected):
    assert is_ambiguous(text) == expected


def test_parse_date_error_truncates_long_text():
    with pytest.raises(ValidationError) as error:
        parse_date("x" * 1000)

    assert error.value.messages == [f"“{'x' * 80}” is not a date. Write it like 1 Feb 2025."]


@given(st.dates())
def test_parse_date_reads_every_iso_date(day):
    assert parse_date(day.isoformat()) == day


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(TEXT_DATE_FORMATS))
def test_parse_date_reads_every_text_format(day, text_format):
    assert parse_date(day.strftime(text_format)) == day


@given(st.dates(min_value=date(1000, 1, 1)), st.booleans(), st.sampled_from("-/."))
def test_parse_date_reads_or_rejects_numeric_date(day, day_first, separator):
    numbers = (day.day, day.month) if day_first else (day.month, day.day)
    text = separator.join(map(str, (*numbers, day.year)))

    try:
        assert parse_date(text) == day
    except ValidationError:
        assert day.day <= 12
        assert day.day != day.month


@given(st.text())
def test_parse_date_raises_only_validation_errors(text):
    with suppress(ValidationError):
        assert isinstance(parse_date(text), date | None)
