"""The search of the public list: a query divided into choices of the filters and words of names."""

import re
from dataclasses import dataclass, field
from functools import cached_property, partial

from partners.name_normalization import tokenize_query
from partners.public.facet_index import select_universities
from partners.public.search_phrases import UNOFFERED, FilterPhrases
from partners.regions import list_countries
from partners.search_terms import MAX_PHRASE_WORDS, SearchTerm
from partners.university_words import CANONICAL_WORDS, SPELLINGS

PLUS_RE = re.compile(r"(?<=\w)\+(?!\w)")
"""A plus that belongs to the word before it."""
UNDERSTOOD_PARAMS = ["term", "type", "level", "field", "language", "region", "country"]


@dataclass
class UnderstoodQuery:
    """A query divided into values of the filters and other words."""

    phrases: FilterPhrases
    values: dict[str, list[str]]
    """Values by parameter."""
    understood: set[str]
    """The words that became values, or say nothing."""
    terms: list[SearchTerm]
    """The other words, and names of countries without partners."""
    alternatives: dict[str, list[str]] = field(default_factory=dict)
    """Values that all the words may mean as well."""

    @property
    def words(self):
        return " ".join(word for term in self.terms for word in term.words)

    @property
    def is_empty(self):
        return not (self.terms or any(self.values.values()))

    @cached_property
    def found(self):
        """The public universities that match the terms, whatever the values."""
        return self.phrases.names.find(self.terms)

    def iter_partners(self):
        """Yield the universities that the query finds."""
        countries, types = list_countries(self.values), self.values["type"]
        return select_universities(self.found, self.phrases.index.profiles, countries, types)

    @property
    def finds_partners(self):
        return any(self.iter_partners())

    def is_name(self, words):
        """Return True if the words are the whole name of a partner, such as “University of Cyprus”."""
        phrase = f"\n {' '.join(words)} \n"
        return any(phrase in university.lines for university in self.iter_partners())

    def has_in_names(self, words):
        """Return True if each of the words is a whole word of a name that is found."""
        return all(any(f" {word} " in university.lines for university in self.iter_partners()) for word in words)


def understand(query, phrases):
    """Divide a query such as “erasmus italy” into values of the filters and other words.

    Names of types, regions and countries always are values. Other phrases, such as “German” or “master”, are only if
    the query finds nothing by that, or finds names of which they merely begin words. So are filler words left out, and
    where there is nothing else beside values.
    """
    words = split_query(query)
    exact = _read(words, phrases, phrases.exact_meaning)
    if not exact.terms:
        return exact
    broad = read_broadly(words, phrases)
    if (broad.values, broad.terms) == (exact.values, exact.terms):
        return exact
    is_found = exact.finds_partners
    # “u” and “univ” begin “university” on purpose.
    others = {word for word in broad.understood - exact.understood if CANONICAL_WORDS.get(word) != "university"}
    says_more = broad.terms or broad.values != exact.values or broad.is_empty or exact.is_name(words)
    if is_found and says_more and (broad.is_empty or exact.has_in_names(others)):
        exact.alternatives = {} if broad.terms else broad.values
        return exact
    return broad if broad.finds_partners or (not is_found and broad.values != exact.values) else exact


def read_broadly(words, phrases):
    """Divide words as ``understand`` does those of a query that would find nothing otherwise."""
    return _read(words, phrases, phrases.meaning, partial(known_spelling, names=phrases.names))


def split_query(query):
    """Return the words of a query. A plus that belongs to a word is one."""
    return tokenize_query(PLUS_RE.sub(" plus", query))


def _read(words, phrases, find_meaning, spell=str):
    """Return the UnderstoodQuery of words, the longest phrase with a meaning first. Other words may be spelled anew."""
    values, understood, others = {name: [] for name in UNDERSTOOD_PARAMS}, set(), []
    while words:
        lengths = range(min(len(words), MAX_PHRASE_WORDS), 0, -1)
        meanings = ((length, find_meaning(tuple(words[:length]))) for length in lengths)
        length, meaning = next((each for each in meanings if each[1] is not None), (1, None))
        if meaning is None or meaning == UNOFFERED:
            others += words[:length] if meaning else [spell(words[0])]
        else:
            for name, value in meaning:
                values[name].append(value)
            understood.update(words[:length])
        words = words[length:]
    return UnderstoodQuery(phrases, values, understood, phrases.countries.split_terms(" ".join(others)))


def known_spelling(word, names):
    """Return the word, or another spelling of it if that is in names and this begins none: “milan” for “mailand”."""
    if word not in SPELLINGS or names.has_beginning(word):
        return word
    return next((spelling for spelling in SPELLINGS[word] if names.having([spelling])), word)
