"""Suggestions for a search that finds nothing: typing errors corrected, and partners near a place without any."""

from collections import Counter
from itertools import islice, product
from typing import NamedTuple

from django.db.models import Count
from django.utils.translation import get_language
from rapidfuzz import process
from rapidfuzz.distance import OSA

from partners.country_names import localized_names
from partners.data_version import cached_for_version
from partners.models import Country, Institution, University
from partners.name_normalization import UNSPACED_RE, search_lines
from partners.public.facet_index import get_facet_index
from partners.public.list_urls import list_url
from partners.public.search import known_spelling, read_broadly, split_query, understand
from partners.public.search_phrases import FilterPhrases, find_foreign_country
from partners.regions import CONTINENTS, REGION_LABELS, countries_by_region
from partners.university_words import SPELLINGS

ONE_ERROR, TWO_ERRORS = 4, 8
"""Letters from which a word may have one typing error, and two."""
MIN_PART = 2
"""Letters of a word that may have been written together with the next one."""
MAX_SPELLINGS = 8
"""Spellings of a place that are looked up."""
VOCABULARY_CACHE_SIZE = 8


class Correction(NamedTuple):
    query: str
    label: str
    """The only university that the corrected query finds, the filters that it consists of, or the query itself."""


class Alternative(NamedTuple):
    """Choices of the filters that a query may mean, of which it finds names."""

    label: str
    count: int
    url: str


class Neighbors(NamedTuple):
    """The partners in the country of a place without any, or on the continent of a country without any."""

    name: str
    count: int
    url: str


def correct(query, phrases):
    """Return the Correction of a query; None if there is none that finds anything.

    Each word that begins no word of a public name, city or filter is replaced by the most similar one. Else what is
    written after a whole name, such as an address, is left out.
    """
    words, vocabulary = split_query(query), _vocabulary(phrases.index.on, get_language())
    readings = (_correct_words(words, vocabulary, phrases), _whole_name(words, phrases.names))
    corrections = (_describe(" ".join(reading), phrases) for reading in readings if reading and reading != words)
    return next(filter(None, corrections), None)


def _describe(query, phrases):
    understood, index = understand(query, phrases), phrases.index
    found = list(islice(understood.iter_partners(), 2))
    values = [value for values in understood.values.values() for value in values]
    if not found or not (values or understood.terms):
        return None
    if understood.terms:
        return Correction(query, query if len(found) > 1 else University.objects.get(pk=found[0].pk).name)
    labels = index.type_names | REGION_LABELS | localized_names(index.country_names)
    return Correction(query, ", ".join(str(labels[each]) for each in values) if labels.keys() >= {*values} else query)


def _correct_words(words, vocabulary, phrases):
    """Return the words with those that are not known corrected, None if one can't be."""
    corrected = []
    while words:
        word, *words = words
        if _begins_known(word, vocabulary) and not (words and not _begins_known(words[0], vocabulary)):
            corrected.append(word)
        elif words and _begins_known(word + words[0], vocabulary):
            corrected.append(word + words.pop(0))
        elif _begins_known(word, vocabulary):
            corrected.append(word)
        elif (meaning := phrases.meaning((word,))) != []:
            corrected += [word] if meaning else _correct_word(known_spelling(word, phrases.names), vocabulary)
    return None if None in corrected else corrected


def _correct_word(word, vocabulary):
    """Return a list of the most similar word, or of two that were written together, or of None.

    A word that is too short to be corrected is left out.
    """
    if word in vocabulary or len(word) < ONE_ERROR:
        return [word] if word in vocabulary else []
    if UNSPACED_RE.search(word):
        return [None]
    max_errors = 1 + (len(word) >= TWO_ERRORS)
    matches = process.extract(word, vocabulary.keys(), scorer=OSA.distance, score_cutoff=max_errors, limit=None)
    # Letters are left out more often than added. The most frequent one of several that are equally similar is taken.
    ranked = ((distance, len(known) < len(word), -vocabulary[known], known) for known, distance, _index in matches)
    distance, *_rank, best = min(ranked, default=(TWO_ERRORS, None))
    return [best] if distance == 1 else _divide(word, vocabulary) or [best]


def _divide(word, vocabulary):
    places = range(MIN_PART, len(word) - MIN_PART)
    parts = ((word[:place], word[place:]) for place in places)
    return next(([*both] for both in parts if vocabulary.keys() >= {*both}), None)


def _begins_known(word, vocabulary):
    return any(known.startswith(word) for known in vocabulary)


def _whole_name(words, names):
    """Return the longest beginning of the words that is a whole name, None if there is none of several words."""
    beginnings = [words[:length] for length in range(len(words) - 1, 1, -1)]
    named = names.having(words[:2]) if beginnings else []
    return next((name for name in beginnings if any(f"\n {' '.join(name)} \n" in each.lines for each in named)), None)


@cached_for_version(VOCABULARY_CACHE_SIZE)
def _vocabulary(on, _language):
    """Return a Counter of the words in names and cities of public universities, and in phrases that are filters."""
    phrases = FilterPhrases(get_facet_index(on))
    return Counter(phrases.iter_words()) + Counter(phrases.names.count_words())


def find_alternative(partner_filter):
    """Return the Alternative of a query such as “engineering”, None if that finds no more than the names."""
    selected, options = partner_filter.selected, partner_filter.options
    added = {name: [*{*values} - {*selected[name]}] for name, values in partner_filter.alternatives.items()}
    labels = [str(options[name][value]) for name, values in added.items() for value in values]
    selection = {name: sorted([*selected[name], *values]) for name, values in added.items() if values} | {"q": []}
    if not labels:
        return None
    named, count = (sum(partner_filter.count_by_country(**each).values()) for each in ({}, selection))
    url = list_url(partner_filter.params, **selection, sort=[], page=[])
    return Alternative(", ".join(labels), count, url) if count > named else None


def find_neighbors(partner_filter):
    """Return the Neighbors of the country, the city or the university that a query without results names, or None."""
    understood = read_broadly(split_query(partner_filter.query), partner_filter.phrases)
    found = partner_filter.found if understood.terms == partner_filter.terms else understood.found
    if found:
        return None
    code = _find_country(understood.terms) or _find_country_of_place(partner_filter.query, understood.words)
    for name, value, label in _places_of(code) if code else []:
        selection = {"region": [], "country": [], name: [value], "q": []}
        if count := sum(partner_filter.count_by_country(**selection).values()):
            return Neighbors(label, count, list_url(partner_filter.params, **selection, sort=[], page=[]))
    return None


def _find_country(terms):
    """Return the code of the first country without partners that the terms name, in any language, or None."""
    named = next((term for term in terms if term.is_country), None)
    if named:
        return Country.objects.filter(pk__in=named.countries).values_list("code", flat=True).first()
    return find_foreign_country(tuple(word for term in terms for word in term.words))


def _find_country_of_place(query, words):
    """Return the code of the country where most institutions are that have a name or a city, or None."""
    spellings = product(*(SPELLINGS.get(word, [word]) for word in words.split()))
    lines = {search_lines([query]), *(search_lines([" ".join(each)]) for each in islice(spellings, MAX_SPELLINGS))}
    countries = Institution.objects.filter(lines__line__in=lines - {""}).values("country_code")
    ranked = countries.annotate(count=Count("pk", distinct=True)).order_by("-count", "country_code")
    return ranked.values_list("country_code", flat=True).first()


def _places_of(code):
    """Yield the parameter, the value and the label of a country, and of its continent."""
    names = dict(Country.objects.filter(code=code).values_list("code", "name"))
    yield from (("country", code, label) for label in localized_names(names).values())
    yield from (
        ("region", name, str(label)) for name, label in CONTINENTS.items() if code in countries_by_region()[name]
    )
