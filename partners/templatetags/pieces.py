"""Pieces that a page has many of, such as the rows of its list.

A piece is a named tuple. Its words and numbers are put into what its template makes of its shape, which is all else,
such as whether it is chosen. So a template is rendered once for each shape, and not once for each piece.
"""

from functools import cache, lru_cache, partial
from html import escape
from typing import NamedTuple

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

OUTLINES_KEPT = 1_000


class Fields(NamedTuple):
    """The names of those that are words, that are numbers, and that are neither."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    shape: tuple[str, ...]


class Gap:
    """A placeholder for a word or a number. Its value is unknown yet, so a template cannot branch on it."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return f"\0{self.name}\0"

    def __bool__(self):
        raise TypeError(f"What {self.name} says is no part of a piece's shape.")


@register.simple_tag
def pieces(template, rows, **shared):
    """Each of the rows in the template, which knows their fields by name, and what all of them share."""
    lay_out = _outline.__wrapped__ if settings.DEBUG else _outline
    outline = cache(partial(lay_out, template, get_language(), tuple(shared.items())))
    return SafeString("".join(_filled(row, outline) for row in rows))


def _filled(row, outline):
    words, numbers, shape = _fields(type(row))
    filling = {name: escape(getattr(row, name)) for name in words}
    filling.update((name, getattr(row, name)) for name in numbers)
    return outline(type(row), tuple(getattr(row, name) for name in shape)) % filling


@cache
def _fields(kind):
    words = [name for name, type in kind.__annotations__.items() if type is str]
    numbers = [name for name, type in kind.__annotations__.items() if type in (int, float)]
    return Fields(tuple(words), tuple(numbers), tuple(name for name in kind._fields if name not in words + numbers))


@lru_cache(OUTLINES_KEPT)
def _outline(template, language, shared, kind, shape):
    """The template with a place for each word. Nothing that is stored or laid out has a null character."""
    fields = _fields(kind)
    gaps = {name: Gap(name) for name in fields.words + fields.numbers}
    laid_out = render_to_string(template, dict(shared) | dict(zip(fields.shape, shape, strict=True)) | gaps)
    laid_out = laid_out.replace("%", "%%")
    for name, gap in gaps.items():
        laid_out = laid_out.replace(str(gap), f"%({name})s")
    return laid_out
