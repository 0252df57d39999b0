import re

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from tools import catalogues

PATHS = sorted(catalogues.LOCALE.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%")
NUMBER = re.compile(r"%\(n\)[sd]")
TAG = re.compile(r"<[^>]+>")

pytestmark = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parts[-3])


def messages(path):
    return [message for message in catalogues.read(path) if message.id]


def forms(message):
    """The pairs of a text and its translation. A plural's form for one number may say it in a word."""
    if not message.pluralizable:
        return [(message.id, message.string)]
    number = NUMBER.search(message.id[1])[0]
    return [(message.id[1], form if number in form else form + number) for form in message.string]


def test_catalogue_has_every_string_of_the_public_pages_and_no_other(path):
    assert {(m.context, m.id) for m in messages(path)} == {(m.context, m.id) for m in catalogues.strings() if m.id}


def test_catalogue_translates_every_string(path):
    catalogue = catalogues.read(path)

    told = [(m.id, m.string if m.pluralizable else (m.string,)) for m in catalogue if m.id]
    assert [text for text, translations in told if not all(translations)] == []
    assert {len(m.string) for m in catalogue if m.pluralizable} == {catalogue.num_plurals}
    assert [m.id for m in catalogue if m.fuzzy] == list(catalogue.obsolete) == []


@pytest.mark.parametrize("marks", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
def test_translation_has_the_same_marks_as_its_text(path, marks):
    pairs = [pair for message in messages(path) for pair in forms(message)]

    broken = [text for text, form in pairs if sorted(marks.findall(text)) != sorted(marks.findall(form))]

    assert broken == []


def test_compiled_catalogue_is_of_the_catalogue_beside_it(path):
    catalogue = catalogues.read(path)

    assert path.read_bytes() == catalogues.written(catalogue)
    assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogue)


def test_site_speaks_in_the_words_of_the_catalogue(path):
    with override(path.parts[-3]):
        others = [m.id for m in messages(path) if not m.pluralizable and gettext(m.id) != m.string]

    assert others == []


def test_language_of_the_catalogue_is_offered(path):
    assert path.parts[-3] in dict(settings.LANGUAGES)
