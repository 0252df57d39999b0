"""Changes made by others since an object was displayed.

A version is the history id of the object's latest historical record, 0 if there is none.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def annotate_version(objects: QuerySet) -> QuerySet:
    """Annotate `version` in the query that reads the objects, so that no change can come between the two."""
    records = objects.model.history.filter(id=OuterRef("pk")).order_by("-history_id")
    return objects.annotate(version=Coalesce(Subquery(records.values("history_id")[:1]), 0))


@dataclass
class ConcurrentChanges:
    """The changes of one object since its base version, which was displayed."""

    base: models.Model | None
    """The historical record of the base version. None if there is no such record."""
    current: models.Model
    records: dict[models.Field, models.Model]
    """Fields whose values differ from the base, with the historical record that changed each last."""


def load_concurrent_changes(
    objects: Iterable[models.Model], versions: Mapping[int, int]
) -> dict[int, ConcurrentChanges]:
    """Return the changes of annotated objects since the base versions in `versions`, both by pk.

    Objects that have not changed, or whose base version is not given, are left out.
    """
    # Copies, because forms change the objects.
    changed = {obj.pk: copy.copy(obj) for obj in objects if versions.get(obj.pk, obj.version) != obj.version}
    if not changed:
        return {}
    first_ids = {pk: min(versions[pk], obj.version) for pk, obj in changed.items()}
    history = type(next(iter(changed.values()))).history.select_related("history_user")
    records = defaultdict(list)
    for record in history.filter(id__in=changed, history_id__gte=min(first_ids.values())).order_by("history_id"):
        if record.history_id >= first_ids[record.id]:
            records[record.id].append(record)
    return {pk: _changes_since(versions[pk], records[pk], obj) for pk, obj in changed.items()}


def _changes_since(version: int, records: list[models.Model], current: models.Model) -> ConcurrentChanges:
    base = records.pop(0) if records and records[0].history_id == version else None
    last_records = {}
    for earlier, later in pairwise([base, *records]):
        for field in later.tracked_fields:
            if earlier is None or field_value(field, earlier) != field_value(field, later):
                last_records[field] = later
    reverted = [field for field in last_records if base and field_value(field, current) == field_value(field, base)]
    for field in reverted:
        del last_records[field]
    return ConcurrentChanges(base, current, last_records)


def field_value(field: models.Field, instance: models.Model) -> object:
    """Return the value in a form in which stored and submitted values can be compared."""
    return field.to_python(getattr(instance, field.attname))
