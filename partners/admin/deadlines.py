"""Text and highlighting of the end of an agreement."""

from django.contrib import admin
from django.db.models import Case, When
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.enums import AgreementStatus

SOON, NEAR, FAR = THRESHOLDS = [30, 90, 180]
"""Days before its end from which an agreement is highlighted strongly or slightly, or listed."""


@admin.display(
    description=gettext_lazy("days left"), ordering=Case(When(status=AgreementStatus.SIGNED, then="valid_until"))
)
def days_left(agreement):
    """Return a text such as “ends in 3 days” in an element of class ``past``, ``soon``, ``near`` or none of them."""
    css_class, text = "", "-"
    if agreement.status == AgreementStatus.ENDED and agreement.ended_on is None:
        text = _("ended")
    elif agreement.status == AgreementStatus.ENDED:
        days = (localdate() - agreement.ended_on).days
        text = ngettext("ended %d day ago", "ended %d days ago", days) % days if days else _("ended today")
    elif agreement.status == AgreementStatus.SIGNED and agreement.valid_until is None:
        text = _("open-ended")
    elif agreement.status == AgreementStatus.SIGNED:
        days = (agreement.valid_until - localdate()).days
        if days < 0:
            css_class, text = "past", ngettext("expired %d day ago", "expired %d days ago", -days) % -days
        else:
            css_class = "soon" if days <= SOON else "near" if days <= NEAR else ""
            text = ngettext("ends in %d day", "ends in %d days", days) % days if days else _("ends today")
    return format_html('<span class="deadline {}">{}</span>', css_class, text)
