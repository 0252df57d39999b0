"""Languages with levels, as people write them and as they are stored."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from partners.language_skills import LEVELS, LanguageSkill, decode, encode, parse

SKILLS = st.lists(
    st.builds(LanguageSkill, st.sampled_from(["en", "fr", "de", "he", "zh", "pt"]), st.sampled_from(["", *LEVELS])),
    unique=True,
)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        ("English B2", "en B2"),
        ("english b2+", "en B2"),
        ("Englisch (B2), Französisch B1 or German", "en B2,fr B1,de"),
        ("en B2; English B2", "en B2"),
        ("allemand C1 and גרמנית", "de C1,de"),
        ("B2 English / B1 German", "en B2,de B1"),
        ("English - B2 | EN-B1 & Türkçe: A2", "en B2,en B1,tr A2"),
        ("English (min. B2) oder Serbo-Croatian + ENG level C1", "en B2,sh,en C1"),
    ],
)
def test_languages_are_parsed(text, stored):
    assert encode(parse(text)) == stored


@pytest.mark.parametrize("text", ["Klingon B2", "English D1", "B2", "English (UK) B2", "English B2 C1"])
def test_unknown_language_or_level_is_an_error(text):
    with pytest.raises(ValidationError) as error:
        parse(text)

    assert error.value.messages == [f"“{text}” is not a language with a level. Write it like English B2."]


@given(SKILLS)
def test_stored_languages_are_decoded_and_parsed_again(skills):
    assert (decode(encode(skills)), parse(encode(skills))) == (skills, skills)


@given(SKILLS)
def test_written_languages_are_parsed_again(skills):
    assert parse(", ".join(map(str, skills))) == skills


def test_language_is_written_in_the_active_language():
    with override("de"):
        assert str(LanguageSkill("fr", "B1")) == "Französisch B1"
