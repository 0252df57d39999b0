"""The reasons why changes of a run cannot be undone: what happened since, and the rules of the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.history.entries import ADDED
from partners.models import Agreement, Document, Mobility, Run, University
from partners.models.agreement_slots import exclude_each_other, unique_slot
from partners.models.renewals import RENEWAL_REASONS
from partners.runs.changes import RunChange, RunChanges


def block_changes(run: Run, changes: RunChanges) -> None:
    """Set the reason of each change that cannot be undone. What is blocked stays as it is, and may block others."""
    _block_touched(changes)
    _block_for_documents(run, changes.agreements)
    _block_for_deleted_references(changes.agreements)
    _block_agreements_with_mobilities(run, changes)
    _block_for_other_agreements(run, changes.agreements)
    _block_mobilities(changes)
    _block_universities_with_agreements(run, changes)
    _block_for_other_universities(changes.universities)


def ids_to_remove(changes: Iterable[RunChange]) -> list[int]:
    """Return the pks of what the run added and its undo removes."""
    return [change.record.id for change in changes if not (change.previous_record or change.blocked_reason)]


def changes_to_restore(changes: Iterable[RunChange]) -> list[RunChange]:
    return [change for change in changes if change.previous_record and not change.blocked_reason]


def _block_touched(changes: RunChanges) -> None:
    for change in changes.all():
        if change.later_record:
            is_deleted = change.is_of_deleted_object
            message = _("deleted by %(who)s, %(when)s") if is_deleted else _("changed by %(who)s, %(when)s")
            who = change.later_record.history_user or _("a command")
            when = date_format(localtime(change.later_record.history_date), "DATETIME_FORMAT")
            change.blocked_reason = message % {"who": who, "when": when}


def _block_for_documents(run: Run, changes: Iterable[RunChange]) -> None:
    """Block removing agreements that have documents, and taking back signings after which some have been added."""
    documents = Document.objects.filter(agreement__in=Agreement.history.filter(run=run).values("id"))
    dates = defaultdict(list)
    for agreement, added_at in documents.values_list("agreement", "added_at"):
        dates[agreement].append(added_at)
    for change in changes:
        if change.blocked_reason or change.record.id not in dates:
            continue
        if change.previous_record is None:
            change.blocked_reason = _("it has documents by now")
        elif _was_signed(change):
            if max(dates[change.record.id]) > run.accepted_at:
                change.blocked_reason = _("documents have been added to it since")
            else:
                change.note = _("its documents stay with it")


def _was_signed(change: RunChange) -> bool:
    return (change.previous_record.status, change.record.status) == (AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED)


def _block_for_deleted_references(changes: Sequence[RunChange]) -> None:
    labels = {
        "agreement_type": _("agreement type"),
        "responsible": _("coordinator responsible"),
        "renews": _("renewed agreement"),
    }
    for name, label in labels.items():
        field = Agreement._meta.get_field(name)
        candidates = changes_to_restore(changes)
        ids = {getattr(change.previous_record, field.attname) for change in candidates}
        existing = {None, *field.related_model.objects.filter(pk__in=ids).values_list("pk", flat=True)}
        for change in candidates:
            if getattr(change.previous_record, field.attname) not in existing:
                change.blocked_reason = _("what was its %s has been deleted by now") % label


def _block_agreements_with_mobilities(run: Run, changes: RunChanges) -> None:
    """Block removing agreements that have mobilities by now that are not removed with them."""
    removed = {record.id for change in changes.mobilities if not change.blocked_reason for record in change.records}
    added = Agreement.history.filter(run=run, history_type=ADDED).values("id")
    mobilities = Mobility.objects.filter(agreement__in=added).values_list("pk", "agreement")
    staying = {agreement for pk, agreement in mobilities if pk not in removed}
    for change in changes.agreements:
        if not (change.previous_record or change.blocked_reason) and change.record.id in staying:
            change.blocked_reason = _("it has other mobilities by now")


def _block_mobilities(changes: RunChanges) -> None:
    """Block removing the mobilities of agreements that the run added and that stay."""
    blocked = [change for change in changes.agreements if change.blocked_reason]
    staying = {change.record.id for change in blocked if not change.previous_record}
    for change in changes.mobilities:
        if not change.blocked_reason and change.agreement_id in staying:
            change.blocked_reason = _("the agreement stays")


def _block_for_other_agreements(run: Run, changes: Sequence[RunChange]) -> None:
    """Block changes that agreements that stay exclude, and those that belong together with a blocked one."""
    universities = Agreement.history.filter(run=run).values("university")
    concerned = Q(university__in=universities) | Q(renews__university__in=universities)
    existing = Agreement.objects.filter(concerned).select_related("agreement_type").in_bulk()
    undone = {change.record.id: change for change in changes if not change.blocked_reason}
    partners = _changes_by_signing(changes)
    staying = [agreement for pk, agreement in existing.items() if pk not in undone]
    while True:
        by_slot, by_renewed = defaultdict(list), {agreement.renews_id: agreement for agreement in staying}
        for agreement in staying:
            by_slot[unique_slot(agreement)].append(agreement)
        by_slot.pop(None, None)
        for pk, change in undone.items():
            change.blocked_reason = _describe_obstacle(change, by_slot, by_renewed, partners[pk])
        staying = [existing[pk] for pk, change in undone.items() if change.blocked_reason]
        if not staying:
            return
        for agreement in staying:
            del undone[agreement.pk]


def _changes_by_signing(changes: Sequence[RunChange]) -> Mapping[int, list[RunChange]]:
    """Return, by the pk of each agreement, the changes that can only be undone together with its own.

    They are the signing of a renewal, and the end or the shorter period that it gave to earlier agreements.
    """
    reasons = {f"{reason}{change.record.id}": change for change in changes for reason in RENEWAL_REASONS}
    partners = defaultdict(list)
    for change in changes:
        if renewal := reasons.get(change.record.history_change_reason):
            partners[change.record.id].append(renewal)
            partners[renewal.record.id].append(change)
    return partners


def _describe_obstacle(
    change: RunChange,
    by_slot: Mapping[Hashable, list[Agreement]],
    by_renewed: Mapping[int, Agreement],
    partners: Iterable[RunChange],
) -> str:
    """Return the reason why a change cannot be undone beside these agreements and without its partners, or ""."""
    before, renewal = change.previous_record, by_renewed.get(change.record.id)
    if renewal and (before is None or _was_signed(change)):
        return _("“%s” renews it by now") % renewal.describe_period()
    for other in by_slot.get(unique_slot(before), ()) if before else ():
        if exclude_each_other(before, other):
            if other.status == AgreementStatus.SIGNED:
                return _("“%s” is signed for the same days by now") % other.describe_period()
            return _("“%s” is in process by now") % other.title
    staying = [partner.name for partner in partners if partner.blocked_reason]
    return _("it belongs together with “%s”, which stays as it is") % staying[0] if staying else ""


def _block_universities_with_agreements(run: Run, changes: RunChanges) -> None:
    removed = set(ids_to_remove(changes.agreements))
    added = University.history.filter(run=run, history_type=ADDED).values("id")
    existing = Agreement.objects.filter(university__in=added).values_list("pk", "university")
    with_agreements = {university for pk, university in existing if pk not in removed}
    for change in changes.universities:
        if not (change.previous_record or change.blocked_reason) and change.record.id in with_agreements:
            change.blocked_reason = _("it has agreements that stay")


def _block_for_other_universities(changes: Sequence[RunChange]) -> None:
    """Block restoring an address, an institution or a name that another university has by now."""
    reasons = {
        "slug": _("another university has its address by now"),
        "institution_id": _("another university has that institution by now"),
    }
    for name, reason in reasons.items():
        values = {
            value: change
            for change in changes_to_restore(changes)
            if (value := getattr(change.previous_record, name)) not in (None, getattr(change.record, name))
        }
        for value in University.objects.filter(**{f"{name}__in": values}).values_list(name, flat=True):
            values[value].blocked_reason = reason
    _block_for_names(changes_to_restore(changes))


def _block_for_names(changes: Sequence[RunChange]) -> None:
    """Block restoring names, other names included, that another university of the country has by now."""
    restored = {}
    for change in changes:
        # The instance of a history row would be a query for each, for the fields that are not in history.
        before, after = [
            University(name=record.name, other_names=record.other_names)
            for record in (change.previous_record, change.record)
        ]
        for key in before.matching_keys() - after.matching_keys():
            restored[change.previous_record.country_id, key] = change
    countries, keys = {country for country, _key in restored}, {key for _country, key in restored}
    others = University.objects.filter(Q(name_key__in=keys) | ~Q(other_names=""), country__in=countries)
    for other in others:
        for key in other.matching_keys():
            if change := restored.get((other.country_id, key)):
                change.blocked_reason = _("“%s” has its name by now") % other.name
