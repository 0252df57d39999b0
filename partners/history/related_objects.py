"""Objects that historical records refer to, loaded for all records at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import ForeignKey
from django.utils.translation import gettext as _

Key = tuple[type[models.Model], int | str]


def tracked_model(row: models.Model) -> type[models.Model]:
    """Return the model whose history the record belongs to, or the model of an instance itself."""
    return getattr(row, "instance_type", type(row))


def foreign_keys(row: models.Model) -> Iterator[tuple[ForeignKey, Key]]:
    """Yield each foreign key that is not null with the (model, pk) it points to."""
    for field in tracked_model(row).history.model.tracked_fields:
        value = getattr(row, field.attname) if isinstance(field, ForeignKey) else None
        if value is not None:
            yield field, (field.related_model, value)


class RelatedObjects(dict[Key, models.Model]):
    """Maps (model, pk) to the object that rows refer to; a deleted object is as in its latest historical record."""

    def __init__(self, rows: Iterable[models.Model]):
        super().__init__()
        wanted = defaultdict(set)
        for row in rows:
            for _field, (model, pk) in foreign_keys(row):
                wanted[model].add(pk)
        for model, ids in wanted.items():
            keys = [field for field in model._meta.fields if isinstance(field, ForeignKey)]
            # Titles are made of these.
            names = [field.name for field in keys if field.related_model is not model]
            objects = model.objects.select_related(*names)
            self.update({(model, pk): obj for pk, obj in objects.in_bulk(ids).items()})
        self.existing_keys = set(self)
        for model, ids in wanted.items():
            deleted_ids = {pk for pk in ids if (model, pk) not in self}
            if deleted_ids and hasattr(model, "history"):
                for record in model.history.filter(id__in=deleted_ids).latest_of_each():
                    self[model, record.id] = self.build_instance(record)

    def display_name(self, key: Key) -> str:
        if key in self:
            return _title(self[key])
        return _("a deleted account") if key[0] is get_user_model() else _("number %s, which is gone") % key[1]

    def build_instance(self, row: models.Model) -> models.Model:
        """Return an unsaved instance with the values of the row and its related objects."""
        model = tracked_model(row)
        tracked_fields = model.history.model.tracked_fields
        instance = model(**{field.attname: getattr(row, field.attname) for field in tracked_fields})
        instance._state.adding = False
        for field, key in foreign_keys(row):
            if key in self:
                setattr(instance, field.name, self[key])
        return instance

    def title(self, row: models.Model) -> str:
        return _title(self.build_instance(row))


def _title(instance: models.Model) -> str:
    try:
        return str(instance)
    except ObjectDoesNotExist:
        return f"{instance._meta.verbose_name} {instance.pk}"
