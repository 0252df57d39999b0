"""What waits for the coordinator, on the front page: a few lines of each group, and the way to the rest."""

from datetime import timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.admin.agreement_filters import ME, WITHOUT, ResponsibleFilter, agreement_changelist_url
from partners.admin.deadlines import FAR, THRESHOLDS, deadline_css_class, describe_deadline
from partners.admin.object_history import can_view
from partners.enums import AgreementStatus
from partners.models import Agreement, Document, University
from partners.querysets import EXPIRED, IN_FORCE, IN_PROCESS

MAX_ITEMS = 20
WHO = ResponsibleFilter.parameter_name


class WorklistSection:
    """Matters of one kind, which says what a line shows of each, and what is said where there is none."""

    def __init__(self, kind, title, found, address, empty, count=None):
        self.kind, self.title, self.address, self.empty = kind, title, address, empty
        self.lines = [WorklistItem(each) for each in found[:MAX_ITEMS]]
        self.count = found.count() if count is None else count
        self.parts = []

    @property
    def rest(self):
        return self.count - len(self.lines)


class WorklistItem:
    def __init__(self, about):
        self.about = about

    def time_left(self):
        return describe_deadline(self.about)

    def urgency(self):
        return deadline_css_class(self.about)

    def moved(self):
        """How long ago an agreement moved, in words."""
        if self.about.last_changed_at is None:
            return "-"
        days = (localdate() - localdate(self.about.last_changed_at)).days
        return ngettext("%d day ago", "%d days ago", days) % days if days else _("today")


def worklist(request, site):
    """For the template of the front page. Nothing for those who may not see agreements."""
    if not can_view(site, request, Agreement):
        return None
    is_mine = request.GET.get(WHO) == ME
    agreements = Agreement.objects.filter(responsible=request.user) if is_mine else Agreement.objects.all()
    chosen = {WHO: ME} if is_mine else {}
    makers = [_in_process, _expiring, _expired, _without_document]
    groups = [make(agreements.select_related("university", "agreement_type", "responsible"), chosen) for make in makers]
    if can_view(site, request, University):
        groups.append(_kept_off(agreements if is_mine else None))
    return {
        "groups": groups,
        "is_mine": is_mine,
        "may_change": request.user.has_perm("partners.change_agreement"),
        "address": request.get_full_path(),
    }


def _in_process(agreements, chosen):
    longest_first = F("last_changed_at").asc(nulls_first=True)
    found = agreements.in_process().with_last_change().order_by(longest_first, "pk")
    empty = _("No deal is waiting for a signature.")
    return WorklistSection(
        "deals", _("In process"), found, agreement_changelist_url(status=IN_PROCESS, **chosen), empty
    )


def _expiring(agreements, chosen):
    today, title = localdate(), _("Ending within %d days") % FAR
    found = agreements.expiring(today, FAR)
    soonest_first = found.with_renewal().order_by("valid_until", "pk")
    empty = _("Nothing ends within %d days.") % FAR
    group = WorklistSection("ends", title, soonest_first, agreement_changelist_url(ends=FAR, **chosen), empty)
    ends = {f"within_{days}": Q(valid_until__lte=today + timedelta(days)) for days in THRESHOLDS}
    counts = found.aggregate(**{name: Count("pk", filter=end) for name, end in ends.items()})
    for days, count in zip(THRESHOLDS, counts.values(), strict=True):
        words = ngettext("%(count)d within %(days)d day", "%(count)d within %(days)d days", days)
        group.parts.append((words % {"count": count, "days": days}, agreement_changelist_url(ends=days, **chosen)))
    return group


def _expired(agreements, chosen):
    found = agreements.expired(localdate()).with_renewal().order_by("-valid_until", "pk")
    empty = _("Nothing has expired.")
    return WorklistSection("ends", _("Expired"), found, agreement_changelist_url(status=EXPIRED, **chosen), empty)


def _without_document(agreements, chosen):
    """Of those in force, the newest first.

    Named by what they are not, and counted by what is left: asked for as signed and without a document, a database
    fetches, looks up and sorts nearly the whole register for twenty lines.
    """
    today = localdate()
    over = Q(status__in=[AgreementStatus.IN_PROCESS, AgreementStatus.ENDED]) | Q(valid_until__lt=today)
    newest_first = agreements.exclude(over).without_document().order_by("-pk")
    in_force = agreements.in_force(today)
    documented = in_force.filter(pk__in=Document.objects.active().values("agreement"))
    address = agreement_changelist_url(status=IN_FORCE, document=WITHOUT, **chosen)
    empty = _("Every agreement in force has its document.")
    count = in_force.count() - documented.count()
    return WorklistSection("documents", _("Signed, without a document"), newest_first, address, empty, count)


def _kept_off(agreements):
    """Universities, of all agreements or of those given."""
    found = University.objects.filter(is_listed=False).select_related("country").order_by("name_key", "pk")
    if agreements is not None:
        found = found.filter(pk__in=agreements.values("university"))
    address = reverse("admin:partners_university_changelist", query={"is_listed__exact": 0})
    return WorklistSection(
        "universities", _("Kept off the public list"), found, address, _("No university is kept off the list.")
    )
