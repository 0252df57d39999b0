"""Removal of objects by users who added them by mistake, as long as nobody and nothing has used them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import models, transaction
from django.utils.translation import gettext as _

from partners.history.entries import ADDED
from partners.models import Agreement, Document, Mobility, Run, University

REMOVAL_WINDOW = timedelta(hours=24)
REMOVAL_REASON = "removed, as it was added by mistake"
REMOVED_WITH_PARENT = {"agreements", "documents", "mobilities", "website_check"}
"""The relations to objects that are removed together with the one they refer to."""


@dataclass
class Removal:
    objects: list[models.Model]
    """The object itself, last, and its children, in the order of deletion."""
    obstacles: list[str]
    """The reasons why it cannot be removed, a sentence each."""

    @transaction.atomic
    def delete(self, user: models.Model) -> None:
        """Delete the objects, with their files. History keeps them, and an administrator can bring them back."""
        for obj in self.objects:
            obj._change_reason, obj._history_user = REMOVAL_REASON, user
            obj.delete()


def plan_removal(obj: University | Agreement | Document, user: models.Model, now: datetime) -> Removal:
    """Return the objects that the user would delete at that time, and the reasons why this is not allowed."""
    if not _is_added_by(user, obj.history.order_by("history_id").first(), now):
        return Removal([obj], [_("Only who has added it can remove it, within 24 hours.")])
    objects = list(_with_children(obj))
    obstacles = []
    for model, same_model in groupby(objects, type):
        group = list(same_model)
        obstacles += [*_find_uses(model, group, user, now), *_find_references(model, group, objects)]
    return Removal(objects, obstacles)


def _with_children(obj: models.Model) -> Iterator[models.Model]:
    if isinstance(obj, (University, Agreement)):
        is_university = isinstance(obj, University)
        agreements = obj.agreements.select_related("agreement_type").order_by("pk") if is_university else [obj]
        yield from Document.objects.filter(agreement__in=agreements)
        yield from Mobility.objects.filter(agreement__in=agreements)
        yield from agreements if is_university else ()
    yield obj


def _is_added_by(user: models.Model, record: models.Model | None, now: datetime) -> bool:
    """Return whether the first history record of an object says that the user added it lately, and not by a run."""
    return (
        record is not None
        and (record.history_type, record.history_user_id) == (ADDED, user.pk)
        and record.history_date > now - REMOVAL_WINDOW
        and _run_id(record) is None
    )


def _run_id(record: models.Model) -> int | None:
    """Return the run of a history record. Documents are in no run."""
    return getattr(record, "run_id", None)


def _find_uses(
    model: type[models.Model], group: list[models.Model], user: models.Model, now: datetime
) -> Iterator[str]:
    """Yield a sentence for each object that others have added or changed, or a run that is not undone."""
    records = defaultdict(list)
    for record in model.history.filter(id__in=[obj.pk for obj in group]).order_by("history_id"):
        records[record.id].append(record)
    run_ids = {_run_id(record) for same_id in records.values() for record in same_id}
    in_effect = set(Run.objects.filter(pk__in=run_ids, undone_at=None).values_list("pk", flat=True))
    for obj in group:
        if not _is_added_by(user, next(iter(records[obj.pk]), None), now):
            yield _("“%s” was not added by you in the last 24 hours.") % obj
        elif any(record.history_user_id != user.pk for record in records[obj.pk]):
            yield _("Somebody else has changed “%s”.") % obj
        elif in_effect & set(map(_run_id, records[obj.pk])):
            yield _("“%s” was changed by a run. Undo the run first.") % obj


def _find_references(
    model: type[models.Model], group: list[models.Model], objects: list[models.Model]
) -> Iterator[str]:
    """Yield a sentence for each object that refers to one of the group and is not removed itself."""
    for relation in model._meta.related_objects:
        if relation.name not in REMOVED_WITH_PARENT:
            for other in relation.related_model.objects.filter(**{f"{relation.field.name}__in": group}):
                if other not in objects:
                    yield _("“%s” refers to it.") % other
    if model is Agreement:
        by_reason = {reason: agreement for agreement in group for reason in agreement.renewal_change_reasons()}
        records = Agreement.history.filter(history_change_reason__in=by_reason)
        for agreement in dict.fromkeys(by_reason[record.history_change_reason] for record in records):
            yield _("Signing “%s” has shortened or ended another agreement.") % agreement
