"""Sentences about changes of agreements, one for each change."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus


class AgreementFacts(NamedTuple):
    """The values by which people tell one agreement of a university from the others."""

    agreement_type: str | None
    """The name, None if it is not known yet."""
    status: str
    scope: str = ""
    valid_from: date | None = None

    @property
    def name(self) -> str:
        """Return a name such as “Erasmus+ agreement, Faculty of Law, from 1 Sep 2026”."""
        name = _("%s agreement") % self.agreement_type if self.agreement_type else _("agreement of unknown type")
        start = _("from %s") % date_format(self.valid_from) if self.valid_from else ""
        return ", ".join(filter(None, [name, self.scope, start]))

    @property
    def subject(self) -> str:
        """Return the name as the subject of a sentence, with a status that is not the usual one."""
        if self.status != AgreementStatus.SIGNED:
            return _("The %(agreement)s, %(status)s,") % {"agreement": self.name, "status": self.status_label}
        return _("The %s") % self.name

    @property
    def complement(self) -> str:
        """Return the status and the name, such as “signed Erasmus+ agreement”."""
        return f"{self.status_label} {self.name}"

    @property
    def status_label(self) -> str:
        return AgreementStatus(self.status).label


def describe_change(before: AgreementFacts | None, after: AgreementFacts) -> str:
    """Return a sentence on what becomes of an agreement, or an empty string if its type and status stay the same."""
    if before is None:
        return _("New: %s.") % after.complement
    subject = before.subject
    if before[:2] == after[:2]:
        return ""
    if not AgreementStatus(after.status).is_open:
        return _("%s ends.") % subject
    if before.agreement_type == after.agreement_type:
        return _("%(agreement)s becomes %(status)s.") % {"agreement": subject, "status": after.status_label}
    return _("%(old)s becomes: %(new)s.") % {"old": subject, "new": after.complement}
