"""What is different between two rows of history, or a row and the object itself, in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.fields import LevelsField, NamesField
from partners.past.related import Related, tracked_fields
from partners.rules import Level

NOTHING = "\N{EN DASH}"


class Difference(NamedTuple):
    name: str
    """Of the field."""
    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return _("%(field)s: %(old)s → %(new)s") % {"field": self.label, "old": self.old, "new": self.new}


def differences(old: models.Model, new: models.Model, related: Related | None = None) -> list[Difference]:
    """Which fields are different, in the order of the model.

    Of many pairs of rows, ``related`` should be read for all of them beforehand.
    """
    changed = [field for field in tracked_fields(new) if getattr(old, field.attname) != getattr(new, field.attname)]
    if changed and related is None:
        related = Related([old, new])
    return [
        Difference(field.name, label(field), shown(field, old, related), shown(field, new, related))
        for field in changed
    ]


def values(row: models.Model, related: Related) -> list[tuple[str, str]]:
    """All that a row tells, by label."""
    fields = [field for field in tracked_fields(row) if not field.primary_key]
    return [(label(field), shown(field, row, related)) for field in fields]


def label(field: models.Field) -> str:
    return capfirst(str(field.verbose_name))


def shown(field: models.Field, row: models.Model, related: Related) -> str:
    value = getattr(row, field.attname)
    if value is None or value == "":
        return NOTHING
    if field.related_model:
        return related.name((field.related_model, value))
    return _shown(field, value)


def _shown(field: models.Field, value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(field, LevelsField):
        return ", ".join(str(Level(level).label) for level in value.split(","))
    if isinstance(field, NamesField):
        return ", ".join(value.split("\n"))
    return str(dict(field.flatchoices).get(value, value))
