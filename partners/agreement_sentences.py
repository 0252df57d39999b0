"""Sentences about changes of agreements, one for each change."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus


class AgreementFacts(NamedTuple):
    """The values of an agreement that distinguish it from the university's others in a sentence."""

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
    def status_label(self) -> str:
        return str(AgreementStatus(self.status).label)

    def subject(self, remark: str = "") -> str:
        """Return the name as the subject of a sentence, with a status that is not the usual one, and the remark."""
        status = "" if self.status == AgreementStatus.SIGNED else self.status_label
        subject = ", ".join(filter(None, [_("The %s") % self.name, status, remark]))
        return f"{subject}," if "," in subject else subject


def describe_change(before: AgreementFacts | None, after: AgreementFacts, remark: str = "") -> str:
    """Return a sentence on the change of an agreement, or an empty string if its type and status stay the same.

    The remark tells more of the agreement before, such as “signed by Ana Costa on 3 Mar 2026”.
    """
    if before is None:
        return _("New: %(agreement)s, %(status)s.") % {"agreement": after.name, "status": after.status_label}
    if before[:2] == after[:2]:
        return ""
    subject = before.subject(remark)
    if not AgreementStatus(after.status).is_open:
        return _("%s ends.") % subject
    changed = [] if before.agreement_type == after.agreement_type else [after.agreement_type or _("of unknown type")]
    if before.status != after.status:
        changed.append(after.status_label)
    return _("%(agreement)s becomes %(values)s.") % {"agreement": subject, "values": _(" and ").join(changed)}
