"""Slots: the type, scope and status of a university's open agreements, which exclude each other."""

from collections import defaultdict

from django.utils.translation import gettext_lazy

from partners.enums import AgreementStatus
from partners.models.agreements import Agreement
from partners.name_normalization import matching_key
from partners.periods import Period

SAME_IN_PROCESS = gettext_lazy(
    "Another agreement of this university has the same type and scope in process. End one of them."
)


def unique_slot(agreement):
    """Return the values that only one agreement has, or None if it is not open. It may be a history record.

    Signed agreements may share them as long as their periods do not overlap.
    """
    if not AgreementStatus(agreement.status).is_open:
        return None
    return agreement.university_id, agreement.agreement_type_id, agreement.status, matching_key(agreement.scope)


def exclude_each_other(agreement, other):
    """Return True if the two cannot exist side by side. They may be history records."""
    if unique_slot(agreement) is None or unique_slot(agreement) != unique_slot(other):
        return False
    periods = [Period(row.valid_from, row.valid_until) for row in (agreement, other)]
    return agreement.status != AgreementStatus.SIGNED or periods[0].overlaps(periods[1])


def release_unique_slots(agreements):
    """End, without history, stored agreements whose slot or period another of the given agreements takes.

    The given ones can then be saved one after another although they swap types, statuses or periods.
    """
    new_by_slot = defaultdict(list)
    for agreement in agreements:
        new_by_slot[unique_slot(agreement)].append(agreement)
    stored = Agreement.objects.open().in_bulk([agreement.pk for agreement in agreements if agreement.pk])
    released = [
        old
        for old in stored.values()
        if any(new.pk != old.pk and exclude_each_other(old, new) for new in new_by_slot[unique_slot(old)])
    ]
    for agreement in released:
        agreement.status = AgreementStatus.ENDED
    Agreement.objects.bulk_update(released, ["status"])
