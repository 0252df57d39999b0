import re

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from tools import catalogues

PO_PATHS = sorted(catalogues.LOCALE_DIR.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER_RE = re.compile(r"%\(\w+\)[sd]|%%|%")
COUNT_RE = re.compile(r"%\(n\)[sd]")
TAG_RE = re.compile(r"<[^>]+>")

pytestmark = pytest.mark.parametrize("path", PO_PATHS, ids=lambda path: path.parts[-3])


def messages(path):
    return [message for message in catalogues.read_catalogue(path) if message.id]


def translation_pairs(message):
    """Return (text, translation) pairs. A plural form for a single count may spell the count as a word."""
    if not message.pluralizable:
        return [(message.id, message.string)]
    count = COUNT_RE.search(message.id[1])[0]
    return [(message.id[1], form if count in form else form + count) for form in message.string]


def test_catalogue_has_exactly_the_strings_of_the_public_pages(path):
    assert {(m.context, m.id) for m in messages(path)} == {
        (m.context, m.id) for m in catalogues.extract_strings() if m.id
    }


def test_catalogue_translates_every_string(path):
    catalogue = catalogues.read_catalogue(path)

    pairs = [(m.id, m.string if m.pluralizable else (m.string,)) for m in catalogue if m.id]
    assert [text for text, translations in pairs if not all(translations)] == []
    assert {len(m.string) for m in catalogue if m.pluralizable} == {catalogue.num_plurals}
    assert [m.id for m in catalogue if m.fuzzy] == list(catalogue.obsolete) == []


@pytest.mark.parametrize("pattern", [PLACEHOLDER_RE, TAG_RE], ids=["placeholders", "tags"])
def test_translation_has_the_placeholders_and_tags_of_its_text(path, pattern):
    pairs = [pair for message in messages(path) for pair in translation_pairs(message)]

    broken = [text for text, form in pairs if sorted(pattern.findall(text)) != sorted(pattern.findall(form))]

    assert broken == []


def test_catalogue_is_formatted_and_compiled(path):
    catalogue = catalogues.read_catalogue(path)

    assert path.read_bytes() == catalogues.to_po(catalogue)
    assert path.with_suffix(".mo").read_bytes() == catalogues.to_mo(catalogue)


def test_site_uses_the_translations_of_the_catalogue(path):
    with override(path.parts[-3]):
        overridden = [m.id for m in messages(path) if not m.pluralizable and gettext(m.id) != m.string]

    assert overridden == []


def test_language_of_the_catalogue_is_enabled_by_default(path):
    assert path.parts[-3] in dict(settings.LANGUAGES)
