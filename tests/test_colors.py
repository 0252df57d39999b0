import pytest
from django.core.exceptions import ValidationError

from partners.colors import DARK, LIGHT, color_schemes, contrast, validate_dark_accent, validate_light_accent

VALIDATORS = {LIGHT: validate_light_accent, DARK: validate_dark_accent}


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#fff", 4.48), ("#fff", "#fff", 1)]
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == ratio


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_own_accent_of_each_scheme_is_valid(scheme):
    assert VALIDATORS[scheme](color_schemes()[scheme]["--accent"]) is None


@pytest.mark.parametrize(
    ("color", "scheme", "message"),
    [
        (
            "#8cc4e4",
            LIGHT,
            "#8cc4e4 has a contrast of 1.5 : 1 with #eeece6, which it stands on. Text needs 4.5 : 1. "
            "Choose a darker colour.",
        ),
        (
            "#1d4e6b",
            DARK,
            "#1d4e6b has a contrast of 1.4 : 1 with #27313a, which it stands on. Text needs 4.5 : 1. "
            "Choose a lighter colour.",
        ),
    ],
)
def test_accent_that_cannot_be_read_is_rejected(color, scheme, message):
    with pytest.raises(ValidationError) as error:
        VALIDATORS[scheme](color)

    assert error.value.messages == [message]
