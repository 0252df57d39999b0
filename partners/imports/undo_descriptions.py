"""Descriptions of an import run's changes, from two history rows: the run's and the one before it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.imports.reconciliation import AgreementChanges
from partners.imports.register_columns import display_value, field_label
from partners.imports.type_notation import Term
from partners.models import AgreementType

NamesByField = Mapping[str, Mapping[int, str]]
"""Foreign key field of an agreement to a mapping of pk to name."""


def load_names(records: Iterable[models.Model]) -> NamesByField:
    records = list(records)
    user_ids = {record.responsible_id for record in records} - {None}
    users = get_user_model().objects.in_bulk(user_ids)
    types = dict(AgreementType.objects.values_list("pk", "name"))
    if {record.agreement_type_id for record in records} - types.keys() - {None}:
        deleted = AgreementType.history.filter(history_type="-").order_by("history_id")
        types = dict(deleted.values_list("id", "name")) | types
    return {
        "agreement_type": types,
        "responsible": dict.fromkeys(user_ids, _("a deleted account"))
        | {pk: user.get_username() for pk, user in users.items()},
    }


def describe_agreement_change(before: models.Model | None, record: models.Model, names: NamesByField) -> str:
    changes = AgreementChanges()
    after = _term(record, names)
    if before is None:
        changes.added.append(after)
    elif unique_slot(before) and unique_slot(record) is None:
        changes.ended[record.id] = _term(before, names)
    elif unique_slot(before) != unique_slot(record):
        changes.updated[record.id] = _term(before, names), after
    differences = _describe_fields(before, record, names, exclude=("status", "agreement_type"))
    return "; ".join([*changes.describe(), *(f"{after}, {difference}" for difference in differences)])


def describe_university_change(before: models.Model | None, record: models.Model) -> str:
    return "; ".join(_describe_fields(before, record)) if before else _("added to the register")


def changed_fields(before: models.Model, record: models.Model) -> list[str]:
    tracked = record.tracked_fields
    return [field.name for field in tracked if getattr(before, field.attname) != getattr(record, field.attname)]


def unique_slot(agreement: models.Model) -> tuple | None:
    """Return the values that no two open agreements may share; None if the agreement is ended."""
    if agreement.status == AgreementStatus.ENDED:
        return None
    return agreement.university_id, agreement.agreement_type_id, agreement.status


def _term(record: models.Model, names: NamesByField) -> Term:
    return Term(names["agreement_type"].get(record.agreement_type_id), record.status == AgreementStatus.IN_PROCESS)


def _describe_fields(
    before: models.Model | None, record: models.Model, names: NamesByField | None = None, exclude: Container[str] = ()
) -> Iterator[str]:
    """Yield "field: old → new" for each changed field that is not excluded."""
    for name in changed_fields(before, record) if before else ():
        if name not in exclude:
            old, new = (display_value(name, _value(row, name, names or {})) for row in (before, record))
            params = {"field": field_label(record.instance_type, name), "old": old, "new": new}
            yield _("%(field)s: %(old)s → %(new)s") % params


def _value(record: models.Model, name: str, names: NamesByField) -> object:
    return names[name].get(getattr(record, f"{name}_id")) if name in names else getattr(record, name)
