"""The changes of a run, from history."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partners.agreement_sentences import AgreementFacts, describe_change
from partners.history.diff import PREVIEW_LENGTH, diff
from partners.history.entries import DELETED
from partners.history.related_objects import RelatedObjects
from partners.models import Agreement, AgreementType, Mobility, Run, University
from partners.runs.undo_mobilities import MobilityRunChange, load_mobility_changes


@dataclass
class RunChange:
    """The change that a run made to one university or agreement."""

    record: models.Model
    """The last history row of it that the run wrote."""
    previous_record: models.Model | None
    """The history row before the first that the run wrote; None if the run created the object."""
    later_record: models.Model | None
    """The newest history row, if the object is no longer as the run has left it."""
    university_id: int
    university_name: str = ""
    name: str = ""
    description: str = ""
    note: str = ""
    """A remark on undoing it; mostly empty."""
    blocked_reason: str = ""
    """The reason why it cannot be undone; empty if it can."""

    @property
    def is_addition(self) -> bool:
        return self.previous_record is None

    @property
    def is_of_deleted_object(self) -> bool:
        return self.later_record is not None and self.later_record.history_type == DELETED


@dataclass
class RunChanges:
    """The changes of a run, and which of them can be undone."""

    agreements: list[RunChange]
    universities: list[RunChange]
    mobilities: list[MobilityRunChange]

    def all(self) -> list[RunChange | MobilityRunChange]:
        """Return all changes by university, that of the university itself first, and then those of its agreements."""
        changes = [*self.universities, *self.agreements, *self.mobilities]
        return sorted(changes, key=lambda change: (change.university_name, change.university_id))

    def revertible(self) -> list[RunChange | MobilityRunChange]:
        return [change for change in self.all() if not change.blocked_reason]

    def blocked(self) -> list[RunChange | MobilityRunChange]:
        return [change for change in self.all() if change.blocked_reason]


def run_changes(run: Run, limit: int | None = None) -> RunChanges:
    """Return the changes of a run; with a limit, only so many of universities, of agreements and of mobilities."""
    agreements, universities = _load_changes(Agreement, run, limit), _load_changes(University, run, limit)
    changes = [*agreements, *universities]
    related = RelatedObjects(row for change in changes for row in (change.previous_record, change.record) if row)
    for change in agreements:
        change.university_name = related.display_name((University, change.university_id))
        change.name = _agreement_facts(change.record, related).name
        change.description = _describe_agreement_change(change, related)
    for change in universities:
        change.university_name = change.name = change.record.name
        change.description = _describe_university_change(change, related)
    return RunChanges(agreements, universities, load_mobility_changes(run, limit))


def count_changes(run: Run) -> int:
    """Return the number of changes of a run. The mobilities of an agreement change at once."""
    histories = [(University, "id"), (Agreement, "id"), (Mobility, "agreement_id")]
    return sum(model.history.filter(run=run).values(name).distinct().count() for model, name in histories)


def _load_changes(model: type[models.Model], run: Run, limit: int | None) -> list[RunChange]:
    """Return the changes of the model's objects. A run may have written several history rows of one object."""
    newest = model.history.filter(id=OuterRef("id")).order_by("-history_id").values("history_id")[:1]
    records = model.history.filter(run=run).with_previous("history_id").order_by("history_id")
    records_by_id: dict[int, list[models.Model]] = {}
    for record in records.annotate(newest_history_id=Subquery(newest))[:limit]:
        records_by_id.setdefault(record.id, []).append(record)
    ids = set()
    for rows in records_by_id.values():
        ids |= {rows[0].previous_history_id, rows[-1].newest_history_id} - {rows[-1].pk, None}
    others = model.history.select_related("history_user").in_bulk(ids)
    university_key = "id" if model is University else "university_id"
    return [
        RunChange(
            record=rows[-1],
            previous_record=others.get(rows[0].previous_history_id),
            later_record=_different_version(rows[-1], others.get(rows[-1].newest_history_id)),
            university_id=getattr(rows[-1], university_key),
        )
        for rows in records_by_id.values()
    ]


def _different_version(record: models.Model, newest: models.Model | None) -> models.Model | None:
    """Return the newest history row, if there is one, unless the object has the values of the record again.

    It has them if a later run has been undone.
    """
    if newest is None:
        return None
    names = [field.attname for field in record.tracked_fields]
    is_same = all(getattr(record, name) == getattr(newest, name) for name in names)
    return None if is_same and newest.history_type != DELETED else newest


def _describe_agreement_change(change: RunChange, related: RelatedObjects) -> str:
    after = _agreement_facts(change.record, related)
    if change.previous_record is None:
        return describe_change(None, after)
    differences = diff(change.previous_record, change.record, related=related, max_length=PREVIEW_LENGTH)
    sentence = describe_change(_agreement_facts(change.previous_record, related), after)
    details = "; ".join(str(changed) for changed in differences if changed.name not in ("status", "agreement_type"))
    if not details:
        return sentence
    if not sentence:
        return capfirst(_("%(agreement)s, %(changes)s.") % {"agreement": after.name, "changes": details})
    return f"{sentence} {capfirst(details)}."


def _agreement_facts(record: models.Model, related: RelatedObjects) -> AgreementFacts:
    key = AgreementType, record.agreement_type_id
    type_name = related.display_name(key) if record.agreement_type_id else None
    return AgreementFacts(type_name, record.status, record.scope, record.valid_from)


def _describe_university_change(change: RunChange, related: RelatedObjects) -> str:
    before, after = change.previous_record, change.record
    if before is None:
        return _("Added to the register.")
    sentences = []
    if before.name != after.name:
        sentences.append(_("The name “%(old)s” becomes “%(new)s”.") % {"old": before.name, "new": after.name})
    described = {"name"}
    old, new = before.other_names.splitlines(), after.other_names.splitlines()
    if len(old) < len(new) and new[: len(old)] == old:
        sentences += [_("“%s” becomes another name.") % name for name in new[len(old) :]]
        described.add("other_names")
    differences = diff(before, after, related=related, max_length=PREVIEW_LENGTH)
    if details := "; ".join(str(changed) for changed in differences if changed.name not in described):
        sentences.append(_("%s.") % capfirst(details))
    return " ".join(sentences)
