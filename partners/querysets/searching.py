"""Search of objects by the beginnings of words."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from partners.name_normalization import any_spelling_pattern, tokenize_query, word_beginning
from partners.search_terms import SearchTerm

# No name is longer, and the statement for a longer query would exceed the databases' limits.
MAX_QUERY_LENGTH = 500


def begins_words_q(field: str, words: Iterable[str], lookup: str = "contains") -> Q:
    """Return the condition that each of the words begins a word of a SearchTextField."""
    return Q(*[(f"{field}__{lookup}", word_beginning(word)) for word in words])


def contains_words_q(fields: Iterable[str], query: str) -> Q:
    """Return the condition that each word of the query occurs in one of the fields, in any case and with any accents.

    Empty fields are left out first: SQLite calls Python for each match of a regular expression.
    """
    condition = Q()
    for pattern in map(any_spelling_pattern, tokenize_query(query)):
        lookups = [Q((f"{field}__gt", ""), (f"{field}__regex", pattern)) for field in fields]
        condition &= Q(*lookups, _connector=Q.OR)
    return condition


class SearchableQuerySet(QuerySet):
    def search(self, query: str) -> SearchableQuerySet:
        """Filter to those in which every word of the query begins a word."""
        return self.none() if len(query) > MAX_QUERY_LENGTH else self.matching(self.split_terms(query))

    def matching(self, terms: Iterable[SearchTerm]) -> SearchableQuerySet:
        return self.filter(*[self.term_q(term) for term in terms])

    def split_terms(self, query: str) -> list[SearchTerm]:
        return [SearchTerm((word,)) for word in tokenize_query(query)]

    def term_q(self, term: SearchTerm) -> Q:
        return begins_words_q("search_text", term.beginnings)
