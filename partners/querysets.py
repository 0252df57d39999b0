"""QuerySets of the register: named filters, annotations and orders. Those that depend on the date take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, Greatest, NullIf
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoricalQuerySet

from partners.enums import AgreementStatus, Direction, MobilityKind
from partners.name_normalization import split_names, tokenize_query
from partners.search_terms import CountryVocabulary, SearchTerm
from partners.wanted_offer import WantedOffer

UPCOMING, IN_FORCE, EXPIRED = "upcoming", "in-force", "expired"
IN_PROCESS, ENDED = AgreementStatus.IN_PROCESS.slug, AgreementStatus.ENDED.slug
STUDENT_KINDS = [kind for kind in MobilityKind if kind.is_for_students]
UNDATED_STATUSES = [status for status in AgreementStatus if status is not AgreementStatus.SIGNED]
STATE_LABELS = {
    IN_PROCESS: AgreementStatus.IN_PROCESS.label,
    UPCOMING: _("upcoming"),
    IN_FORCE: _("in force"),
    EXPIRED: _("expired"),
    **{status.slug: status.label for status in UNDATED_STATUSES},
}
"""Labels of the states of agreements by their names in URLs and in JSON. A state is a status, or for signed ones
what follows from their first and last day.
"""
PUBLIC_STATE_LABELS = {
    IN_FORCE: AgreementStatus.SIGNED.public_label,
    UPCOMING: _("Signed, begins later"),
    **{status.slug: status.public_label for status in UNDATED_STATUSES if status.is_public},
}
"""Labels for students of the states that they see."""

ALPHABETICAL_ORDER = ("country__name_key", "name_key", "pk")
"""The order of universities in files."""
SEARCH_LINES = Concat(Value("\n"), "search_text", Value("\n"), output_field=TextField())
"""The search text with a line break on either side of each line."""
MATCH_NONE = Q(pk__in=())
# No name is longer, and the statement for a longer query would exceed the databases' limits.
MAX_QUERY_LENGTH = 500


def _state_q(state: str, on: date) -> Q:
    """Return the condition that an agreement is in this state, as named in URLs, on a day."""
    conditions = {
        UPCOMING: Q(valid_from__gt=on),
        IN_FORCE: (Q(valid_from=None) | Q(valid_from__lte=on)) & (Q(valid_until=None) | Q(valid_until__gte=on)),
        EXPIRED: Q(valid_until__lt=on),
    }
    if state in conditions:
        return Q(status=AgreementStatus.SIGNED) & conditions[state]
    return Q(status__in=[status for status in UNDATED_STATUSES if status.slug == state])


def agreement_state(status: str, valid_from: date | None, valid_until: date | None, on: date) -> str:
    """Return the state of an agreement with these values, as ``in_states`` would find it."""
    if status != AgreementStatus.SIGNED:
        return AgreementStatus(status).slug
    if valid_from and valid_from > on:
        return UPCOMING
    return EXPIRED if valid_until and valid_until < on else IN_FORCE


def _student_mobility_q(year: int, prefix: str = "") -> Q:
    """Return the condition that a mobility is of students, and in the academic year that begins in this year."""
    first_year, last_year = f"{prefix}first_year", f"{prefix}last_year"
    begun = Q(**{first_year: None}) | Q(**{f"{first_year}__lte": year})
    not_over = Q(**{last_year: None}) | Q(**{f"{last_year}__gte": year})
    return Q(**{f"{prefix}kind__in": STUDENT_KINDS}) & begun & not_over


def _begins_words_q(field: str, words: Iterable[str], lookup: str = "contains") -> Q:
    """Return the condition that each of the words begins a word of a SearchTextField."""
    return Q(*[(f"{field}__{lookup}", f" {word}") for word in words])


class SearchableQuerySet(QuerySet):
    def search(self, query: str) -> SearchableQuerySet:
        """Filter to those in which every word of the query begins a word."""
        return self.none() if len(query) > MAX_QUERY_LENGTH else self.matching(self.split_terms(query))

    def matching(self, terms: Iterable[SearchTerm]) -> SearchableQuerySet:
        return self.filter(*[self.term_q(term) for term in terms])

    def split_terms(self, query: str) -> list[SearchTerm]:
        return [SearchTerm((word,)) for word in tokenize_query(query)]

    def term_q(self, term: SearchTerm) -> Q:
        return _begins_words_q("search_text", term.words)


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
            When(_begins_words_q("search_text", words), then=2),
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
        return self.annotate(last_changed_at=_latest_date(own, agreements, mobilities))

    def by_former_slugs(self, *slugs: str) -> dict[str, Model]:
        """Return universities by a slug that they had, the latest holder each; slugs in use today are left out."""
        in_use = Exists(self.model.objects.filter(slug=OuterRef("slug")))
        records = self.model.history.filter(~in_use, slug__in=slugs).order_by().values_list("slug", "id")
        holders = records.annotate(last=Max("history_date")).order_by("last", "id")
        universities = self.in_bulk({pk for _, pk, _ in holders})
        return {slug: universities[pk] for slug, pk, _ in holders if pk in universities}

    def in_alphabetical_order(self) -> UniversityQuerySet:
        return self.order_by(*ALPHABETICAL_ORDER)


class AgreementQuerySet(SearchableQuerySet):
    def split_terms(self, query: str) -> list[SearchTerm]:
        return self.model.university.field.related_model.objects.split_terms(query)

    def term_q(self, term: SearchTerm) -> Q:
        """Search the university as its own search does, the scope and the reference number."""
        universities, phrase = self.model.university.field.related_model.objects, " ".join(term.words)
        return (
            Q(university__in=universities.filter(universities.term_q(term)))
            | Q(scope_key__contains=phrase)
            | Q(reference_number__icontains=phrase)
        )

    def in_states(self, on: date, *states: str) -> AgreementQuerySet:
        condition = MATCH_NONE
        for state in states:
            condition |= _state_q(state, on)
        return self.filter(condition)

    def of_types(self, *types: str) -> AgreementQuerySet:
        return self.filter(agreement_type__slug__in=types) if types else self

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE)

    def upcoming(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, UPCOMING)

    def expired(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, EXPIRED)

    def expiring(self, on: date, within: int) -> AgreementQuerySet:
        """Filter to agreements in force whose last day comes within this many days."""
        return self.signed().filter(valid_until__range=(on, on + timedelta(days=within)))

    def in_process(self) -> AgreementQuerySet:
        return self.filter(status=AgreementStatus.IN_PROCESS)

    def signed(self) -> AgreementQuerySet:
        return self.filter(status=AgreementStatus.SIGNED)

    def scopes(self) -> AgreementQuerySet:
        """Return the scopes, the most used spelling first where one has several."""
        scopes = self.exclude(scope="").values("scope_key", "scope").annotate(count=Count("pk"))
        return scopes.order_by("scope_key", "-count", "scope").values_list("scope", flat=True)

    def count_universities_by_state(self, on: date) -> dict[str, int]:
        return self.aggregate(
            **{state: Count("university", distinct=True, filter=_state_q(state, on)) for state in STATE_LABELS}
        )

    def with_last_change(self) -> AgreementQuerySet:
        """Annotate ``last_changed_at``: the latest change of the agreement, its mobilities and its documents."""
        related = [self.model.mobilities.field.model, self.model.documents.field.model]
        others = [model.history.filter(agreement=OuterRef("pk")) for model in related]
        return self.annotate(last_changed_at=_latest_date(self.model.history.filter(id=OuterRef("pk")), *others))

    def overdue(self, on: date) -> AgreementQuerySet:
        """Filter to those in process that should have been done before this day."""
        return self.in_process().filter(due_on__lt=on)

    def end_not_recorded(self) -> AgreementQuerySet:
        """Filter to signed agreements without a last day that are not open-ended on purpose."""
        return self.signed().filter(valid_until=None, is_open_ended=False)

    def overlapping(self) -> AgreementQuerySet:
        """Filter to signed agreements that overlap another of the same university, type and scope.

        The database refuses them as long as it has its constraint.
        """
        first_day, last_day = Coalesce(OuterRef("valid_from"), date.min), Coalesce(OuterRef("valid_until"), date.max)
        begins_before, ends_after = Q(valid_from__lte=last_day), Q(valid_until__gte=first_day)
        others = self._siblings().signed()
        others = others.filter(begins_before | Q(valid_from=None), ends_after | Q(valid_until=None))
        return self.signed().filter(Exists(others))

    def with_renewal(self) -> AgreementQuerySet:
        """Annotate ``has_renewal``: an agreement of the same university, type and scope is in process."""
        return self.annotate(has_renewal=Exists(self._siblings().in_process()))

    def with_successor(self) -> AgreementQuerySet:
        """Annotate ``successor_start``: the first day of the signed agreement that follows, None if there is none.

        It is of the same university, type and scope.
        """
        starts = self._successors().order_by("valid_from").values("valid_from")
        return self.annotate(successor_start=Subquery(starts[:1]))

    def followed(self) -> AgreementQuerySet:
        """Filter to those that a signed agreement follows."""
        return self.filter(Exists(self._successors()))

    def not_followed(self) -> AgreementQuerySet:
        """Leave out those that a signed agreement follows. ``successor_start`` is None for the others."""
        without_successor = self.filter(~Exists(self._successors()))
        return without_successor.annotate(successor_start=Value(None, output_field=DateField()))

    def _successors(self) -> AgreementQuerySet:
        return self._siblings().signed().filter(valid_from__gt=Coalesce(OuterRef("valid_from"), date.min))

    def _siblings(self) -> AgreementQuerySet:
        names = ("university", "agreement_type", "scope_key")
        return self.model.objects.filter(**{name: OuterRef(name) for name in names}).exclude(pk=OuterRef("pk"))

    def lock_universities(self) -> None:
        """Lock the universities of these agreements until the end of the transaction.

        Signing changes other agreements of the university. If all lock it before any of them, no two are in a deadlock.
        """
        universities = self.model.university.field.related_model.objects.select_for_update()
        list(universities.filter(pk__in=self.order_by().values("university")).order_by("pk"))

    def sum_student_places(self, year: int, *paths: str) -> QuerySet:
        """Return tuples of the values of the paths, the places for students out and in, and the agreements without.

        The year is that in which the academic year begins. See `student_places_not_recorded` for the last number.
        """
        of_students = _student_mobility_q(year, "mobilities__")
        sums = {
            f"places_{direction}": Coalesce(
                Sum("mobilities__places", filter=of_students & Q(mobilities__direction=direction)), 0
            )
            for direction in Direction.values
        }
        not_recorded = Q(mobilities=None) | of_students & Q(mobilities__places=None)
        return self.values_list(*paths).annotate(**sums, not_recorded=Count("pk", distinct=True, filter=not_recorded))

    def with_student_places(self, year: int, direction: str) -> AgreementQuerySet:
        """Filter to those that offer places for students in a direction, in the academic year that begins in a year."""
        offered = self._mobilities().filter(_student_mobility_q(year), direction=direction, places__gt=0)
        return self.filter(Exists(offered))

    def student_places_not_recorded(self, year: int) -> AgreementQuerySet:
        """Filter to those without mobilities, or with one of students in an academic year that has no places."""
        without_places = self._mobilities().filter(_student_mobility_q(year), places=None)
        return self.filter(~Exists(self._mobilities()) | Exists(without_places))

    def _mobilities(self) -> MobilityQuerySet:
        return self.model.mobilities.field.model.objects.filter(agreement=OuterRef("pk"))

    def offering(self, wanted: WantedOffer) -> AgreementQuerySet:
        """Filter to those with a mobility for outgoing student studies that has what is wanted."""
        return self if wanted.is_any else self.filter(Exists(self._mobilities().offering(wanted)))

    def offering_or_not_recorded(self, wanted: WantedOffer) -> AgreementQuerySet:
        """Filter as `offering`, and to those of which nothing is recorded that says otherwise."""
        studies = self._mobilities().outgoing_studies()
        possible = studies.filter(wanted.matches_q(or_not_recorded=True))
        return self.filter(~Exists(studies) | Exists(possible))

    def with_document(self) -> AgreementQuerySet:
        """Annotate ``has_document``: the agreement has a document that is not withdrawn."""
        documents = self.model.documents.field.model.objects.active()
        return self.annotate(has_document=Exists(documents.filter(agreement=OuterRef("pk"))))

    def open(self) -> AgreementQuerySet:
        """Filter to those of an open status, as in the office's list."""
        return self.filter(status__in=[status for status in AgreementStatus if status.is_open])

    def public(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, *PUBLIC_STATE_LABELS)

    def ordered_by_university(self) -> AgreementQuerySet:
        """Order by university, in the order of ``UniversityQuerySet.in_alphabetical_order``."""
        return self.order_by("university__country__name_key", "university__name_key", "university_id")

    def ordered_by_type(self) -> AgreementQuerySet:
        """Order by type and scope, signed ones first and in the order of time."""
        position = F("agreement_type__position").asc(nulls_last=True)
        name_key, start = F("agreement_type__name_key").asc(nulls_last=True), F("valid_from").asc(nulls_first=True)
        return self.order_by(position, name_key, "scope_key", "-status", start, "pk")


class MobilityQuerySet(QuerySet):
    def outgoing_studies(self) -> MobilityQuerySet:
        return self.filter(direction=Direction.OUT, kind=MobilityKind.STUDENT_STUDIES)

    def offering(self, wanted: WantedOffer) -> MobilityQuerySet:
        return self.outgoing_studies().filter(wanted.matches_q(or_not_recorded=False))

    def public(self) -> MobilityQuerySet:
        """Filter to those that students see: outgoing ones of students. Studies come before traineeships."""
        return self.filter(direction=Direction.OUT, kind__in=STUDENT_KINDS).order_by("kind", "pk")


class DocumentQuerySet(SearchableQuerySet):
    def term_q(self, term: SearchTerm) -> Q:
        return _begins_words_q("agreement__university__search_text", term.words)

    def active(self) -> DocumentQuerySet:
        return self.filter(is_withdrawn=False)


class HistoryQuerySet(HistoricalQuerySet):
    """History rows of a model. The order is that of their pks, as rows written in bulk have the same date."""

    def with_previous(self, *names: str) -> HistoryQuerySet:
        """Annotate ``previous_<name>``: the values of the object's previous row; None if there is no such row."""
        previous = self.model.objects.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
        previous = previous.order_by("-history_id")
        return self.annotate(**{f"previous_{name}": Subquery(previous.values(name)[:1]) for name in names})

    def latest_of_each(self) -> HistoryQuerySet:
        """Filter to the latest row of each object, deletions included."""
        latest_ids = self.order_by().values("id").annotate(latest_id=Max("history_id")).values("latest_id")
        return self.filter(history_id__in=latest_ids)


def _latest_date(*histories: QuerySet) -> NullIf:
    """Return the latest date of the history rows, null if there are none."""
    # On SQLite, the greatest of dates is null if one of them is.
    never = Value(datetime(1, 1, 1, tzinfo=UTC))
    dates = [Subquery(history.order_by("-history_date").values("history_date")[:1]) for history in histories]
    return NullIf(Greatest(*[Coalesce(date, never) for date in dates]), never)
