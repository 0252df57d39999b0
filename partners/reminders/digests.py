"""Digest mails: all due reminders of one recipient in one mail."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.models import Agreement, ReminderKind
from partners.reminders.due import due_reminders


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

    def lines_by_heading(self) -> dict[str, list["DigestLine"]]:
        """Return the lines, most urgent first. An end with a renewal in process is not urgent and comes last."""
        lines = sorted(
            (DigestLine(agreement, self.on) for agreement in self.agreements), key=lambda line: line.is_renewed
        )
        by_heading = defaultdict(list)
        for line in lines:
            by_heading[line.heading].append(line)
        return dict(by_heading)

    def build_email(self) -> EmailMultiAlternatives:
        context = {
            "digest": self,
            "lines_by_heading": self.lines_by_heading(),
            "office_name": settings.OFFICE_NAME,
            "is_office": self.recipient == settings.OFFICE_EMAIL,
            "admin_url": settings.SITE_URL + reverse("admin:index"),
        }
        host = settings.SITE_URL.partition("://")[2]
        email = EmailMultiAlternatives(
            f"{settings.OFFICE_NAME}: {self.subject}",
            render_to_string("partners/reminders/digest.txt", context),
            to=[self.recipient],
            headers={"Message-ID": f"<{self.message_id}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(render_to_string("partners/reminders/digest.html", context), "text/html")
        return email


@dataclass
class DigestLine:
    agreement: Agreement
    on: date

    @property
    def heading(self) -> str:
        return _("Renewal in process") if self.is_renewed else ReminderKind(self.agreement.reminder_kind).label

    @property
    def type_name(self) -> str:
        return str(self.agreement.agreement_type or _("type unknown"))

    @property
    def description(self) -> str:
        kind, day = self.agreement.reminder_kind, date_format(self.agreement.reference_date)
        if kind == ReminderKind.STALLED:
            return _("last moved on %s") % day
        if kind == ReminderKind.EXPIRED:
            return _("the signed one ended on %s") % day if self.is_renewed else _("ended on %s") % day
        end = _("the signed one ends on %s") % day if self.is_renewed else _("ends on %s") % day
        return f"{end}, {_describe_days((self.agreement.reference_date - self.on).days)}"

    @property
    def url(self) -> str:
        return settings.SITE_URL + reverse("admin:partners_agreement_change", args=[self.agreement.pk])

    @property
    def is_renewed(self) -> bool:
        return self.agreement.has_renewal and self.agreement.reminder_kind != ReminderKind.STALLED


def build_digests(on: date) -> list[Digest]:
    """Return one digest per recipient, sorted. The recipient is empty if nobody can be reminded."""
    by_recipient = defaultdict(list)
    for agreement in due_reminders(on):
        by_recipient[_recipient_for(agreement.responsible)].append(agreement)
    return [Digest(recipient, agreements, on) for recipient, agreements in sorted(by_recipient.items())]


def is_reachable(user: User) -> bool:
    return user.is_active and user.is_staff and bool(user.email)


def _recipient_for(user: User | None) -> str:
    return user.email if user and is_reachable(user) else settings.OFFICE_EMAIL


def _describe_days(days: int) -> str:
    return ngettext("in %d day", "in %d days", days) % days if days else _("today")
