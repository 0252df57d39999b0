"""The phrases of a search that stand for choices of the filters, and words that say nothing.

Source of ``fixtures/search_words.json``: written for this project. Fields of study have their titles besides, languages
their names in the public languages, and countries their names in all languages of the Unicode CLDR.
"""

import json
import re
from collections import defaultdict
from functools import cache, cached_property, lru_cache
from itertools import chain

from django.utils.translation import get_language

from partners.data_version import cached_for_version
from partners.fields_of_study import field_title, titles_by_code
from partners.foreign_country_names import rare_names, usual_names
from partners.language_skills import LEVELS, codes_by_name
from partners.models import Country
from partners.name_normalization import tokenize_query
from partners.public.name_index import get_name_index
from partners.public.offers import offered_values
from partners.reference_data import FIXTURES
from partners.regions import REGION_LABELS, countries_by_region
from partners.search_terms import CountryVocabulary
from partners.university_words import CANONICAL_WORDS, STOP_WORDS

MIN_LETTERS = 4
"""Letters of a language's name. Shorter ones are codes, or words of other meanings."""
MIN_RARE_LETTERS = 5
"""Latin letters of a country's name in a rare language. Shorter ones are abbreviations of universities, too."""
LANGUAGES_CACHE_SIZE = 32
TITLE_SEPARATORS_RE = re.compile(r", | and | und | et | y ")
PREPOSITIONS_OF_LANGUAGES = ["in", "auf", "en"]


UNOFFERED = [("country", "")]
"""The meaning of a phrase that names countries without partners."""


class FilterPhrases:
    """The phrases that stand for choices that a list has.

    A meaning is a list of pairs of a parameter and a value, empty for words that say nothing.
    """

    def __init__(self, index):
        self.index, self.names, self.countries = index, get_name_index(index.on), get_country_vocabulary()

    def exact_meaning(self, phrase):
        """Return the meaning of the name of a type, a region or a country, None for other phrases."""
        if slug := self.index.type_phrases.get(phrase):
            return [("type", slug)]
        if region := self._regions.get(phrase):
            return [("region", region)]
        countries = self.countries.phrases.get(phrase, ())
        codes = [self._country_codes[pk] for pk in countries if pk in self._country_codes]
        if not codes or self._is_name_elsewhere(phrase, countries):
            return None
        return [("country", code) for code in codes]

    def _is_name_elsewhere(self, phrase, countries):
        """Return True if a partner elsewhere has the name of a country in its own."""
        text = f" {' '.join(phrase)} "
        named = self.names.having(phrase)
        return any(text in university.lines and university.country not in countries for university in named)

    def meaning(self, phrase):
        """Return the meaning of any phrase, None if it has none, and UNOFFERED for places without partners."""
        if meaning := self.exact_meaning(phrase) or self._term_meaning(phrase):
            return meaning
        alternatives = _known_phrases(get_language()).get(phrase, [])
        for alternative in alternatives:
            offered = self._offered_pairs(alternative)
            if offered or not alternative:
                return offered
        if code := find_foreign_country(phrase):
            return self._offered_pairs([("country", code)]) or UNOFFERED
        is_place = phrase in self.countries.phrases or any(each[0][0] == "country" for each in alternatives)
        return UNOFFERED if is_place else None

    def iter_words(self):
        """Yield the words of phrases that stand for choices."""
        countries = (phrase for phrase, pks in self.countries.phrases.items() if pks & self._country_codes.keys())
        known = _known_phrases(get_language()).items()
        others = (phrase for phrase, alternatives in known if any(map(self._offered_pairs, alternatives)))
        return chain.from_iterable(chain(self.index.type_phrases, self._regions, countries, others))

    def _offered_pairs(self, meaning):
        return [(name, value) for name, value in meaning if value in self._offered[name]]

    @cached_property
    def _country_codes(self):
        return {pk: code for code, pk in self.index.country_ids.items()}

    @cached_property
    def _regions(self):
        """The regions with partners by the phrases that name them."""
        names = _region_names(get_language())
        return {phrase: region for phrase, region in names.items() if region in self._offered["region"]}

    @cached_property
    def _offered(self):
        codes = self.index.country_ids.keys()
        regions = {region for region, members in countries_by_region().items() if codes & members}
        return {"country": codes, "region": regions} | offered_values(self.index.offers)

    def _term_meaning(self, phrase):
        value = self._terms.get(phrase)
        return [("term", value)] if value else None

    @cached_property
    def _terms(self):
        """The values of the terms to come by the names, with a year or without; without, the first one is meant."""
        terms = [term for term in self.index.terms.values() if not term.has_begun]
        first_words = {tokenize_query(term.name.text)[0] for term in terms}
        found = {}
        for term in terms:
            words, year = tokenize_query(term.name.text), str(term.days.first_year)
            for name in (words, words[:1]) if len(first_words) > 1 else (words,):
                for phrase in (name, [*name, year], [*name, *tokenize_query(term.academic_year)]):
                    found.setdefault(tuple(phrase), term.value)
        return found


def find_foreign_country(phrase):
    """Return the code of the country that a phrase names in any language, or by an adjective; None if it names none."""
    key = " ".join(phrase)
    code = _country_adjectives().get(phrase) or usual_names().get(key)
    return code or (rare_names().get(key) if len(key) >= MIN_RARE_LETTERS or not key.isascii() else None)


def get_country_vocabulary():
    return _get_country_vocabulary(get_language())


@cached_for_version(LANGUAGES_CACHE_SIZE)
def _get_country_vocabulary(_language):
    return CountryVocabulary(Country.objects.values_list("pk", "code", "search_text"))


@cache
def _search_words():
    return json.loads((FIXTURES / "search_words.json").read_text(encoding="utf-8"))


@cache
def _country_adjectives():
    return {tuple(tokenize_query(name)): code for code, names in _search_words()["countries"].items() for name in names}


@lru_cache(LANGUAGES_CACHE_SIZE)
def _region_names(_language):
    names = {
        tuple(tokenize_query(name)): region for region, names in _search_words()["regions"].items() for name in names
    }
    return names | {tuple(tokenize_query(str(label))): region for region, label in REGION_LABELS.items()}


@lru_cache(LANGUAGES_CACHE_SIZE)
def _known_phrases(language):
    """Return the meanings of phrases, best first, of which the first counts that the list has."""
    words, phrases = _search_words(), defaultdict(list)
    for code, names in words["countries"].items():
        _add(phrases, names, [("country", code)])
    for codes, names in words["country_groups"]:
        _add(phrases, names, [("country", code) for code in codes])
    for name in ("level", "field"):
        for value, names in words[f"{name}s"].items():
            _add(phrases, names, [(name, value)])
    for phrase, code in _language_phrases():
        phrases[phrase].append([("language", code)])
    for part, code in _field_titles(language):
        _add(phrases, [part], [("field", code)])
    universities = [word for word, canonical in CANONICAL_WORDS.items() if canonical == "university"]
    _add(phrases, [*words["fillers"], *universities, *STOP_WORDS], [])
    return phrases


def _add(phrases, names, meaning):
    for name in names:
        phrases[tuple(tokenize_query(name))].append(meaning)


def _language_phrases():
    """Yield pairs of words, such as “English”, “in English” and “English B2”, and a value of the parameter."""
    for name, code in codes_by_name().items():
        words = tuple(tokenize_query(name))
        if len(name) >= MIN_LETTERS:
            yield words, code
            yield (*words, "language"), code
            yield from (((preposition, *words), code) for preposition in PREPOSITIONS_OF_LANGUAGES)
            yield from (((*words, level.lower()), f"{code}-{level}") for level in LEVELS)


def _field_titles(_language):
    """Return pairs of a part of a title and the code of the broad or narrow field, best first.

    A title of its own comes before a part of one, a broad field before a narrow one.
    """
    ranked = []
    for code, titles in titles_by_code().items():
        for title in {titles["en"], field_title(code)}:
            parts = TITLE_SEPARATORS_RE.split(title)
            ranked += [(len(parts) > 1, place, len(code), part, code[:3]) for place, part in enumerate(parts)]
    return [(part, code) for *_rank, part, code in sorted(ranked)]
