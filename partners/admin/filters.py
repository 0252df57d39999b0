"""The filters beside the lists."""

from django.contrib import admin
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.models import AgreementType
from partners.querysets import ENDED, EXPIRED, IN_FORCE, IN_PROCESS


class StatusFilter(admin.SimpleListFilter):
    """What an agreement is today, which its stored status and its last day tell together."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [
            (IN_PROCESS, _("in process")),
            (IN_FORCE, _("in force")),
            (EXPIRED, _("expired")),
            (ENDED, _("ended")),
        ]

    def queryset(self, request, queryset):
        return queryset.in_states(localdate(), self.value()) if self.value() else queryset


class UniversityTypeFilter(admin.SimpleListFilter):
    """With a status chosen beside it, one agreement has to be of this type and of that status."""

    title = _("agreement type")
    parameter_name = "type"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.states = request.GET.getlist(StatusFilter.parameter_name) or None

    def lookups(self, request, model_admin):
        return list(AgreementType.objects.values_list("slug", "name"))

    def queryset(self, request, queryset):
        return queryset.with_agreement(localdate(), self.states, [self.value()]) if self.value() else queryset


class UniversityStatusFilter(StatusFilter):
    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.types = request.GET.getlist(UniversityTypeFilter.parameter_name)

    def queryset(self, request, queryset):
        return queryset.with_agreement(localdate(), [self.value()], self.types) if self.value() else queryset
