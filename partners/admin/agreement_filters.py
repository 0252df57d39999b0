"""The filters beside the list of agreements, and the addresses of what they show."""

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

COLUMNS = "status", "valid_until", "agreement_type", "responsible"
"""What the filters are about that need nothing but the agreements: one question answers all of them."""
NONE, ME, OPEN_ENDED, WITH, WITHOUT = "-", "me", "open-ended", "with", "without"
YEAR, MONTH = re.compile(r"[12]\d{3}", re.ASCII), re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


def agreement_changelist_url(**chosen):
    """The address of the list with these choices."""
    return reverse("admin:partners_agreement_changelist", query=chosen)


class AgreementStatusFilter(GroupedFacetFilter, StatusFilter):
    columns = COLUMNS

    def choices_of(self, row):
        return [agreement_state(row["status"], row["valid_until"], self.today)]


class ValidUntilFilter(GroupedFacetFilter):
    """When signed agreements end. A month is a choice as well, once the address asks for one."""

    title = _("its end")
    parameter_name = "ends"
    columns = COLUMNS

    def lookups(self, request, model_admin):
        within = [(str(days), ngettext_lazy("within %d day", "within %d days", days) % days) for days in THRESHOLDS]
        month = [(self.value(), date_format(self._month(), "YEAR_MONTH_FORMAT"))] if self._month() else []
        return [*within, (OPEN_ENDED, _("open-ended")), *month]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == OPEN_ENDED:
            return queryset.signed().filter(valid_until=None)
        if first := self._month():
            following = (first + timedelta(days=31)).replace(day=1)
            return queryset.signed().filter(valid_until__gte=first, valid_until__lt=following)
        if self.value() in map(str, THRESHOLDS):
            return queryset.expiring(self.today, int(self.value()))
        return queryset.none()

    def choices_of(self, row):
        if row["status"] != AgreementStatus.SIGNED:
            return []
        if row["valid_until"] is None:
            return [OPEN_ENDED]
        first, left = row["valid_until"].replace(day=1), (row["valid_until"] - self.today).days
        return [*(str(days) for days in THRESHOLDS if 0 <= left <= days), *([self.value()] * (first == self._month()))]

    def _month(self):
        month = MONTH.fullmatch(self.value() or "")
        return month and date(int(month[1]), int(month[2]), 1)


class AgreementTypeFilter(GroupedFacetFilter):
    title = _("agreement type")
    parameter_name = "type"
    columns = COLUMNS

    def lookups(self, request, model_admin):
        types = AgreementType.objects.all()
        self.slugs = {each.pk: each.slug for each in types}
        return [*((each.slug, each.name) for each in types), (NONE, _("not known yet"))]

    def queryset(self, request, queryset):
        if self.value() == NONE:
            return queryset.filter(agreement_type=None)
        return queryset.of_types(self.value()) if self.value() else queryset

    def choices_of(self, row):
        return [self.slugs.get(row["agreement_type"], NONE)]


class ResponsibleFilter(GroupedFacetFilter):
    title = _("coordinator responsible")
    parameter_name = "who"
    columns = COLUMNS

    def __init__(self, request, *args):
        self.me = request.user.pk
        super().__init__(request, *args)

    def lookups(self, request, model_admin):
        others = [(str(person.pk), str(person)) for person in assignable_users().exclude(pk=self.me)]
        return [(ME, _("me")), (NONE, _("nobody")), *others]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        chosen = {ME: self.me, NONE: None} | {value: int(value) for value, _person in self.lookup_choices[2:]}
        return queryset.filter(responsible=chosen[self.value()]) if self.value() in chosen else queryset.none()

    def choices_of(self, row):
        return [ME if row["responsible"] == self.me else str(row["responsible"] or NONE)]


class CountryFilter(UniversityCountryFilter):
    columns = ("university__country__code",)
    of_country = Agreement.objects.filter(university__country=OuterRef("pk"))


class DocumentFilter(GroupedFacetFilter):
    """Of a list that is told who has one."""

    title = _("document")
    parameter_name = "document"
    columns = ("has_document",)

    def lookups(self, request, model_admin):
        return [(WITHOUT, _("without")), (WITH, _("with"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        chosen = {WITHOUT: False, WITH: True}
        return queryset.filter(has_document=chosen[self.value()]) if self.value() in chosen else queryset.none()

    def choices_of(self, row):
        return [WITH if row["has_document"] else WITHOUT]


class SignedYearFilter(GroupedFacetFilter):
    """Shown only where the address asks for a year, as the overview's do."""

    title = _("signed in")
    parameter_name = "signed"
    columns = ("signed_on",)

    def lookups(self, request, model_admin):
        return [(self.value(), self.value())] if self.value() else []

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(signed_on__year=self.value()) if YEAR.fullmatch(self.value()) else queryset.none()

    def choices_of(self, row):
        return [f"{row['signed_on']:%Y}"] if row["signed_on"] else []
