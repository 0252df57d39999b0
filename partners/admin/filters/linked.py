"""Filters of the agreements' changelist that links of other pages use."""

import re
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.admin.filters.facets import NOT_RECORDED, WITHOUT, FacetFilter
from partners.admin.form_fields import DAY_VALIDATORS, DateField
from partners.enums import AgreementStatus, Direction
from partners.periods import academic_year, first_year_of, short_academic_year
from partners.querysets import AgreementQuerySet

YEAR_RE = re.compile(r"[12]\d{3}", re.ASCII)
START, SIGNING, ENDING = "start", "signing", "ending"


class LinkedFilter(FacetFilter):
    """A filter that is displayed only while the URL has it.

    Subclasses define `select(queryset, value)`, and the labels of the values. Those with endless values define
    `parse(text)`, which returns None for an invalid one, and `describe(value)` instead.
    """

    def lookups(self, request, model_admin):
        if not self.value():
            return []
        value = self.parse(self.value())
        return [(self.value(), self.value() if value is None else self.describe(value))]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        value = self.parse(self.value())
        return queryset.none() if value is None else self.select(queryset, value)

    def count_choices(self, changelist, excluded):
        agreements = changelist.get_queryset(self.request, exclude_parameters=excluded).order_by()
        return {self.value(): self.queryset(self.request, agreements).count()}

    def parse(self, text):
        return text if text in self.labels else None

    def describe(self, value):
        return self.labels[value]


class InForceOnFilter(LinkedFilter):
    title = _("in force on")
    parameter_name = "in_force_on"
    describe, select = staticmethod(date_format), staticmethod(AgreementQuerySet.in_force_by_dates)

    @staticmethod
    def parse(text):
        try:
            return DateField(validators=DAY_VALIDATORS).clean(text)
        except ValidationError:
            return None


class PlacesFilter(LinkedFilter):
    """Filter by the places for students, in the academic year of the day of `InForceOnFilter`, or of today."""

    title = _("places for students")
    parameter_name = "places"
    labels = dict(Direction.choices) | {NOT_RECORDED: _("not recorded")}

    def select(self, queryset, measure):
        day = InForceOnFilter.parse(self.request.GET.get(InForceOnFilter.parameter_name, "")) or localdate()
        year = first_year_of(day, settings.ACADEMIC_YEAR_START)
        if measure == NOT_RECORDED:
            return queryset.student_places_not_recorded(year)
        return queryset.with_student_places(year, measure)


class MobilitiesFilter(LinkedFilter):
    title = _("mobilities")
    parameter_name = "mobilities"
    labels = {WITHOUT: _("without")}

    def select(self, queryset, _value):
        return queryset.filter(mobilities=None)


class NotesFilter(LinkedFilter):
    """Filter by words in the notes."""

    title = _("notes")
    parameter_name = "notes"
    parse = describe = staticmethod(str)
    select = staticmethod(AgreementQuerySet.search_notes)


class AcademicYearFilter(LinkedFilter):
    """Filter by an academic year, given as the calendar year in which it begins.

    Subclasses define the column of a date. By default, all agreements that were ever signed are selected by it.
    """

    date_column = ""
    candidates, describe = staticmethod(AgreementQuerySet.ever_signed), staticmethod(short_academic_year)

    def parse(self, text):
        return int(text) if YEAR_RE.fullmatch(text) else None

    def select(self, queryset, year):
        first_day = date(year, *settings.ACADEMIC_YEAR_START)
        period = academic_year(first_day, settings.ACADEMIC_YEAR_START)
        return self.candidates(queryset).filter(**{f"{self.date_column}__range": period})


class SignedYearFilter(AcademicYearFilter):
    title = _("signed in")
    parameter_name, date_column = "signed", "signed_on"


class RenewalYearFilter(AcademicYearFilter):
    title = _("renewal signed in")
    parameter_name, date_column = "renewal", "signed_on"

    @staticmethod
    def candidates(queryset):
        return queryset.ever_signed().exclude(renews=None)


class EndedYearFilter(AcademicYearFilter):
    title = _("ended in")
    parameter_name, date_column = "ended", "ended_on"


class ExpiredYearFilter(AcademicYearFilter):
    title = _("expired, not renewed, in")
    parameter_name, date_column = "expired", "valid_until"

    @staticmethod
    def candidates(queryset):
        return queryset.expired(localdate()).not_followed()


class DateNotRecordedFilter(LinkedFilter):
    title = _("not recorded")
    parameter_name = "no_date"
    labels = {
        START: _("neither first day nor day of signing"),
        SIGNING: _("day of signing"),
        ENDING: _("day of its end, of ended ones"),
    }
    conditions = {
        START: Q(valid_from=None, signed_on=None),
        SIGNING: Q(signed_on=None),
        ENDING: Q(status=AgreementStatus.ENDED, ended_on=None),
    }

    def select(self, queryset, name):
        return queryset.ever_signed().filter(self.conditions[name])
