"""The questions that the register is asked, by name. Those about time take the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from partners.countries import called
from partners.names import search_words
from partners.rules import Status

IN_FORCE = "in-force"
EXPIRED = "expired"
IN_PROCESS = "in-process"
ENDED = "ended"

NOTHING = Q(pk__in=())
LONGEST_QUERY = 500
"""A longer one finds nothing, as no name is that long, and databases refuse what it would make of their statements."""


def _state(state: str, on: date) -> Q:
    """What an agreement is on a day, in the words that addresses use."""
    signed, past = Q(status=Status.SIGNED), Q(valid_until__lt=on)
    return {
        IN_FORCE: signed & (Q(valid_until=None) | Q(valid_until__gte=on)),
        EXPIRED: signed & past,
        IN_PROCESS: Q(status=Status.IN_PROCESS),
        ENDED: Q(status=Status.ENDED),
    }.get(state, NOTHING)


class NamedQuerySet(QuerySet):
    def search(self, query: str) -> NamedQuerySet:
        return _containing(self, query, "search_text")


class UniversityQuerySet(QuerySet):
    def search(self, query: str) -> UniversityQuerySet:
        """Countries are found by what they are called in the visitor's language too."""
        return _containing(
            self, query, "search_text", "country__search_text", otherwise=lambda word: Q(country__code__in=called(word))
        )

    def in_countries(self, *codes: str) -> UniversityQuerySet:
        return self.filter(country__code__in=codes) if codes else self

    def with_agreement(
        self, on: date, states: Iterable[str] | None = None, types: Iterable[str] = ()
    ) -> UniversityQuerySet:
        """Having one agreement that is in any of the states, if some are given, and of any of the types (slugs)."""
        return self.filter(self.has_agreement(on, states, types))

    def has_agreement(self, on: date, states: Iterable[str] | None = None, types: Iterable[str] = ()) -> Exists:
        agreements = self._agreements().of_types(*types)
        return Exists(agreements if states is None else agreements.in_states(on, *states))

    def with_open_agreement(self) -> UniversityQuerySet:
        return self.filter(Exists(self._agreements().open()))

    def public(self, on: date) -> UniversityQuerySet:
        return self.filter(Exists(self._agreements().public(on)), is_listed=True)

    def formerly_at(self, slug: str) -> UniversityQuerySet:
        """Those that history knows at an address, the last that was there first."""
        past = self.model.history.filter(slug=slug)
        last = past.filter(id=OuterRef("pk")).order_by("-history_date").values("history_date")[:1]
        return self.filter(pk__in=past.values("id")).order_by(Subquery(last).desc(), "-pk")

    def alphabetical(self) -> UniversityQuerySet:
        return self.order_by("country__name_key", "name_key", "pk")

    def _agreements(self) -> AgreementQuerySet:
        return self.model.agreements.field.model.objects.filter(university=OuterRef("pk"))


class AgreementQuerySet(QuerySet):
    def search(self, query: str) -> AgreementQuerySet:
        return _containing(self, query, "university__search_text", "university__country__search_text")

    def in_states(self, on: date, *states: str) -> AgreementQuerySet:
        chosen = NOTHING
        for state in states:
            chosen |= _state(state, on)
        return self.filter(chosen)

    def of_types(self, *types: str) -> AgreementQuerySet:
        return self.filter(agreement_type__slug__in=types) if types else self

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE)

    def in_process(self) -> AgreementQuerySet:
        return self.filter(status=Status.IN_PROCESS)

    def signed(self) -> AgreementQuerySet:
        return self.filter(status=Status.SIGNED)

    def with_renewal(self) -> AgreementQuerySet:
        """As ``has_renewal``: whether an agreement of the same university and type is in process."""
        return self.annotate(has_renewal=self._renewal())

    def without_renewal(self) -> AgreementQuerySet:
        return self.exclude(self._renewal())

    def _renewal(self) -> Exists:
        same = {"university": OuterRef("university"), "agreement_type": OuterRef("agreement_type")}
        return Exists(self.model.objects.in_process().filter(**same))

    def without_document(self) -> AgreementQuerySet:
        documents = self.model.documents.field.model.objects.not_withdrawn()
        return self.exclude(Exists(documents.filter(agreement=OuterRef("pk"))))

    def open(self) -> AgreementQuerySet:
        """Signed or in process: what the office's list tells of."""
        return self.exclude(status=Status.ENDED)

    def public(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE, IN_PROCESS)

    def by_university(self) -> AgreementQuerySet:
        """Those of a university together, the universities as ``alphabetical`` has them."""
        return self.order_by("university__country__name_key", "university__name_key", "university_id")

    def in_type_order(self) -> AgreementQuerySet:
        position = F("agreement_type__position").asc(nulls_last=True)
        return self.order_by(position, F("agreement_type__name_key").asc(nulls_last=True), "-status", "pk")


class DocumentQuerySet(QuerySet):
    def search(self, query: str) -> DocumentQuerySet:
        return _containing(self, query, "agreement__university__search_text")

    def not_withdrawn(self) -> DocumentQuerySet:
        return self.filter(is_withdrawn=False)


def _containing(
    queryset: QuerySet, query: str, *fields: str, otherwise: Callable[[str], Q] = lambda word: NOTHING
) -> QuerySet:
    """Rows that have every word of the query in one of the fields, or are found by it otherwise."""
    if len(query) > LONGEST_QUERY:
        return queryset.none()
    for word in search_words(query):
        found = otherwise(word)
        for field in fields:
            found |= Q(**{f"{field}__contains": word})
        queryset = queryset.filter(found)
    return queryset
