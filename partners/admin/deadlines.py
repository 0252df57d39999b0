"""How long an agreement still lasts, in words."""

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.enums import AgreementStatus

SOON, NEAR, FAR = THRESHOLDS = [30, 90, 180]
"""Days before its end within which an agreement is worth a look, a thought, a note."""


def describe_deadline(agreement):
    """Of a signed or an ended agreement. One in process has no days yet: an empty text."""
    if agreement.status == AgreementStatus.ENDED:
        return _ended(agreement.ended_on)
    if agreement.status == AgreementStatus.IN_PROCESS:
        return ""
    if agreement.valid_until is None:
        return _("open-ended")
    days = (agreement.valid_until - localdate()).days
    if days < 0:
        return ngettext("expired %d day ago", "expired %d days ago", -days) % -days
    return ngettext("ends in %d day", "ends in %d days", days) % days if days else _("ends today")


def deadline_css_class(agreement):
    """``past``, ``soon``, ``near`` or nothing: how much a signed agreement's end should stand out."""
    if agreement.status != AgreementStatus.SIGNED or agreement.valid_until is None:
        return ""
    days = (agreement.valid_until - localdate()).days
    if days < 0:
        return "past"
    return "soon" if days <= SOON else "near" if days <= NEAR else ""


def _ended(on):
    if on is None:
        return _("ended")
    days = (localdate() - on).days
    return ngettext("ended %d day ago", "ended %d days ago", days) % days if days else _("ended today")
