"""States of agreements by day, as conditions of the database and in Python."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.enums import AgreementStatus

UPCOMING, IN_FORCE, EXPIRED = "upcoming", "in-force", "expired"
IN_PROCESS, ENDED = AgreementStatus.IN_PROCESS.slug, AgreementStatus.ENDED.slug
UNDATED_STATUSES = [status for status in AgreementStatus if status is not AgreementStatus.SIGNED]
STATE_LABELS = {
    IN_PROCESS: AgreementStatus.IN_PROCESS.label,
    UPCOMING: _("upcoming"),
    IN_FORCE: _("in force"),
    EXPIRED: _("expired"),
    **{status.slug: status.label for status in UNDATED_STATUSES},
}
"""Labels of the states of agreements by their names in URLs and in JSON. A state is a status, or for signed ones
what follows from their first and last day.
"""
PUBLIC_STATE_LABELS = {
    IN_FORCE: AgreementStatus.SIGNED.public_label,
    UPCOMING: _("Signed, begins later"),
    **{status.slug: status.public_label for status in UNDATED_STATUSES if status.is_public},
}
"""Labels for students of the states that they see."""


def state_q(state: str, on: date) -> Q:
    """Return the condition that an agreement is in this state, as named in URLs, on a day."""
    conditions = {
        UPCOMING: Q(valid_from__gt=on),
        IN_FORCE: (Q(valid_from=None) | Q(valid_from__lte=on)) & (Q(valid_until=None) | Q(valid_until__gte=on)),
        EXPIRED: Q(valid_until__lt=on),
    }
    if state in conditions:
        return Q(status=AgreementStatus.SIGNED) & conditions[state]
    return Q(status__in=[status for status in UNDATED_STATUSES if status.slug == state])


def agreement_state(status: str, valid_from: date | None, valid_until: date | None, on: date) -> str:
    """Return the state of an agreement with these values, as ``in_states`` would find it."""
    if status != AgreementStatus.SIGNED:
        return AgreementStatus(status).slug
    if valid_from and valid_from > on:
        return UPCOMING
    return EXPIRED if valid_until and valid_until < on else IN_FORCE
