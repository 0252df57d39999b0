"""Fields of study by ISCED-F 2013: titles, search, and codes as people write them."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from partners.fields_of_study import field_title, parse_codes, search_fields, titles_by_code

CODES = list(titles_by_code())
LANGUAGES = ["en", "de", "fr", "es", "he"]


def test_classification_has_its_fields_each_within_a_broader_one():
    lengths = [sum(len(code) == digits for code in CODES) for digits in (2, 3, 4)]

    assert (lengths, [code for code in CODES if len(code) > 2 and code[:-1] not in CODES]) == ([12, 58, 150], [])


def test_broad_and_narrow_fields_have_a_title_in_each_public_language():
    titles = titles_by_code()

    missing = [(code, lang) for code in CODES for lang in LANGUAGES if len(code) < 4 and not titles[code][lang]]
    assert missing == []


@pytest.mark.parametrize(
    ("language", "code", "title"),
    [
        ("en", "0715", "Mechanics and metal trades"),
        ("de", "042", "Rechtswissenschaft"),
        ("he", "042", "משפטים"),
        ("de", "0715", "Mechanics and metal trades"),
        ("ja", "042", "Law"),
    ],
)
def test_title_is_in_the_active_language_or_in_english(language, code, title):
    with override(language):
        assert field_title(code) == title


@pytest.mark.parametrize(
    ("query", "first"), [("mech", "0715"), ("0715", "0715"), ("law", "04"), ("recht", "04"), ("trades metal", "0715")]
)
def test_search_finds_a_field_by_code_or_by_beginnings_of_words(query, first):
    with override("de"):
        assert search_fields(query)[0] == first


@pytest.mark.parametrize("query", ["", "aw", "9876", "klingon"])
def test_search_finds_nothing_for_other_queries(query):
    assert search_fields(query) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("0732", ["0732"]),
        ("0732, 042;0732\n0311/ 0312", ["0311", "0312", "042", "0732"]),
        ("0715 07 071", ["07"]),
        ("All  fields", ["all"]),
        ("all faculties", ["all"]),
        ("0311 - Economics; Law (042)", ["0311", "042"]),
        ("ISCED-F 0312 Political sciences and civics", ["0312"]),
    ],
)
def test_codes_are_parsed_without_those_within_another(text, codes):
    assert parse_codes(text) == codes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("732", "“732” is not a field of study. Did you mean 0732?"),
        ("0311 Law", "“Law” is not a field of study. Write codes of ISCED-F 2013, such as 0732, or “all fields”."),
        ("law", "“law” is not a field of study. Write codes of ISCED-F 2013, such as 0732, or “all fields”."),
    ],
)
def test_unknown_code_is_an_error(text, message):
    with pytest.raises(ValidationError) as error:
        parse_codes(text)

    assert error.value.messages == [message]


@given(st.lists(st.sampled_from(CODES)))
def test_parsed_codes_cover_the_same_fields(codes):
    detailed = [code for code in CODES if len(code) == 4]

    parsed = parse_codes(" ".join(codes))

    covered, expected = ({code for code in detailed if code.startswith(tuple(some))} for some in (parsed, codes))
    assert (covered, parse_codes(" ".join(parsed))) == (expected, parsed)
