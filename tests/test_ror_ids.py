import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.ror_ids import BASE_32_DIGITS, find_ror_id, ror_url


@pytest.mark.parametrize(
    "text",
    [
        "02kkvpp62",
        " 02KKVPP62 ",
        "https://ror.org/02kkvpp62",
        "HTTPS://ROR.ORG/02KKVPP62/",
        "http://ror.org/02kkvpp62",
        "https://www.ror.org/02kkvpp62",
        "ror.org/02kkvpp62",
    ],
)
def test_ror_id_is_found_alone_or_as_an_address(text):
    assert find_ror_id(text) == "02kkvpp62"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02kkvpp6",
        "02kkvpp622",
        "12kkvpp62",
        "02kkvpp63",
        "02kkvppii",
        "02kkvpu62",
        "02kkvpp6\N{ARABIC-INDIC DIGIT TWO}",
        "https://example.edu/02kkvpp62",
        "https://ror.org/search?query=02kkvpp62",
        "02kkvpp62 01nffqt88",
    ],
)
def test_other_texts_are_no_ror_id(text):
    assert find_ror_id(text) is None


@given(position=st.integers(1, 6), digit=st.sampled_from(BASE_32_DIGITS))
def test_a_mistyped_digit_is_no_ror_id(position, digit):
    typed = "02kkvpp62"[:position] + digit + "02kkvpp62"[position + 1 :]

    assert (find_ror_id(typed) is None) == (typed != "02kkvpp62")


@pytest.mark.parametrize("ror_id", ["0001ws297", "01nffqt88", "03cve4549", "02kkvpp62"])
def test_address_is_read_as_its_id(ror_id):
    assert find_ror_id(ror_url(ror_id)) == ror_id
