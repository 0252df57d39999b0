"""What others have done to objects since a version of them was shown.

A version is the number of the newest row of an object's history, and 0 where there is none.
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

from partners.history.diff import EMPTY_DISPLAY, FieldChange, display_value, field_label
from partners.history.related_objects import RelatedObjects, tracked_fields


def annotate_version(objects: QuerySet) -> QuerySet:
    """Read together with the objects, so that no change can come between."""
    rows = objects.model.history.model.objects.filter(id=OuterRef("pk")).order_by("-history_id")
    return objects.annotate(version=Coalesce(Subquery(rows.values("history_id")[:1]), 0))


@dataclass
class ConcurrentChange:
    """A field that has another value now than in the version that was shown."""

    field: models.Field
    before: models.Model | None
    """The row of history that was shown, if history has it."""
    now: models.Model
    record: models.Model
    """The row of history that changed the field last."""

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def label(self) -> str:
        return field_label(self.field)

    @property
    def who(self) -> str:
        return str(self.record.history_user or _("the command line"))

    @property
    def when(self) -> datetime:
        return self.record.history_date

    def is_as_before(self, row: models.Model) -> bool:
        return self.before is not None and field_value(self.field, row) == field_value(self.field, self.before)

    def is_as_now(self, row: models.Model) -> bool:
        return field_value(self.field, row) == field_value(self.field, self.now)

    def words(self, related: RelatedObjects) -> FieldChange:
        old = display_value(self.field, self.before, related) if self.before else EMPTY_DISPLAY
        return FieldChange(self.name, self.label, old, display_value(self.field, self.now, related))


class ConcurrentChanges:
    """What others have done to objects with a version, since those versions that were shown, by their numbers."""

    def __init__(self, objects: Iterable[models.Model] = (), versions: Mapping[int, int] = MappingProxyType({})):
        changed = (each for each in objects if versions.get(each.pk, each.version) != each.version)
        self.objects = {each.pk: copy.copy(each) for each in changed}
        self.versions = {pk: versions[pk] for pk in self.objects}
        self.records = {pk: [] for pk in self.objects}
        first = {pk: min(self.versions[pk], each.version) for pk, each in self.objects.items()}
        for record in self._read(first):
            if record.history_id >= first[record.id]:
                self.records[record.id].append(record)

    def changes(self, pk: int) -> list[ConcurrentChange]:
        if pk not in self.objects:
            return []
        before, records = self._since(pk)
        last = {}
        for earlier, later in pairwise([before, *records]):
            last |= dict.fromkeys(_changed_fields(earlier, later), later)
        changes = (ConcurrentChange(field, before, self.objects[pk], record) for field, record in last.items())
        return [change for change in changes if not (before and change.is_as_now(before))]

    def _read(self, first: Mapping[int, int]) -> Iterable[models.Model]:
        if not first:
            return []
        history = type(next(iter(self.objects.values()))).history.model.objects.select_related("history_user")
        return history.filter(id__in=first, history_id__gte=min(first.values())).order_by("history_id")

    def _since(self, pk: int) -> tuple[models.Model | None, list[models.Model]]:
        """The row that was shown, if history has it, and those that came after."""
        records = self.records[pk]
        if records and records[0].history_id == self.versions[pk]:
            return records[0], records[1:]
        return None, records


def field_value(field: models.Field, row: models.Model) -> object:
    """The same for what was read and for what a form has made of what was typed."""
    return field.to_python(getattr(row, field.attname))


def _changed_fields(earlier: models.Model | None, later: models.Model) -> Iterator[models.Field]:
    for field in tracked_fields(later):
        if earlier is None or field_value(field, earlier) != field_value(field, later):
            yield field
