"""What rows of history refer to, read for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import ForeignKey, Max
from django.utils.translation import gettext as _

Key = tuple[type[models.Model], int]


def tracked_model(row: models.Model) -> type[models.Model]:
    """The model that a row of history is of. An object of the register stands for itself."""
    return getattr(row, "instance_type", type(row))


def tracked_fields(row: models.Model) -> list[models.Field]:
    return tracked_model(row).history.model.tracked_fields


def foreign_keys(row: models.Model) -> Iterator[tuple[ForeignKey, Key]]:
    """The foreign keys of a row that point somewhere, with where to."""
    for field in tracked_fields(row):
        value = getattr(row, field.attname) if isinstance(field, ForeignKey) else None
        if value is not None:
            yield field, (field.related_model, value)


class RelatedObjects(dict[Key, models.Model]):
    """What rows refer to. Of what has been deleted it has the last that history knows."""

    def __init__(self, rows: Iterable[models.Model]):
        super().__init__()
        wanted = defaultdict(set)
        for row in rows:
            for _field, (model, pk) in foreign_keys(row):
                wanted[model].add(pk)
        self.present: set[Key] = set()
        for model, ids in wanted.items():
            found = {(model, pk): each for pk, each in model.objects.in_bulk(ids).items()}
            self.present |= found.keys()
            self |= found | _deleted(model, ids - {pk for _model, pk in found})

    def name(self, key: Key) -> str:
        return str(self[key]) if key in self else _("number %d, which is gone") % key[1]

    def instance(self, row: models.Model) -> models.Model:
        """What the row tells of, as it was then, with what it refers to."""
        model = tracked_model(row)
        instance = model(**{field.attname: getattr(row, field.attname) for field in tracked_fields(row)})
        instance._state.adding = False
        for field, key in foreign_keys(row):
            if key in self:
                setattr(instance, field.name, self[key])
        return instance

    def title(self, row: models.Model) -> str:
        try:
            return str(self.instance(row))
        except ObjectDoesNotExist:
            return f"{tracked_model(row)._meta.verbose_name} {row.id}"


def latest_records(model: type[models.Model], ids: Iterable[int]) -> list[models.Model]:
    history = model.history.model.objects
    newest = history.filter(id__in=ids).order_by().values("id").annotate(newest=Max("history_id")).values("newest")
    return list(history.filter(history_id__in=newest))


def _deleted(model: type[models.Model], ids: set[int]) -> dict[Key, models.Model]:
    if not ids or not hasattr(model, "history"):
        return {}
    records = latest_records(model, ids)
    return {
        (model, each.id): model(**{field.attname: getattr(each, field.attname) for field in each.tracked_fields})
        for each in records
    }
