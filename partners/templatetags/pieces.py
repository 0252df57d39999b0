"""Pieces of a page that many pages have."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 5_000
"""Pieces. Of a list with every country of the world, that is each in some twenty states."""


@register.simple_tag
def piece(template, **values):
    """What a template makes of some values and nothing else, so that the same values need it once."""
    return _lay_out()(template, get_language(), **values)


@register.simple_tag
def pieces(template, name, values):
    """What it makes of each of them, by that name."""
    lay_out, language = _lay_out(), get_language()
    return SafeString("".join(lay_out(template, language, **{name: value}) for value in values))


def _lay_out():
    return _laid_out.__wrapped__ if settings.DEBUG else _laid_out


@lru_cache(MOST_KEPT)
def _laid_out(template, language, **values):
    return render_to_string(template, values)
