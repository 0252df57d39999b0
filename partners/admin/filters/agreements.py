"""Filters of the agreements' changelist."""

import re
from datetime import date, timedelta

from django.conf import settings
from django.db.models import OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from partners.admin.deadlines import THRESHOLDS
from partners.admin.filters.facets import (
    ACADEMIC_YEAR,
    ME,
    NONE,
    NOT_RECORDED,
    NOT_RENEWED,
    OPEN_ENDED,
    WITHOUT,
    ColumnFilter,
    FacetFilter,
)
from partners.admin.filters.universities import UniversityCountryFilter
from partners.admin.form_fields import assignable_users
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType
from partners.periods import ONE_DAY, Period, academic_year
from partners.querysets import IN_FORCE, STATE_LABELS, UPCOMING, agreement_state
from partners.regions import REGION_LABELS, countries_by_region

SHARED_COLUMNS = "status", "valid_until", "valid_from", "is_open_ended", "agreement_type", "responsible"
"""Columns of the agreements' own table. Filters with the same `columns` share one grouping query, on one index."""
CURRENT, CURRENT_STATES = "current", (IN_FORCE, UPCOMING)
MONTH_RE = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


def agreement_changelist_url(**query):
    return reverse("admin:partners_agreement_changelist", query=query)


def next_month(first_day):
    return (first_day + timedelta(days=31)).replace(day=1)


class AgreementStatusFilter(FacetFilter):
    """Filter by an agreement's state today. In force or upcoming is a choice only while the URL has it."""

    title = _("status")
    parameter_name = "status"
    columns = SHARED_COLUMNS

    def lookups(self, request, model_admin):
        self.today = localdate()
        current = [(CURRENT, _("in force or upcoming"))] if self.value() == CURRENT else []
        return [*STATE_LABELS.items(), *current]

    def queryset(self, request, queryset):
        states = CURRENT_STATES if self.value() == CURRENT else [self.value()]
        return queryset.in_states(self.today, *states) if self.value() else queryset

    def matching_choices(self, row):
        state = agreement_state(row["status"], row["valid_from"], row["valid_until"], self.today)
        return [state, CURRENT] if state in CURRENT_STATES else [state]


class EndFilter(FacetFilter):
    """Filter signed agreements by their last day. A month (``2026-08``) is a choice only while the URL has it."""

    title = _("its end")
    parameter_name = "ends"
    columns = SHARED_COLUMNS

    def lookups(self, request, model_admin):
        today = localdate()
        within = {str(days): Period(today, today + timedelta(days=days)) for days in [*THRESHOLDS, 365]}
        labels = {value: ngettext_lazy("within %d day", "within %d days", int(value)) % int(value) for value in within}
        labels |= {"365": _("within a year"), ACADEMIC_YEAR: _("this academic year")}
        self.periods = within | {ACADEMIC_YEAR: academic_year(today, settings.ACADEMIC_YEAR_START)}
        months = {}
        if month := MONTH_RE.fullmatch(self.value() or ""):
            first_day = date(int(month[1]), int(month[2]), 1)
            self.periods[self.value()] = Period(first_day, next_month(first_day) - ONE_DAY)
            months[self.value()] = date_format(first_day, "YEAR_MONTH_FORMAT")
        return list((labels | {OPEN_ENDED: _("open-ended"), NOT_RECORDED: _("not recorded")} | months).items())

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == OPEN_ENDED:
            return queryset.signed().filter(is_open_ended=True)
        if self.value() == NOT_RECORDED:
            return queryset.end_not_recorded()
        if self.value() in self.periods:
            return queryset.signed().filter(valid_until__range=self.periods[self.value()])
        return queryset.none()

    def matching_choices(self, row):
        if row["status"] != AgreementStatus.SIGNED:
            return []
        if row["valid_until"] is None:
            return [OPEN_ENDED if row["is_open_ended"] else NOT_RECORDED]
        return [value for value, (start, end) in self.periods.items() if start <= row["valid_until"] <= end]


class RenewalFilter(FacetFilter):
    """Filter signed agreements by whether a signed one follows."""

    title = _("renewal")
    parameter_name = "renewed"
    labels = {NOT_RENEWED: _("not renewed"), "yes": _("renewed")}

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == NOT_RENEWED:
            return queryset.signed().not_followed()
        return queryset.signed().followed() if self.value() == "yes" else queryset.none()

    def count_choices(self, changelist, excluded):
        signed = changelist.get_queryset(self.request, exclude_parameters=excluded).order_by().signed()
        followed = signed.followed().count()
        return {NOT_RENEWED: signed.count() - followed, "yes": followed}


class AgreementTypeFilter(ColumnFilter):
    title = _("agreement type")
    parameter_name = "type"
    column, columns = "agreement_type", SHARED_COLUMNS

    def options(self, request):
        return [*AgreementType.objects.values_list("slug", "name", "pk"), (NONE, _("not known yet"), None)]


class ResponsibleFilter(ColumnFilter):
    title = _("coordinator responsible")
    parameter_name = "who"
    column, columns = "responsible", SHARED_COLUMNS

    def options(self, request):
        colleagues = assignable_users().exclude(pk=request.user.pk)
        names = [(str(user.pk), str(user), user.pk) for user in colleagues]
        return [(ME, _("me"), request.user.pk), (NONE, _("nobody"), None), *names]


class AgreementCountryFilter(UniversityCountryFilter):
    column, columns = "university__country__code", ("university__country__code",)
    objects_in_country = Agreement.objects.filter(university__country=OuterRef("pk"))


class DocumentFilter(ColumnFilter):
    """Filter a queryset that is annotated with `has_document`."""

    title = _("document")
    parameter_name = "document"
    column, columns = "has_document", ("has_document",)

    def options(self, request):
        return [(WITHOUT, _("without"), False), ("with", _("with"), True)]


class RegionFilter(FacetFilter):
    title = _("region")
    parameter_name = "region"
    labels = REGION_LABELS
    columns = ("university__country__code",)

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.filter(university__country__code__in=countries_by_region().get(self.value(), ()))

    def matching_choices(self, row):
        code = row["university__country__code"]
        return [region for region, codes in countries_by_region().items() if code in codes]
