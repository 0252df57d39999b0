"""Field-by-field differences between two historical records, or a record and the object, as display text."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.enums import StudyLevel
from partners.fields import NameListField, StudyLevelsField
from partners.history.related_objects import RelatedObjects, tracked_fields

EMPTY_DISPLAY = "\N{EN DASH}"


class FieldChange(NamedTuple):
    name: str
    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return _("%(field)s: %(old)s → %(new)s") % {"field": self.label, "old": self.old, "new": self.new}


def diff_records(old: models.Model, new: models.Model, related: RelatedObjects | None = None) -> list[FieldChange]:
    """Return the fields that differ, in model order.

    Pass `related` when comparing many pairs, so that related objects are loaded once for all of them.
    """
    changed = [field for field in tracked_fields(new) if getattr(old, field.attname) != getattr(new, field.attname)]
    if changed and related is None:
        related = RelatedObjects([old, new])
    return [
        FieldChange(
            field.name, field_label(field), display_value(field, old, related), display_value(field, new, related)
        )
        for field in changed
    ]


def display_values(row: models.Model, related: RelatedObjects) -> list[tuple[str, str]]:
    """Return (label, value) of all fields but the primary key."""
    fields = [field for field in tracked_fields(row) if not field.primary_key]
    return [(field_label(field), display_value(field, row, related)) for field in fields]


def field_label(field: models.Field) -> str:
    return capfirst(str(field.verbose_name))


def display_value(field: models.Field, row: models.Model, related: RelatedObjects) -> str:
    value = getattr(row, field.attname)
    if value is None or value == "":
        return EMPTY_DISPLAY
    if field.related_model:
        return related.display_name((field.related_model, value))
    return _format_value(field, value)


def _format_value(field: models.Field, value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(field, StudyLevelsField):
        return ", ".join(str(StudyLevel(level).label) for level in value.split(","))
    if isinstance(field, NameListField):
        return ", ".join(value.split("\n"))
    return str(dict(field.flatchoices).get(value, value))
