"""QuerySet of documents."""

from __future__ import annotations

from django.db.models import Q

from partners.querysets.searching import MAX_QUERY_LENGTH, SearchableQuerySet, begins_words_q, contains_words_q
from partners.search_terms import SearchTerm


class DocumentQuerySet(SearchableQuerySet):
    def search(self, query: str) -> DocumentQuerySet:
        """Filter to those whose agreement's university the query finds, or in whose name each of its words occurs."""
        found = super().search(query)
        return found if len(query) > MAX_QUERY_LENGTH else found | self.filter(contains_words_q(["name"], query))

    def term_q(self, term: SearchTerm) -> Q:
        return begins_words_q("agreement__university__search_text", term.words)

    def active(self) -> DocumentQuerySet:
        return self.filter(is_withdrawn=False)
