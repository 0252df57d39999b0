"""The search of the public list: phrases that are filters, and suggestions if nothing is found."""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language
from rapidfuzz import process
from rapidfuzz.distance import OSA

from partners import data_version
from partners.country_names import localized_names
from partners.models import Institution, University
from partners.name_normalization import search_lines, tokenize_query
from partners.public.facet_index import get_facet_index
from partners.querysets import PUBLIC_STATE_LABELS
from partners.search_terms import SearchTerm

ONE_ERROR, TWO_ERRORS = 4, 8
"""Letters from which a word may have one typing error, and two."""
VOCABULARY_CACHE_SIZE = 8


class UnderstoodQuery(NamedTuple):
    """A query divided into the facet values that it names and other words."""

    types: list[str]
    """Slugs."""
    countries: list[str]
    """Codes."""
    terms: list[SearchTerm]
    """The other words, and names of countries without partners."""

    @property
    def words(self):
        return " ".join(word for term in self.terms for word in term.words)


class Correction(NamedTuple):
    query: str
    label: str
    """The name of the university that the corrected query finds best, or of the filters that it consists of."""


class Neighbors(NamedTuple):
    """The partners in the country of a place without any."""

    country: str
    """Code."""
    name: str
    count: int


def understand(query, on, index):
    """Divide a query such as “erasmus italy” into filters and other words.

    A country is a filter if it has partners and none elsewhere has the country's name in its own.
    """
    universities = University.objects.public(on)
    slug_by_words = {tuple(tokenize_query(name)): slug for slug, name in index.type_names.items()}
    code_by_pk = {pk: code for code, pk in index.country_ids.items()}
    types, countries, terms = [], [], []
    for term in universities.split_terms(query):
        codes = [code_by_pk[pk] for pk in term.countries if pk in code_by_pk]
        if term.words in slug_by_words:
            types.append(slug_by_words[term.words])
        elif term.is_country and codes and not _is_name_elsewhere(term, universities):
            countries += codes
        else:
            terms.append(term)
    return UnderstoodQuery(types, countries, terms)


def _is_name_elsewhere(term, universities):
    elsewhere = universities.exclude(country__in=term.countries)
    return elsewhere.filter(elsewhere.term_q(term._replace(countries=()))).exists()


def correct(query, on, index):
    """Return the Correction of typing errors in a query; None if there is none that finds anything.

    Each word that begins no word of a public name, city, country or type is replaced by the most similar one.
    """
    vocabulary, words = _vocabulary(on), tokenize_query(query)
    corrected = [_correct_word(word, vocabulary) for word in words]
    if corrected == words or None in corrected:
        return None
    understood = understand(" ".join(corrected), on, index)
    universities = University.objects.public(on).matching(understood.terms)
    if understood.countries:
        universities = universities.filter(country__code__in=understood.countries)
    universities = universities.with_agreement(on, PUBLIC_STATE_LABELS, understood.types)
    best = universities.best_matches_first(understood.words).first()
    if not best:
        return None
    countries = localized_names({code: index.country_names[code] for code in understood.countries})
    filters = [*countries.values(), *(index.type_names[slug] for slug in understood.types)]
    return Correction(" ".join(corrected), best.name if understood.words else ", ".join(filters))


def _correct_word(word, vocabulary):
    """Return the word if it begins one of the vocabulary, else the most similar one, or None.

    The most frequent one of several that are equally similar is taken.
    """
    if any(known.startswith(word) for known in vocabulary):
        return word
    max_errors = (len(word) >= ONE_ERROR) + (len(word) >= TWO_ERRORS)
    matches = process.extract(word, vocabulary.keys(), scorer=OSA.distance, score_cutoff=max_errors, limit=None)
    best = min(matches, key=lambda match: (match[1], -vocabulary[match[0]], match[0]), default=(None,))
    return best[0]


def _vocabulary(on):
    version = data_version.current_version()
    return _build_vocabulary(on) if version is None else _cached_vocabulary(on, version, get_language())


@lru_cache(VOCABULARY_CACHE_SIZE)
def _cached_vocabulary(on, _version, _language):
    return _build_vocabulary(on)


def _build_vocabulary(on):
    """Return a Counter of the words in names and cities of public universities, of their countries, and of types."""
    index = get_facet_index(on)
    names = University.objects.public(on).values_list("name", "city").iterator()
    facets = [*index.country_names.values(), *localized_names(index.country_names).values(), *index.type_names.values()]
    return Counter(word for texts in (facets, *names) for text in texts for word in tokenize_query(text))


def find_neighbors(query, index):
    """Return the Neighbors of a city that the directory of institutions has; None if there are none."""
    lines = Concat(Value("\n"), "search_text", Value("\n"), output_field=TextField())
    places = Institution.objects.alias(lines=lines).filter(lines__contains=f"\n{search_lines([query])}\n")
    codes = Counter(places.values_list("country_code", flat=True))
    for code, _count in codes.most_common(1):
        if count := dict(index.country_totals).get(code):
            return Neighbors(code, localized_names({code: index.country_names[code]})[code], count)
    return None
