"""Colours of the public pages, and the contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""

import re
from functools import cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

STYLESHEET = Path(__file__).parent / "static/partners/public.css"
LIGHT, DARK = "light", "dark"
BACKGROUNDS = ("--paper", "--raised", "--tint", "--accent-ink")
"""Colours that text in the accent colour stands on, or that stand on it as text."""
MIN_CONTRAST = 4.5

validate_color = RegexValidator(
    r"\A#[0-9a-fA-F]{6}\Z", _("“%(value)s” is not a colour. Write # and six digits, such as #1d4e6b."), "color"
)


@cache
def color_schemes() -> dict[str, dict[str, str]]:
    """Return the colours of the stylesheet by the names of their properties, for each colour scheme."""
    pairs = re.findall(r"\s(--[\w-]+): light-dark\((#\w+), (#\w+)\);", STYLESHEET.read_text(encoding="utf-8"))
    return {LIGHT: {name: light for name, light, _dark in pairs}, DARK: {name: dark for name, _light, dark in pairs}}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted([relative_luminance(one), relative_luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def relative_luminance(color: str) -> float:
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def validate_light_accent(color: str) -> None:
    _validate_accent(color, LIGHT)


def validate_dark_accent(color: str) -> None:
    _validate_accent(color, DARK)


def _validate_accent(color: str, scheme: str) -> None:
    """Raise ValidationError unless the colour can be read on all backgrounds of the scheme."""
    validate_color(color)
    colors = color_schemes()[scheme]
    ratio, background = min((contrast(color, colors[name]), colors[name]) for name in BACKGROUNDS)
    if ratio < MIN_CONTRAST:
        message = _(
            "%(color)s has a contrast of %(ratio).1f : 1 with %(background)s, which it stands on. Text needs 4.5 : 1. "
            "Choose a %(direction)s colour."
        )
        direction = _("darker") if scheme == LIGHT else _("lighter")
        params = {"color": color, "ratio": int(ratio * 10) / 10, "background": background, "direction": direction}
        raise ValidationError(message, "contrast", params)
