"""What an import run changed, told in words from two rows of history: the run's, and the one before it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _

from partners.interchange.notation import Term
from partners.interchange.reconcile import Changes
from partners.interchange.register_columns import label, shown
from partners.models import AgreementType
from partners.rules import Status

Named = Mapping[str, Mapping[int, str]]
"""The names of agreement types and of users by their ids, by the fields of an agreement that refer to them."""


def names_of(records: Iterable[models.Model]) -> Named:
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


def agreement_words(before: models.Model | None, record: models.Model, named: Named) -> str:
    changes = Changes()
    after = _term(record, named)
    if before is None:
        changes.added.append(after)
    elif slot(before) and slot(record) is None:
        changes.ended[record.id] = _term(before, named)
    elif slot(before) != slot(record):
        changes.turned[record.id] = _term(before, named), after
    differences = _differences(before, record, named, but=("status", "agreement_type"))
    return "; ".join([*changes.words(), *(f"{after}, {words}" for words in differences)])


def university_words(before: models.Model | None, record: models.Model) -> str:
    return "; ".join(_differences(before, record)) if before else _("added to the register")


def changed_fields(before: models.Model, record: models.Model) -> list[str]:
    tracked = record.tracked_fields
    return [each.name for each in tracked if getattr(before, each.attname) != getattr(record, each.attname)]


def slot(agreement: models.Model) -> tuple | None:
    """What a university can have only one of. None for ended agreements, which are unlimited."""
    if agreement.status == Status.ENDED:
        return None
    return agreement.university_id, agreement.agreement_type_id, agreement.status


def _term(record: models.Model, named: Named) -> Term:
    return Term(named["agreement_type"].get(record.agreement_type_id), record.status == Status.IN_PROCESS)


def _differences(
    before: models.Model | None, record: models.Model, named: Named | None = None, but: Container[str] = ()
) -> Iterator[str]:
    """Which fields changed from what to what, but for some."""
    for name in changed_fields(before, record) if before else ():
        if name not in but:
            old, new = (shown(name, _value(each, name, named or {})) for each in (before, record))
            told = {"field": label(record.instance_type, name), "old": old, "new": new}
            yield _("%(field)s: %(old)s → %(new)s") % told


def _value(record: models.Model, name: str, named: Named) -> object:
    return named[name].get(getattr(record, f"{name}_id")) if name in named else getattr(record, name)
