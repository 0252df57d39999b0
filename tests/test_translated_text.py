import pytest
from django.utils import translation

from partners.translated_text import TranslatedText, TranslatedTextField, TranslatedTextFormField


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({"en": "Hello", "de": "Hallo"}, ("Hallo", "de", "ltr", False)),
        ({"he": "שלום", "en": "Hello"}, ("Hello", "en", "ltr", True)),
        ({"he": "שלום"}, ("שלום", "he", "rtl", True)),
        ({"it": "Ciao"}, ("Ciao", "it", "ltr", True)),
        ({}, ("", "", "ltr", False)),
    ],
)
def test_text_is_in_the_active_language_or_says_in_which(texts, shown):
    text = TranslatedText(texts)

    with translation.override("de"):
        assert (text.text, text.language, text.direction, text.is_foreign) == shown


def test_texts_are_normalized_and_empty_ones_left_out():
    assert TranslatedTextField().to_python({"en": " A\r\nB ", "de": " "}) == {"en": "A\nB"}


def test_form_field_reads_its_inputs_in_the_order_of_the_languages():
    assert TranslatedTextFormField(required=False).clean(["Hello", "Hallo"]) == {"en": "Hello", "de": "Hallo"}


@pytest.mark.parametrize(
    ("data", "has_changed"), [(["A\r\nB", ""], False), (["A\nC", ""], True), (["A\nB", "x"], True)]
)
def test_form_field_has_changed_only_if_a_text_has(data, has_changed):
    assert TranslatedTextFormField(required=False).has_changed(["A\nB", "", "", "", ""], data) is has_changed
