"""Texts and CSS classes for the end of an agreement."""

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.enums import AgreementStatus

SOON, NEAR, FAR = THRESHOLDS = [30, 90, 180]
"""Days before its end from which an agreement is highlighted strongly or slightly, or listed."""


def describe_deadline(agreement):
    """Return a text such as “ends in 3 days”. Empty for an agreement in process."""
    if agreement.status == AgreementStatus.ENDED:
        return _describe_end(agreement.ended_on)
    if agreement.status == AgreementStatus.IN_PROCESS:
        return ""
    if agreement.valid_until is None:
        return _("open-ended")
    days = (agreement.valid_until - localdate()).days
    if days < 0:
        return ngettext("expired %d day ago", "expired %d days ago", -days) % -days
    return ngettext("ends in %d day", "ends in %d days", days) % days if days else _("ends today")


def deadline_css_class(agreement):
    """Return ``past``, ``soon``, ``near`` or an empty string."""
    if agreement.status != AgreementStatus.SIGNED or agreement.valid_until is None:
        return ""
    days = (agreement.valid_until - localdate()).days
    if days < 0:
        return "past"
    return "soon" if days <= SOON else "near" if days <= NEAR else ""


def _describe_end(ended_on):
    if ended_on is None:
        return _("ended")
    days = (localdate() - ended_on).days
    return ngettext("ended %d day ago", "ended %d days ago", days) % days if days else _("ended today")
