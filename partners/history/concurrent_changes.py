"""Changes made by others since an object was displayed.

A version is the history id of the object's latest historical record, 0 if there is none.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from partners.history.diff import FieldChange, diff
from partners.history.related_objects import RelatedObjects, tracked_fields


def annotate_version(objects: QuerySet) -> QuerySet:
    """Annotate `version` in the query that reads the objects, so that no change can come between the two."""
    records = objects.model.history.model.objects.filter(id=OuterRef("pk")).order_by("-history_id")
    return objects.annotate(version=Coalesce(Subquery(records.values("history_id")[:1]), 0))


@dataclass
class ConcurrentChange:
    """A field whose current value differs from that in the base version, which was displayed."""

    field: models.Field
    base: models.Model | None
    """The historical record of the base version. None if there is no such record."""
    current: models.Model
    record: models.Model
    """The historical record that changed the field last."""

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def user_display(self) -> str:
        return str(self.record.history_user or _("the command line"))

    @property
    def changed_at(self) -> datetime:
        return self.record.history_date

    def matches_base(self, instance: models.Model) -> bool:
        return self.base is not None and field_value(self.field, instance) == field_value(self.field, self.base)

    def matches_current(self, instance: models.Model) -> bool:
        return field_value(self.field, instance) == field_value(self.field, self.current)

    def describe(self, related: RelatedObjects) -> FieldChange:
        changes = diff(self.base or {}, self.current, related=related)
        return next(change for change in changes if change.name == self.name)


class ConcurrentChanges:
    """Changes to annotated objects since the base versions in `versions` (object pk → history id)."""

    def __init__(self, objects: Iterable[models.Model] = (), versions: Mapping[int, int] = MappingProxyType({})):
        changed = (obj for obj in objects if versions.get(obj.pk, obj.version) != obj.version)
        self.objects = {obj.pk: copy.copy(obj) for obj in changed}
        self.versions = {pk: versions[pk] for pk in self.objects}
        self.records = {pk: [] for pk in self.objects}
        first_ids = {pk: min(self.versions[pk], obj.version) for pk, obj in self.objects.items()}
        for record in self._load_records(first_ids):
            if record.history_id >= first_ids[record.id]:
                self.records[record.id].append(record)

    def changes(self, pk: int) -> list[ConcurrentChange]:
        if pk not in self.objects:
            return []
        base, records = self._records_since(pk)
        last_record = {}
        for earlier, later in pairwise([base, *records]):
            last_record |= dict.fromkeys(_changed_fields(earlier, later), later)
        changes = (ConcurrentChange(field, base, self.objects[pk], record) for field, record in last_record.items())
        return [change for change in changes if not (base and change.matches_current(base))]

    def _load_records(self, first_ids: Mapping[int, int]) -> Iterable[models.Model]:
        if not first_ids:
            return []
        history = type(next(iter(self.objects.values()))).history.model.objects.select_related("history_user")
        return history.filter(id__in=first_ids, history_id__gte=min(first_ids.values())).order_by("history_id")

    def _records_since(self, pk: int) -> tuple[models.Model | None, list[models.Model]]:
        """Return the record of the base version, if it exists, and the records after it."""
        records = self.records[pk]
        if records and records[0].history_id == self.versions[pk]:
            return records[0], records[1:]
        return None, records


def field_value(field: models.Field, instance: models.Model) -> object:
    """Return the value in a form in which stored and submitted values can be compared."""
    return field.to_python(getattr(instance, field.attname))


def _changed_fields(earlier: models.Model | None, later: models.Model) -> Iterator[models.Field]:
    for field in tracked_fields(later):
        if earlier is None or field_value(field, earlier) != field_value(field, later):
            yield field
