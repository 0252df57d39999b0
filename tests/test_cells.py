from contextlib import suppress
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from partners.cells import TEXT_DATE_FORMATS, parse_date

FIRST = date(2025, 2, 1)


@pytest.mark.parametrize("text", ["", "  ", "\u00a0", "\t\n"])
def test_parse_date_of_empty_cell_is_none(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *["2025-02-01", "2025/02/01", "2025.2.1", "2025-2-1", " 2025-02-01\u00a0"],
        *["1 February 2025", "1 Feb 2025", "01 feb. 2025", "1. February 2025", "1\u00a0February  2025"],
        *["February 1, 2025", "Feb 1 2025", "FEBRUARY 1,2025"],
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


@pytest.mark.parametrize("text", ["2025-02-29", "2025-13-01", "31.4.2025", "0/5/2025", "13/13/2025", "0000-01-01"])
def test_parse_date_rejects_invalid_day(text):
    with pytest.raises(ValidationError) as error:
        parse_date(text)

    assert error.value.messages == [f"“{text}” is not a day of the calendar. Write it like 1 Feb 2025."]


@pytest.mark.parametrize(
    "text",
    ["soon", "2025", "02/2025", "1/2/25", "2025-02/01", "45000", "2025-02-01T10:00:00", "30 February 2025", "%s"],
)
def test_parse_date_rejects_other_text(text):
    with pytest.raises(ValidationError) as error:
        parse_date(text)

    assert error.value.messages == [f"“{text}” is not a date. Write it like 1 Feb 2025."]


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
