"""The search of the public list: phrases that are filters, and suggestions if nothing is found."""

from collections import Counter
from typing import NamedTuple

from django.utils.translation import get_language
from rapidfuzz import process
from rapidfuzz.distance import OSA

from partners.country_names import localized_names
from partners.data_version import cached_for_version
from partners.models import Institution, University
from partners.name_normalization import search_lines, tokenize_query
from partners.public.facet_index import get_facet_index, select_universities
from partners.public.name_index import best_matches_first, find_universities, get_name_index
from partners.querysets import SEARCH_LINES
from partners.regions import REGION_LABELS, countries_by_region, list_countries
from partners.search_terms import MAX_PHRASE_WORDS, SearchTerm

ONE_ERROR, TWO_ERRORS = 4, 8
"""Letters from which a word may have one typing error, and two."""
VOCABULARY_CACHE_SIZE = 8


class UnderstoodQuery(NamedTuple):
    """A query divided into the facet values that it names and other words."""

    values: dict[str, list[str]]
    """Values of type, region and country by parameter."""
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


def understand(query, index):
    """Divide a query such as “erasmus italy” into filters and other words.

    A region is a filter if it has partners, a country if none elsewhere has its name in its own besides.
    """
    types, words = _take_phrases(tokenize_query(query), index.type_names)
    regions, words = _take_phrases(words, _labels_of_regions(index))
    code_by_pk = {pk: code for code, pk in index.country_ids.items()}
    countries, terms = [], []
    for term in University.objects.split_terms(" ".join(words)):
        codes = [code_by_pk[pk] for pk in term.countries if pk in code_by_pk]
        if term.is_country and codes and not _is_name_elsewhere(term, index.profiles):
            countries += codes
        else:
            terms.append(term)
    return UnderstoodQuery({"type": types, "region": regions, "country": countries}, terms)


def _take_phrases(words, labels):
    """Return the values whose labels the words contain, the longest first, and the other words."""
    values_by_words = {tuple(tokenize_query(str(label))): value for value, label in labels.items()}
    found, others = [], []
    while words:
        lengths = range(min(len(words), MAX_PHRASE_WORDS), 0, -1)
        phrase = next((words[:length] for length in lengths if tuple(words[:length]) in values_by_words), None)
        if phrase:
            found.append(values_by_words[tuple(phrase)])
        else:
            others.append(words[0])
        words = words[len(phrase or [0]) :]
    return found, others


def _labels_of_regions(index):
    """Return labels of the regions that have partners."""
    codes = index.country_ids.keys()
    return {region: REGION_LABELS[region] for region, members in countries_by_region().items() if codes & members}


def _is_name_elsewhere(term, profiles):
    phrase = f" {' '.join(term.words)} "
    named = [university for university in get_name_index() if phrase in university.lines]
    return any(university.country not in term.countries and university.pk in profiles for university in named)


def correct(query, on, index):
    """Return the Correction of typing errors in a query; None if there is none that finds anything.

    Each word that begins no word of a public name, city, country or type is replaced by the most similar one.
    """
    vocabulary, words = _vocabulary(on, get_language()), tokenize_query(query)
    corrected = [_correct_word(word, vocabulary) for word in words]
    if corrected == words or None in corrected:
        return None
    understood = understand(" ".join(corrected), index)
    countries, types = list_countries(understood.values), understood.values["type"]
    found = best_matches_first(find_universities(understood.terms), tokenize_query(understood.words))
    best = next(select_universities(found, index.profiles, countries, types), None)
    if not best:
        return None
    labels = index.type_names | REGION_LABELS | localized_names(index.country_names)
    filters = [str(labels[value]) for values in understood.values.values() for value in values]
    label = University.objects.get(pk=best.pk).name if understood.words else ", ".join(filters)
    return Correction(" ".join(corrected), label)


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


@cached_for_version(VOCABULARY_CACHE_SIZE)
def _vocabulary(on, _language):
    """Return a Counter of the words in names and cities of public universities, of their countries, and of types."""
    index = get_facet_index(on)
    names = University.objects.public(on).values_list("name", "city").iterator()
    countries = [*index.country_names.values(), *localized_names(index.country_names).values()]
    facets = [*countries, *index.type_names.values(), *map(str, _labels_of_regions(index).values())]
    return Counter(word for texts in (facets, *names) for text in texts for word in tokenize_query(text))


def find_neighbors(query, index):
    """Return the Neighbors of a city that the directory of institutions has; None if there are none."""
    line = search_lines([query])
    # The first condition is cheaper, and few institutions meet it.
    places = Institution.objects.filter(search_text__contains=line).alias(search_lines=SEARCH_LINES)
    places = places.filter(search_lines__contains=f"\n{line}\n")
    codes = Counter(places.values_list("country_code", flat=True))
    for code, _count in codes.most_common(1):
        if count := dict(index.country_totals).get(code):
            return Neighbors(code, localized_names({code: index.country_names[code]})[code], count)
    return None
