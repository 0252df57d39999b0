"""Texts of an agreement's state, and of the day that it approaches."""

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.enums import AgreementStatus
from partners.querysets import ENDED, STATE_LABELS, UPCOMING

SOON, NEAR, FAR = THRESHOLDS = [30, 90, 180]
"""Days before its end from which an agreement is highlighted strongly or slightly, or listed."""


def describe_state(agreement, on):
    """Return a text such as “in force”, “upcoming from 1 Sep 2028” or “ended on 3 May 2027: merger”."""
    state = agreement.state_on(on)
    if state == UPCOMING:
        return _("upcoming from %s") % _unbroken_date(agreement.valid_from)
    return agreement.describe_ended(_unbroken_date) if state == ENDED else STATE_LABELS[state]


def describe_deadline(agreement, on):
    """Return a text such as “ends in 3 days” in an element of class ``past``, ``soon``, ``near`` or none of them.

    The agreement has the annotation ``successor_start``.
    """
    if agreement.status == AgreementStatus.ENDED:
        return _deadline(_describe_ended_on(agreement.ended_on, on))
    if agreement.status != AgreementStatus.SIGNED:
        return describe_due_day(agreement.due_on, on, _("due %s"))
    if agreement.successor_start:
        return _deadline(_("renewed from %s") % _unbroken_date(agreement.successor_start))
    if agreement.valid_from and agreement.valid_from > on:
        days = (agreement.valid_from - on).days
        return _deadline(ngettext("begins in %d day", "begins in %d days", days) % days)
    if agreement.valid_until is None:
        return _deadline(agreement.describe_end())
    days = (agreement.valid_until - on).days
    if days < 0:
        return _deadline(ngettext("expired %d day ago", "expired %d days ago", -days) % -days, days)
    return _deadline(ngettext("ends in %d day", "ends in %d days", days) % days if days else _("ends today"), days)


def describe_due_day(due_on, on, template="%s"):
    """Return the day by which an agreement in process should be signed, in an element like ``describe_deadline``."""
    if due_on is None:
        return _deadline("-")
    day = _("%s (overdue)") % _unbroken_date(due_on) if due_on < on else _unbroken_date(due_on)
    return _deadline(template % day, (due_on - on).days)


def _describe_ended_on(ended_on, on):
    if ended_on is None or ended_on > on:
        return _("ended")
    days = (on - ended_on).days
    return ngettext("ended %d day ago", "ended %d days ago", days) % days if days else _("ended today")


def _unbroken_date(day):
    """Return the date with spaces at which no line breaks."""
    return date_format(day).replace(" ", "\N{NO-BREAK SPACE}")


def _deadline(text, days=None):
    """Return the text in an element whose class says how urgent it is with this many days left."""
    css_class = ""
    if days is not None:
        css_class = "past" if days < 0 else "soon" if days <= SOON else "near" if days <= NEAR else ""
    return format_html('<span class="deadline {}">{}</span>', css_class, text)
