"""QuerySet of universities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Case, Exists, Max, Model, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Concat

from partners.name_normalization import split_names, tokenize_query
from partners.querysets.agreements import AgreementQuerySet
from partners.querysets.history import latest_date
from partners.querysets.searching import SearchableQuerySet, begins_words_q
from partners.querysets.states import PUBLIC_STATE_LABELS
from partners.search_terms import CountryVocabulary, SearchTerm

ALPHABETICAL_ORDER = ("country__name_key", "name_key", "pk")
"""The order of universities in files."""
SEARCH_LINES = Concat(Value("\n"), "search_text", Value("\n"), output_field=TextField())
"""The search text with a line break on either side of each line."""


class UniversityQuerySet(SearchableQuerySet):
    def split_terms(self, query: str) -> list[SearchTerm]:
        """Split a query into words and names of countries, the latter in the visitor's language too."""
        if not query:
            return []
        countries = self.model.country.field.related_model.objects
        return CountryVocabulary(countries.values_list("pk", "code", "search_text")).split_terms(query)

    def term_q(self, term: SearchTerm) -> Q:
        return super().term_q(term) | Q(country__in=term.countries)

    def best_matches_first(self, query: str) -> UniversityQuerySet:
        """Order those that `search` finds for the query, the best matches first."""
        words = tokenize_query(query)
        if not words:
            return self.order_by("name_key", "pk")
        whole_words = [Q(search_lines__contains=f" {word} ") | Q(search_lines__contains=f" {word}\n") for word in words]
        ranks = [
            When(search_lines__contains=f"\n {' '.join(words)}\n", then=0),
            When(Q(*whole_words), then=1),
            When(begins_words_q("search_text", words), then=2),
        ]
        universities = self.alias(search_lines=SEARCH_LINES).alias(search_rank=Case(*ranks, default=3))
        return universities.order_by("search_rank", "name_key", "pk")

    def iter_names(self) -> Iterator[tuple[int, int, str]]:
        """Yield the pk, the country's pk and each name: its own, other names, and those in the directory."""
        columns = ["name", "other_names", "institution__names", "institution__acronyms"]
        for pk, country, *texts in self.order_by("pk").values_list("pk", "country", *columns).iterator():
            for name in split_names("\n".join(filter(None, texts))):
                yield pk, country, name

    def with_agreement(
        self, on: date, states: Iterable[str] | None = None, types: Iterable[str] = ()
    ) -> UniversityQuerySet:
        """Filter by one agreement that is in any of the states, if given, and of any of the types (slugs), if given."""
        agreements = self.model.agreements.field.model.objects.of_types(*types)
        return self.with_any_of(agreements if states is None else agreements.in_states(on, *states))

    def with_any_of(self, agreements: AgreementQuerySet) -> UniversityQuerySet:
        return self.filter(Exists(agreements.filter(university=OuterRef("pk"))))

    def public(self, on: date, types: Iterable[str] = ()) -> UniversityQuerySet:
        """Filter to those that students see, if types are given because of an agreement of one of these."""
        return self.with_agreement(on, PUBLIC_STATE_LABELS, types).filter(is_listed=True)

    def with_last_change(self) -> UniversityQuerySet:
        """Annotate ``last_changed_at``: the latest change of the university, its agreements and their mobilities."""
        own, agreement = self.model.history.filter(id=OuterRef("pk")), self.model.agreements.field.model
        agreements = agreement.history.filter(university=OuterRef("pk"))
        mobilities = agreement.mobilities.field.model.history.filter(agreement__university=OuterRef("pk"))
        return self.annotate(last_changed_at=latest_date(own, agreements, mobilities))

    def by_former_slugs(self, *slugs: str) -> dict[str, Model]:
        """Return universities by a slug that they had, the latest holder each; slugs in use today are left out."""
        in_use = Exists(self.model.objects.filter(slug=OuterRef("slug")))
        records = self.model.history.filter(~in_use, slug__in=slugs).order_by().values_list("slug", "id")
        holders = records.annotate(last=Max("history_date")).order_by("last", "id")
        universities = self.in_bulk({pk for _, pk, _ in holders})
        return {slug: universities[pk] for slug, pk, _ in holders if pk in universities}

    def in_alphabetical_order(self) -> UniversityQuerySet:
        return self.order_by(*ALPHABETICAL_ORDER)
