"""The terms of a search for universities: words that begin words of their names, and phrases that name countries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from partners.country_names import localized_search_words
from partners.name_normalization import tokenize_query

MAX_PHRASE_WORDS = 8


class SearchTerm(NamedTuple):
    words: tuple[str, ...]
    countries: frozenset[int] = frozenset()
    """Pks of the countries that the words name, or that a single word begins a word of the name of."""
    is_country: bool = False
    """True if the words are a whole name of the countries."""

    @property
    def beginnings(self) -> list[str]:
        """Texts that must each begin a word of a name: the words, or the whole phrase if it names a country."""
        return [" ".join(self.words)] if self.is_country else [*self.words]


class CountryVocabulary:
    """Names of countries: the register's, other names, and those in the active language."""

    def __init__(self, countries: Iterable[tuple[int, str, str]]):
        """Take the pk, the code and the search text of each country."""
        localized = localized_search_words()
        self._words: dict[str, set[int]] = defaultdict(set)
        self.phrases: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for pk, code, search_text in countries:
            name, *other_names = [tuple(line.split()) for line in search_text.split("\n")]
            for phrase in (name, localized.get(code, ()), *other_names):
                self.phrases[phrase].add(pk)
            for word in (*name, *localized.get(code, ())):
                self._words[word].add(pk)

    def split_terms(self, query: str) -> list[SearchTerm]:
        """Return the terms of a query in their order. A phrase that names a country is one term, the longest first."""
        words, terms = tuple(tokenize_query(query)), []
        while words:
            terms.append(self._first_term(words))
            words = words[len(terms[-1].words) :]
        return terms

    def _first_term(self, words: tuple[str, ...]) -> SearchTerm:
        for length in range(min(len(words), MAX_PHRASE_WORDS), 0, -1):
            if countries := self.phrases.get(words[:length]):
                return SearchTerm(words[:length], frozenset(countries), is_country=True)
        begun = [pks for word, pks in self._words.items() if word.startswith(words[0])]
        return SearchTerm(words[:1], frozenset().union(*begun))
