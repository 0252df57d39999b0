"""Pieces of a page that many pages have."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 5_000
"""Pieces. Of a list with every country of the world, that is each in some twenty states."""


@register.simple_tag
def piece(name, **values):
    """What a template makes of some values and nothing else, so that the same values need it once."""
    lay_out = _laid_out.__wrapped__ if settings.DEBUG else _laid_out
    return lay_out(name, get_language(), **values)


@lru_cache(MOST_KEPT)
def _laid_out(name, language, **values):
    return render_to_string(name, values)
