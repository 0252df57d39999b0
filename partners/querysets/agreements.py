"""QuerySet of agreements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from partners.enums import AgreementStatus, Direction
from partners.name_normalization import matching_key
from partners.periods import Period
from partners.querysets.history import latest_date
from partners.querysets.mobilities import MobilityQuerySet, student_mobility_q
from partners.querysets.searching import MAX_QUERY_LENGTH, SearchableQuerySet, contains_words_q
from partners.querysets.states import EXPIRED, IN_FORCE, PUBLIC_STATE_LABELS, STATE_LABELS, UPCOMING, state_q
from partners.search_terms import SearchTerm
from partners.wanted_offer import WantedOffer

MATCH_NONE = Q(pk__in=())
NOTE_FIELDS = ["notes", "contact", "next_step", "end_reason", "public_note"]
"""Fields with texts that people write to each other."""


class AgreementQuerySet(SearchableQuerySet):
    def split_terms(self, query: str) -> list[SearchTerm]:
        return self.model.university.field.related_model.objects.split_terms(query)

    def term_q(self, term: SearchTerm) -> Q:
        """Return the condition that the university is found, or the scope or the reference number has the words."""
        universities, phrase = self.model.university.field.related_model.objects, " ".join(term.words)
        return (
            Q(university__in=universities.filter(universities.term_q(term)))
            | Q(scope_key__contains=phrase)
            | Q(reference_number__icontains=phrase)
        )

    def search_notes(self, query: str) -> AgreementQuerySet:
        """Filter to those in whose notes each word of the query occurs."""
        return self.none() if len(query) > MAX_QUERY_LENGTH else self.filter(contains_words_q(NOTE_FIELDS, query))

    def in_states(self, on: date, *states: str) -> AgreementQuerySet:
        condition = MATCH_NONE
        for state in states:
            condition |= state_q(state, on)
        return self.filter(condition)

    def of_types(self, *types: str) -> AgreementQuerySet:
        return self.filter(agreement_type__slug__in=types) if types else self

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, IN_FORCE)

    def in_force_by_dates(self, on: date) -> AgreementQuerySet:
        """Filter to those that were or will be in force on any day, ended ones included, as far as their dates tell.

        Without a first day, that of signing is the first. Ended ones of which the day is not recorded are left out.
        """
        begun = Q(valid_from__lte=on) | Q(valid_from=None) & (Q(signed_on=None) | Q(signed_on__lte=on))
        not_over = Q(valid_until=None) | Q(valid_until__gte=on)
        not_ended = Q(status=AgreementStatus.SIGNED) | Q(ended_on__gt=on)
        return self.ever_signed().filter(begun, not_over, not_ended)

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

    def ever_signed(self) -> AgreementQuerySet:
        """Filter to those that are signed, or were before they ended: history knows no others that were in process."""
        history = self.model.history.filter(id=OuterRef("pk"))
        was_in_process = Exists(history.filter(status=AgreementStatus.IN_PROCESS))
        was_signed = Q(signed_on__isnull=False) | Exists(history.filter(status=AgreementStatus.SIGNED))
        ended = Q(status=AgreementStatus.ENDED) & (was_signed | ~was_in_process)
        return self.filter(Q(status=AgreementStatus.SIGNED) | ended)

    def scopes(self) -> AgreementQuerySet:
        """Return the scopes, the most used spelling first where one has several."""
        scopes = self.exclude(scope="").values("scope_key", "scope").annotate(count=Count("pk"))
        return scopes.order_by("scope_key", "-count", "scope").values_list("scope", flat=True)

    def known_scope(self, scope: str) -> str:
        """Return the spelling of a scope that these have, or the given one if none has it."""
        return self.scopes().filter(scope_key=matching_key(scope)).first() or scope

    def count_universities_by_state(self, on: date) -> dict[str, int]:
        return self.aggregate(
            **{state: Count("university", distinct=True, filter=state_q(state, on)) for state in STATE_LABELS}
        )

    def with_last_change(self) -> AgreementQuerySet:
        """Annotate ``last_changed_at``: the latest change of the agreement, its mobilities and its documents."""
        related = [self.model.mobilities.field.model, self.model.documents.field.model]
        others = [model.history.filter(agreement=OuterRef("pk")) for model in related]
        return self.annotate(last_changed_at=latest_date(self.model.history.filter(id=OuterRef("pk")), *others))

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
        of_students = student_mobility_q(year, "mobilities__")
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
        offered = self._mobilities().filter(student_mobility_q(year), direction=direction, places__gt=0)
        return self.filter(Exists(offered))

    def student_places_not_recorded(self, year: int) -> AgreementQuerySet:
        """Filter to those without mobilities, or with one of students in an academic year that has no places."""
        without_places = self._mobilities().filter(student_mobility_q(year), places=None)
        return self.filter(~Exists(self._mobilities()) | Exists(without_places))

    def _mobilities(self) -> MobilityQuerySet:
        return self.model.mobilities.field.model.objects.filter(agreement=OuterRef("pk"))

    def offering(self, wanted: WantedOffer, *, or_not_recorded: bool = False) -> AgreementQuerySet:
        """Filter to those with a mobility for outgoing student studies that has what is wanted.

        Those without such a mobility match if nothing but a term is wanted. With ``or_not_recorded`` they always match,
        and so do mobilities that leave the wanted details empty.
        """
        return self if wanted.is_any else self.filter(self._offers_q(wanted, or_not_recorded))

    def with_offering(self, wanted: WantedOffer) -> AgreementQuerySet:
        """Annotate ``is_offering``: the agreement is one that `offering` finds."""
        return self.annotate(is_offering=Value(True) if wanted.is_any else self._offers_q(wanted))

    def _offers_q(self, wanted: WantedOffer, or_not_recorded: bool = False) -> Q:
        studies = self._mobilities().outgoing_studies()
        offered = Q(Exists(studies.filter(wanted.matches_q(or_not_recorded=or_not_recorded))))
        return ~Exists(studies) | offered if or_not_recorded or wanted.is_any_kind else offered

    def covering(self, term: Period, others: Iterable[int] = ()) -> AgreementQuerySet:
        """Filter to signed agreements with a period that has every day of a term, and others by their ids."""
        has_begun = Q(valid_from=None) | Q(valid_from__lte=term.start)
        is_not_over = Q(valid_until=None) | Q(valid_until__gte=term.end)
        return self.signed().filter(has_begun & is_not_over | (Q(pk__in=others) if others else MATCH_NONE))

    def beginning_or_ending_in(self, term: Period) -> AgreementQuerySet:
        """Filter to signed agreements with a period that has some days of a term, and not all."""
        begins = Q(valid_from__gt=term.start, valid_from__lte=term.end)
        ends = Q(valid_until__gte=term.start, valid_until__lt=term.end)
        return self.signed().filter(begins | ends)

    def with_document(self) -> AgreementQuerySet:
        """Annotate ``has_document``: the agreement has a document that is not withdrawn."""
        documents = self.model.documents.field.model.objects.active()
        return self.annotate(has_document=Exists(documents.filter(agreement=OuterRef("pk"))))

    def open(self) -> AgreementQuerySet:
        """Filter to those of an open status, as in the office's list."""
        return self.filter(status__in=[status for status in AgreementStatus if status.is_open])

    def public(self, on: date) -> AgreementQuerySet:
        return self.in_states(on, *PUBLIC_STATE_LABELS)

    def ordered_by_type(self) -> AgreementQuerySet:
        """Order by type and scope, signed ones first and in the order of time."""
        position = F("agreement_type__position").asc(nulls_last=True)
        name_key, start = F("agreement_type__name_key").asc(nulls_last=True), F("valid_from").asc(nulls_first=True)
        return self.order_by(position, name_key, "scope_key", "-status", start, "pk")
