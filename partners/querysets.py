"""The questions that the register is asked, by name. Those about time take the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from partners.country_names import country_codes_matching
from partners.enums import AgreementStatus
from partners.name_normalization import tokenize_query

IN_FORCE = "in-force"
EXPIRED = "expired"
IN_PROCESS = "in-process"
ENDED = "ended"
STATES = [IN_PROCESS, IN_FORCE, EXPIRED, ENDED]

MATCH_NONE = Q(pk__in=())
MAX_QUERY_LENGTH = 500
"""A longer one finds nothing, as no name is that long, and databases refuse what it would make of their statements."""


class PastDay(date):
    """A day of which the dates of agreements tell, since each status is that of today."""


def _state_q(state: str, on: date) -> Q:
    """What an agreement is on a day, in the words that addresses use."""
    if isinstance(on, PastDay):
        return _past_state_q(on) if state == IN_FORCE else MATCH_NONE
    signed, past = Q(status=AgreementStatus.SIGNED), Q(valid_until__lt=on)
    return {
        IN_FORCE: signed & (Q(valid_until=None) | Q(valid_until__gte=on)),
        EXPIRED: signed & past,
        IN_PROCESS: Q(status=AgreementStatus.IN_PROCESS),
        ENDED: Q(status=AgreementStatus.ENDED),
    }.get(state, MATCH_NONE)


def _past_state_q(on: date) -> Q:
    """In force on a past day. What has ended since needs a day on which it began: it may never have been signed."""
    known = Q(signed_on__lte=on) | Q(signed_on=None, valid_from__lte=on)
    unknown = Q(status=AgreementStatus.SIGNED, signed_on=None, valid_from=None)
    since = Q(status=AgreementStatus.SIGNED) | Q(status=AgreementStatus.ENDED, ended_on__gt=on)
    return (known | unknown) & since & (Q(valid_until=None) | Q(valid_until__gte=on))


def agreement_state(status: str, valid_until: date | None, on: date) -> str:
    """The same of values, for those who count many rows at once."""
    if status != AgreementStatus.SIGNED:
        return {AgreementStatus.IN_PROCESS: IN_PROCESS, AgreementStatus.ENDED: ENDED}[AgreementStatus(status)]
    return EXPIRED if valid_until and valid_until < on else IN_FORCE


class NamedQuerySet(QuerySet):
    def search(self, query: str) -> NamedQuerySet:
        return _filter_by_words(self, query, _search_text_q)


class UniversityQuerySet(QuerySet):
    def search(self, query: str) -> UniversityQuerySet:
        """Countries are found by what they are called in the visitor's language too.

        They are looked for among the countries, not beside each university.
        """
        countries = self.model.country.field.related_model.objects

        def found(word: str) -> Q:
            return _search_text_q(word) | Q(
                country__in=countries.filter(_search_text_q(word) | Q(code__in=country_codes_matching(word)))
            )

        return _filter_by_words(self, query, found)

    def with_agreement(
        self, on: date, states: Iterable[str] | None = None, types: Iterable[str] = ()
    ) -> UniversityQuerySet:
        """Having one agreement that is in any of the states, if some are given, and of any of the types (slugs)."""
        agreements = self._agreements().of_types(*types)
        return self.filter(Exists(agreements if states is None else agreements.in_states(on, *states)))

    def with_open_agreement(self) -> UniversityQuerySet:
        return self.filter(Exists(self._agreements().open()))

    def public(self, on: date) -> UniversityQuerySet:
        return self.filter(Exists(self._agreements().public(on)), is_listed=True)

    def with_last_change(self) -> UniversityQuerySet:
        """As ``changed_at``: the moment of the newest change, of itself or of an agreement with it."""
        agreements = self.model.agreements.field.model.history
        changes = [self.model.history.filter(id=OuterRef("pk")), agreements.filter(university=OuterRef("pk"))]
        own, of_agreements = (_latest_history_date(each) for each in changes)
        return self.annotate(changed_at=Coalesce(Greatest(own, of_agreements), own, of_agreements))

    def by_former_slugs(self, *slugs: str) -> dict[str, Model]:
        """By the address, the last that history knows there. What is an address now leads to no other."""
        taken = Exists(self.model.objects.filter(slug=OuterRef("slug")))
        past = self.model.history.filter(~taken, slug__in=slugs).order_by().values_list("slug", "id")
        were = past.annotate(last=Max("history_date")).order_by("last", "id")
        found = self.in_bulk({pk for _, pk, _ in were})
        return {slug: found[pk] for slug, pk, _ in were if pk in found}

    def alphabetical(self) -> UniversityQuerySet:
        return self.order_by("country__name_key", "name_key", "pk")

    def _agreements(self) -> AgreementQuerySet:
        return self.model.agreements.field.model.objects.filter(university=OuterRef("pk"))


class AgreementQuerySet(QuerySet):
    def search(self, query: str) -> AgreementQuerySet:
        """The universities are looked for once, however often a page asks about their agreements."""
        universities = self.model.university.field.related_model.objects
        return self.filter(university__in=universities.search(query)) if tokenize_query(query) else self

    def in_states(self, on: date, *states: str) -> AgreementQuerySet:
        chosen = MATCH_NONE
        for state in states:
            chosen |= _state_q(state, on)
        return self.filter(chosen)

    def of_types(self, *types: str) -> AgreementQuerySet:
        return self.filter(agreement_type__slug__in=types) if types else self

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE)

    def expired(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, EXPIRED)

    def expiring(self, on: date, within: int) -> AgreementQuerySet:
        """In force, and no longer after as many days."""
        return self.signed().filter(valid_until__range=(on, on + timedelta(days=within)))

    def in_process(self) -> AgreementQuerySet:
        return self.filter(status=AgreementStatus.IN_PROCESS)

    def signed(self) -> AgreementQuerySet:
        return self.filter(status=AgreementStatus.SIGNED)

    def count_universities_by_state(self, on: date) -> dict[str, int]:
        """How many universities have an agreement in each of the states."""
        counts = [Count("university", distinct=True, filter=_state_q(state, on)) for state in STATES]
        counted = self.aggregate(**{f"count_{place}": count for place, count in enumerate(counts)})
        return dict(zip(STATES, counted.values(), strict=True))

    def with_last_change(self) -> AgreementQuerySet:
        """As ``last_changed_at``: the moment of the newest change, of itself or of a document."""
        changes = self.model.history.filter(id=OuterRef("pk"))
        of_documents = self.model.documents.field.model.history.filter(agreement=OuterRef("pk"))
        own, document = (_latest_history_date(each) for each in (changes, of_documents))
        return self.annotate(last_changed_at=Coalesce(Greatest(own, document), own, document))

    def with_renewal(self) -> AgreementQuerySet:
        """As ``has_renewal``: whether an agreement of the same university and type is in process."""
        return self.annotate(has_renewal=self._renewal())

    def without_renewal(self) -> AgreementQuerySet:
        return self.exclude(self._renewal())

    def _renewal(self) -> Exists:
        same = {"university": OuterRef("university"), "agreement_type": OuterRef("agreement_type")}
        return Exists(self.model.objects.in_process().filter(**same))

    def without_document(self) -> AgreementQuerySet:
        return self.with_document().filter(has_document=False)

    def with_document(self) -> AgreementQuerySet:
        """As ``has_document``: whether it has one that counts."""
        documents = self.model.documents.field.model.objects.active()
        return self.annotate(has_document=Exists(documents.filter(agreement=OuterRef("pk"))))

    def open(self) -> AgreementQuerySet:
        """Signed or in process: what the office's list tells of."""
        return self.exclude(status=AgreementStatus.ENDED)

    def public(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE, IN_PROCESS)

    def ordered_by_university(self) -> AgreementQuerySet:
        """Those of a university together, the universities as ``alphabetical`` has them."""
        return self.order_by("university__country__name_key", "university__name_key", "university_id")

    def ordered_by_type(self) -> AgreementQuerySet:
        position = F("agreement_type__position").asc(nulls_last=True)
        return self.order_by(position, F("agreement_type__name_key").asc(nulls_last=True), "-status", "pk")


class DocumentQuerySet(QuerySet):
    def search(self, query: str) -> DocumentQuerySet:
        return _filter_by_words(self, query, lambda word: Q(agreement__university__search_text__contains=word))

    def active(self) -> DocumentQuerySet:
        return self.filter(is_withdrawn=False)


def _latest_history_date(history: QuerySet) -> Subquery:
    return Subquery(history.order_by("-history_date").values("history_date")[:1])


def _search_text_q(word: str) -> Q:
    return Q(search_text__contains=word)


def _filter_by_words(queryset: QuerySet, query: str, found: Callable[[str], Q]) -> QuerySet:
    """Rows by which every word of the query is found."""
    if len(query) > MAX_QUERY_LENGTH:
        return queryset.none()
    for word in tokenize_query(query):
        queryset = queryset.filter(found(word))
    return queryset
