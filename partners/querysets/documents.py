"""QuerySet of documents."""

from __future__ import annotations

from django.db.models import Q

from partners.querysets.searching import SearchableQuerySet, begins_words_q
from partners.search_terms import SearchTerm


class DocumentQuerySet(SearchableQuerySet):
    def term_q(self, term: SearchTerm) -> Q:
        return begins_words_q("agreement__university__search_text", term.words)

    def active(self) -> DocumentQuerySet:
        return self.filter(is_withdrawn=False)
