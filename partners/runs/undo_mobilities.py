"""Listing the changes of mobilities by a run from history, and undoing them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.forms import model_to_dict
from django.utils.translation import gettext as _

from partners.history.entries import ADDED, DELETED
from partners.history.related_objects import RelatedObjects
from partners.models import Agreement, Mobility, Run, University
from partners.models.mobilities import summarize_change
from partners.runs import bulk_write
from partners.runs.bulk_write import ChangeContext


@dataclass
class MobilityRunChange:
    """The change that a run made to the mobilities of one agreement."""

    agreement_id: int
    records: list[models.Model]
    """The history rows that the run wrote."""
    later_record: models.Model | None
    """The newest history row of the agreement's mobilities, if they are no longer as the run has left them."""
    university_id: int
    university_name: str
    description: str
    blocked_reason: str = ""
    """The reason why it cannot be undone; empty if it can."""

    note = ""
    is_of_deleted_object = False

    def records_of(self, history_type: str) -> list[models.Model]:
        return [record for record in self.records if record.history_type == history_type]


def load_mobility_changes(run: Run, limit: int | None = None) -> list[MobilityRunChange]:
    """Return the changes of a run; with a limit, only those of so many agreements."""
    changed = Mobility.history.filter(run=run).order_by("agreement_id").values_list("agreement_id", flat=True)
    records = Mobility.history.filter(agreement_id__in=set(changed.distinct()[:limit])).order_by("history_id")
    records_by_agreement = defaultdict(list)
    for record in records.select_related("history_user"):
        records_by_agreement[record.agreement_id].append(record)
    agreements = RelatedObjects(records[-1] for records in records_by_agreement.values())
    related = RelatedObjects(agreements.values())
    return [
        _build_change(run, related.build_instance(agreements[Agreement, pk]), agreement_records, related)
        for pk, agreement_records in records_by_agreement.items()
    ]


def _build_change(
    run: Run, agreement: Agreement, records: Sequence[models.Model], related: RelatedObjects
) -> MobilityRunChange:
    indexes = [index for index, record in enumerate(records) if record.run_id == run.pk]
    start, end = indexes[0], indexes[-1] + 1
    before, after, now = (_mobilities_after(records[:index]) for index in (start, end, len(records)))
    values = {"agreement": agreement.title, "change": summarize_change(before, after)}
    return MobilityRunChange(
        agreement.pk,
        records=[records[index] for index in indexes],
        later_record=None if list(map(model_to_dict, after)) == list(map(model_to_dict, now)) else records[-1],
        university_id=agreement.university_id,
        university_name=related.display_name((University, agreement.university_id)),
        description=_("%(agreement)s: %(change)s.") % values,
    )


def _mobilities_after(records: Iterable[models.Model]) -> list[Mobility]:
    """Return an agreement's mobilities as they were after these history rows of them."""
    mobilities = {}
    for record in records:
        mobilities[record.id] = record
        if record.history_type == DELETED:
            del mobilities[record.id]
    return [mobilities[pk].instance for pk in sorted(mobilities)]


def undo_mobility_changes(changes: Iterable[MobilityRunChange], context: ChangeContext) -> None:
    """Delete what the run added, and add what it deleted, with its pk."""
    changes = [change for change in changes if not change.blocked_reason]
    added = [record.id for change in changes for record in change.records_of(ADDED)]
    deleted = [record.instance for change in changes for record in change.records_of(DELETED)]
    bulk_write.bulk_delete_with_history(Mobility, added, context)
    Mobility.objects.bulk_create(deleted)
    bulk_write.write_history(Mobility, [mobility.pk for mobility in deleted], ADDED, context)
