"""Digest mails: all due reminders of one recipient in one mail.

Each is sent once, even with concurrent runs or a run that is killed midway.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.models import Agreement, OfficeSettings, Reminder, ReminderKind
from partners.reminders.due import DUE_THRESHOLDS, due_reminders


@dataclass
class Digest:
    recipient: str
    agreements: list[Agreement]
    on: date

    @property
    def message_id(self) -> UUID:
        """Deterministic, so that mail programs show a mail that was sent twice only once."""
        reminders = (f"{item.pk} {item.reminder_kind} {item.reference_date}" for item in self.agreements)
        return uuid5(NAMESPACE_URL, "\n".join([settings.SITE_URL, self.recipient, *reminders]))

    @property
    def subject(self) -> str:
        count = len(self.agreements)
        return ngettext("%d agreement waits for you", "%d agreements wait for you", count) % count

    def lines_by_heading(self) -> dict[str, list[dict]]:
        """Return the lines, most urgent first. An end with a renewal in process is not urgent and comes last."""
        by_heading = defaultdict(list)
        for agreement in sorted(self.agreements, key=attrgetter("has_renewal")):
            kind = ReminderKind(agreement.reminder_kind)
            heading = _("Renewal in process") if agreement.has_renewal else kind.label
            line = {
                "agreement": agreement,
                "description": _describe(agreement, self.on),
                "url": settings.SITE_URL + reverse("admin:partners_agreement_change", args=[agreement.pk]),
            }
            by_heading[heading].append(line)
        return dict(by_heading)

    def build_email(self) -> EmailMultiAlternatives:
        office = OfficeSettings.objects.current()
        context = {
            "digest": self,
            "lines_by_heading": self.lines_by_heading(),
            "office_name": office.display_name,
            "is_office": self.recipient == office.contact_email,
            "admin_url": settings.SITE_URL + reverse("admin:index"),
        }
        host = settings.SITE_URL.partition("://")[2]
        email = EmailMultiAlternatives(
            f"{office.display_name}: {self.subject}",
            render_to_string("partners/reminders/digest.txt", context),
            office.sender,
            to=[self.recipient],
            headers={"Message-ID": f"<{self.message_id}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(render_to_string("partners/reminders/digest.html", context), "text/html")
        return email


def _describe(agreement: Agreement, on: date) -> str:
    text = _describe_date(agreement) % date_format(agreement.reference_date)
    days = (agreement.reference_date - on).days
    if days < 0:
        return text
    when = ngettext("in %d day", "in %d days", days) % days if days else _("today")
    return f"{text}, {when}"


def _describe_date(agreement: Agreement) -> str:
    """Return a text with a place for the reference date."""
    kind = agreement.reminder_kind
    if kind == ReminderKind.STALLED:
        return _("last moved on %s")
    if kind == ReminderKind.OVERDUE:
        return _("should have been done by %s")
    if kind in DUE_THRESHOLDS:
        return _("to be done by %s")
    if kind == ReminderKind.EXPIRED:
        return _("the signed one ended on %s") if agreement.has_renewal else _("ended on %s")
    return _("the signed one ends on %s") if agreement.has_renewal else _("ends on %s")


def build_digests(on: date) -> list[Digest]:
    """Return one digest per recipient, sorted. The recipient is empty if nobody can be reminded."""
    office_email = OfficeSettings.objects.current().contact_email
    by_recipient = defaultdict(list)
    for agreement in due_reminders(on):
        user = agreement.responsible
        recipient = user.email if user and is_reachable(user) else office_email
        by_recipient[recipient].append(agreement)
    return [Digest(recipient, agreements, on) for recipient, agreements in sorted(by_recipient.items())]


def is_reachable(user: User) -> bool:
    return user.is_active and user.is_staff and bool(user.email)


class DeliveryError(Exception):
    """The mail server did not accept the mail."""


def send_once(digest: Digest) -> bool:
    """Send the digest unless another run has claimed it, and return whether it was sent.

    No transaction is open while the mail server is contacted.
    """
    reminders = [
        Reminder(
            agreement=agreement,
            kind=agreement.reminder_kind,
            reference_date=agreement.reference_date,
            message_id=digest.message_id,
            recipient=digest.recipient,
        )
        for agreement in digest.agreements
    ]
    try:
        with transaction.atomic():
            Reminder.objects.bulk_create(reminders)
    except IntegrityError:
        return False
    claims = Reminder.objects.filter(message_id=digest.message_id, sent_at=None)
    try:
        digest.build_email().send()
    except (OSError, ValueError) as error:
        claims.delete()
        raise DeliveryError(error) from error
    claims.update(sent_at=now())
    return True
