"""Filters of the agreement changelist."""

import re
from datetime import date, timedelta

from django.db.models import OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from partners.admin.deadlines import THRESHOLDS
from partners.admin.facet_changelist import GroupedFacetFilter
from partners.admin.filters import StatusFilter, UniversityCountryFilter
from partners.admin.form_fields import assignable_users
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType
from partners.querysets import agreement_state

SHARED_COLUMNS = "status", "valid_until", "agreement_type", "responsible"
"""Columns of the agreements' own table. Filters with the same `columns` share one grouping query, on one index."""
NONE, ME, OPEN_ENDED, WITH, WITHOUT = "-", "me", "open-ended", "with", "without"
YEAR, MONTH = re.compile(r"[12]\d{3}", re.ASCII), re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


def agreement_changelist_url(**query):
    return reverse("admin:partners_agreement_changelist", query=query)


def next_month(first_day):
    return (first_day + timedelta(days=31)).replace(day=1)


class AgreementStatusFilter(GroupedFacetFilter, StatusFilter):
    columns = SHARED_COLUMNS

    def matching_choices(self, row):
        return [agreement_state(row["status"], row["valid_until"], self.today)]


class ValidUntilFilter(GroupedFacetFilter):
    """Filter signed agreements by their last day. A month (``2026-08``) is a choice only while the URL has it."""

    title = _("its end")
    parameter_name = "ends"
    columns = SHARED_COLUMNS

    def lookups(self, request, model_admin):
        within = [(str(days), ngettext_lazy("within %d day", "within %d days", days) % days) for days in THRESHOLDS]
        month = [(self.value(), date_format(self._month(), "YEAR_MONTH_FORMAT"))] if self._month() else []
        return [*within, (OPEN_ENDED, _("open-ended")), *month]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == OPEN_ENDED:
            return queryset.signed().filter(valid_until=None)
        if month := self._month():
            return queryset.signed().filter(valid_until__gte=month, valid_until__lt=next_month(month))
        if self.value() in map(str, THRESHOLDS):
            return queryset.expiring(self.today, int(self.value()))
        return queryset.none()

    def matching_choices(self, row):
        if row["status"] != AgreementStatus.SIGNED:
            return []
        if row["valid_until"] is None:
            return [OPEN_ENDED]
        days_left = (row["valid_until"] - self.today).days
        thresholds = [str(days) for days in THRESHOLDS if 0 <= days_left <= days]
        is_in_month = row["valid_until"].replace(day=1) == self._month()
        return [*thresholds, self.value()] if is_in_month else thresholds

    def _month(self):
        """Return the first day of the selected month, or None."""
        month = MONTH.fullmatch(self.value() or "")
        return month and date(int(month[1]), int(month[2]), 1)


class AgreementTypeFilter(GroupedFacetFilter):
    title = _("agreement type")
    parameter_name = "type"
    columns = SHARED_COLUMNS

    def lookups(self, request, model_admin):
        types = AgreementType.objects.all()
        self.slugs = {agreement_type.pk: agreement_type.slug for agreement_type in types}
        choices = [(agreement_type.slug, agreement_type.name) for agreement_type in types]
        return [*choices, (NONE, _("not known yet"))]

    def queryset(self, request, queryset):
        if self.value() == NONE:
            return queryset.filter(agreement_type=None)
        return queryset.of_types(self.value()) if self.value() else queryset

    def matching_choices(self, row):
        return [self.slugs.get(row["agreement_type"], NONE)]


class ResponsibleFilter(GroupedFacetFilter):
    title = _("coordinator responsible")
    parameter_name = "who"
    columns = SHARED_COLUMNS

    def __init__(self, request, *args):
        self.user_id = request.user.pk
        super().__init__(request, *args)

    def lookups(self, request, model_admin):
        colleagues = [(str(user.pk), str(user)) for user in assignable_users().exclude(pk=self.user_id)]
        return [(ME, _("me")), (NONE, _("nobody")), *colleagues]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        ids = {ME: self.user_id, NONE: None} | {value: int(value) for value, _name in self.lookup_choices[2:]}
        return queryset.filter(responsible=ids[self.value()]) if self.value() in ids else queryset.none()

    def matching_choices(self, row):
        return [ME if row["responsible"] == self.user_id else str(row["responsible"] or NONE)]


class CountryFilter(UniversityCountryFilter):
    columns = ("university__country__code",)
    objects_in_country = Agreement.objects.filter(university__country=OuterRef("pk"))


class DocumentFilter(GroupedFacetFilter):
    """Filter a queryset that is annotated with `has_document`."""

    title = _("document")
    parameter_name = "document"
    columns = ("has_document",)

    def lookups(self, request, model_admin):
        return [(WITHOUT, _("without")), (WITH, _("with"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        has_document = {WITHOUT: False, WITH: True}
        if self.value() not in has_document:
            return queryset.none()
        return queryset.filter(has_document=has_document[self.value()])

    def matching_choices(self, row):
        return [WITH if row["has_document"] else WITHOUT]


class SignedYearFilter(GroupedFacetFilter):
    """Filter by the year of signing. Displayed only while the URL has it, as the links of the statistics do."""

    title = _("signed in")
    parameter_name = "signed"
    columns = ("signed_on",)

    def lookups(self, request, model_admin):
        return [(self.value(), self.value())] if self.value() else []

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(signed_on__year=self.value()) if YEAR.fullmatch(self.value()) else queryset.none()

    def matching_choices(self, row):
        return [f"{row['signed_on']:%Y}"] if row["signed_on"] else []
