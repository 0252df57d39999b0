"""What is told to whom, in one mail for each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
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
    address: str
    agreements: list[Agreement]
    on: date

    @property
    def key(self) -> UUID:
        """The same for the same matters, so that mail programs take a mail that had to be repeated for one."""
        matters = (f"{each.pk} {each.matter} {each.since}" for each in self.agreements)
        return uuid5(NAMESPACE_URL, "\n".join([settings.SITE_URL, self.address, *matters]))

    @property
    def subject(self) -> str:
        count = len(self.agreements)
        return ngettext("%d agreement waits for you", "%d agreements wait for you", count) % count

    def groups(self) -> dict[str, list["Line"]]:
        """The lines under their headings. A renewal in process takes the alarm out of an end, and so comes last."""
        found = defaultdict(list)
        for line in sorted((Line(each, self.on) for each in self.agreements), key=lambda line: line.is_renewed):
            found[line.heading].append(line)
        return dict(found)

    def mail(self) -> EmailMultiAlternatives:
        context = {
            "digest": self,
            "groups": self.groups(),
            "office_name": settings.OFFICE_NAME,
            "is_office": self.address == settings.OFFICE_EMAIL,
            "address": settings.SITE_URL + reverse("admin:index"),
        }
        host = settings.SITE_URL.partition("://")[2]
        mail = EmailMultiAlternatives(
            f"{settings.OFFICE_NAME}: {self.subject}",
            render_to_string("partners/reminders/digest.txt", context),
            to=[self.address],
            headers={"Message-ID": f"<{self.key}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("partners/reminders/digest.html", context), "text/html")
        return mail


@dataclass
class Line:
    agreement: Agreement
    on: date

    @property
    def heading(self) -> str:
        matter = ReminderKind(self.agreement.matter)
        return _("Renewal in process") if self.is_renewed else matter.label

    @property
    def name(self) -> str:
        return str(self.agreement.agreement_type or _("type unknown"))

    @property
    def words(self) -> str:
        day, left = date_format(self.agreement.since), (self.agreement.since - self.on).days
        if self.agreement.matter == ReminderKind.STILL:
            return _("last moved on %s") % day
        if self.agreement.matter == ReminderKind.EXPIRED:
            return _("the signed one ended on %s") % day if self.is_renewed else _("ended on %s") % day
        told = _("the signed one ends on %s") % day if self.is_renewed else _("ends on %s") % day
        return f"{told}, {_describe_days(left)}"

    @property
    def address(self) -> str:
        return settings.SITE_URL + reverse("admin:partners_agreement_change", args=[self.agreement.pk])

    @property
    def is_renewed(self) -> bool:
        return self.agreement.has_renewal and self.agreement.matter != ReminderKind.STILL


def build_digests(on: date) -> list[Digest]:
    """By address. What nobody can be told has an empty one."""
    found = defaultdict(list)
    for agreement in due_reminders(on):
        found[_agreement_url(agreement.responsible)].append(agreement)
    return [Digest(address, agreements, on) for address, agreements in sorted(found.items())]


def is_reachable(person: object) -> bool:
    return person.is_active and person.is_staff and bool(person.email)


def _agreement_url(person: object | None) -> str:
    return person.email if person and is_reachable(person) else settings.OFFICE_EMAIL


def _describe_days(days: int) -> str:
    return ngettext("in %d day", "in %d days", days) % days if days else _("today")
