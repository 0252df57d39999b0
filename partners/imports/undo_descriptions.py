"""What an import run changed, told in words from two rows of history: the run's, and the one before it."""

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
"""The names of agreement types and of users by their ids, by the fields of an agreement that refer to them."""


def load_names(records: Iterable[models.Model]) -> NamesByField:
    records = list(records)
    people = {record.responsible_id for record in records} - {None}
    users = get_user_model().objects.in_bulk(people)
    types = dict(AgreementType.objects.values_list("pk", "name"))
    if {record.agreement_type_id for record in records} - types.keys() - {None}:
        deleted = AgreementType.history.filter(history_type="-").order_by("history_id")
        types = dict(deleted.values_list("id", "name")) | types
    return {
        "agreement_type": types,
        "responsible": dict.fromkeys(people, _("a deleted account"))
        | {pk: user.get_username() for pk, user in users.items()},
    }


def describe_agreement_change(before: models.Model | None, record: models.Model, named: NamesByField) -> str:
    changes = AgreementChanges()
    after = _term(record, named)
    if before is None:
        changes.added.append(after)
    elif unique_slot(before) and unique_slot(record) is None:
        changes.ended[record.id] = _term(before, named)
    elif unique_slot(before) != unique_slot(record):
        changes.turned[record.id] = _term(before, named), after
    differences = _describe_fields(before, record, named, but=("status", "agreement_type"))
    return "; ".join([*changes.words(), *(f"{after}, {words}" for words in differences)])


def describe_university_change(before: models.Model | None, record: models.Model) -> str:
    return "; ".join(_describe_fields(before, record)) if before else _("added to the register")


def changed_fields(before: models.Model, record: models.Model) -> list[str]:
    tracked = record.tracked_fields
    return [each.name for each in tracked if getattr(before, each.attname) != getattr(record, each.attname)]


def unique_slot(agreement: models.Model) -> tuple | None:
    """What a university can have only one of. None for ended agreements, which are unlimited."""
    if agreement.status == AgreementStatus.ENDED:
        return None
    return agreement.university_id, agreement.agreement_type_id, agreement.status


def _term(record: models.Model, named: NamesByField) -> Term:
    return Term(named["agreement_type"].get(record.agreement_type_id), record.status == AgreementStatus.IN_PROCESS)


def _describe_fields(
    before: models.Model | None, record: models.Model, named: NamesByField | None = None, but: Container[str] = ()
) -> Iterator[str]:
    """Which fields changed from what to what, but for some."""
    for name in changed_fields(before, record) if before else ():
        if name not in but:
            old, new = (display_value(name, _value(each, name, named or {})) for each in (before, record))
            told = {"field": field_label(record.instance_type, name), "old": old, "new": new}
            yield _("%(field)s: %(old)s → %(new)s") % told


def _value(record: models.Model, name: str, named: NamesByField) -> object:
    return named[name].get(getattr(record, f"{name}_id")) if name in named else getattr(record, name)
