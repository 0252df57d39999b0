"""First steps on the front page: what is missing in a new register, and that the office needs none of it."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from partners.admin.filters import (
    CURRENT,
    CURRENT_STATES,
    NONE,
    NOT_RECORDED,
    NOT_RENEWED,
    WITHOUT,
    agreement_changelist_url,
)
from partners.admin.object_history import can_view
from partners.models import Agreement, Document, Institution, Mobility, OfficeSettings, University
from partners.name_normalization import normalize_name
from partners.permissions import can_change_office_settings, can_change_universities, can_import

LIST, ENDS, MOBILITIES, DOCUMENTS, INSTITUTIONS = "list", "ends", "mobilities", "documents", "institutions"
LABELS = {
    LIST: gettext_lazy("Import your list"),
    ENDS: gettext_lazy("Agreements whose end is not recorded"),
    MOBILITIES: gettext_lazy("Agreements without mobilities"),
    DOCUMENTS: gettext_lazy("Agreements without a document"),
    INSTITUTIONS: gettext_lazy("Partners not identified"),
}
MAX_REASON_LENGTH = 60


class FirstStep(NamedTuple):
    key: str
    url: str
    count: int | None = None

    @property
    def label(self):
        return LABELS[self.key]


def build_first_steps(request, site, on):
    """Return the steps of which something is left, in their order, dismissed ones included.

    Agreements without mobilities or a document are counted as a difference, as a query for what is missing makes the
    database look up nearly the whole register.
    """
    user = request.user
    if not University.objects.exists():
        return [FirstStep(LIST, reverse("admin:partners_university_import"))] if can_import(user) else []
    current = Agreement.objects.in_states(on, *CURRENT_STATES).not_followed()
    count, query = current.count(), {"status": CURRENT, "renewed": NOT_RENEWED}
    offering = current.filter(pk__in=Mobility.objects.values("agreement")).count()
    documented = current.filter(pk__in=Document.objects.active().values("agreement")).count()
    steps = [
        FirstStep(ENDS, agreement_changelist_url(ends=NOT_RECORDED), Agreement.objects.end_not_recorded().count()),
        FirstStep(MOBILITIES, agreement_changelist_url(mobilities=WITHOUT, **query), count - offering),
        FirstStep(DOCUMENTS, agreement_changelist_url(document=WITHOUT, **query), count - documented),
    ]
    if can_view(site, request, University) and Institution.objects.exists():
        changelist = reverse("admin:partners_university_changelist", query={"directory": NONE})
        url = reverse("admin:partners_university_identify") if can_change_universities(user) else changelist
        steps.append(FirstStep(INSTITUTIONS, url, University.objects.filter(institution=None).count()))
    return [step for step in steps if step.count]


@require_POST
def first_step_view(request, key, site):
    """Dismiss a step for the whole office, for a reason, or bring it back."""
    if not can_change_office_settings(request.user):
        raise PermissionDenied
    if key not in LABELS:
        raise Http404
    is_dismissed = "dismiss" in request.POST
    reason = normalize_name(request.POST.get("reason", ""))[:MAX_REASON_LENGTH]
    with transaction.atomic():
        office = OfficeSettings.objects.select_for_update().current()
        if (key in office.dismissed_steps) != is_dismissed:
            others = [other for other in office.dismissed_steps if other != key]
            office.dismissed_steps = [*others, key] if is_dismissed else others
            office._change_reason = reason or "edited"
            office.save()
    message = _("Not shown any more: %s.") if is_dismissed else _("Shown again: %s.")
    messages.success(request, message % LABELS[key])
    return redirect("admin:index")
