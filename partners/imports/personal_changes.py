"""Changes of people, from history, that rows of the office's list take back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import models
from django.db.models import Count, F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.enums import AgreementStatus
from partners.history.entries import ADDED, CHANGED, DELETED
from partners.imports.office_list_changes import OfficeListRowResult, TakenBack
from partners.imports.reconciliation import NO_CHANGES, OpenAgreement
from partners.imports.type_notation import Term
from partners.models import Agreement, AgreementType, Document, University
from partners.models.runs import UNDO_REASON_PREFIX, ImportTable
from partners.runs.bulk_write import chunks

BY_PERSON = Q(run=None, history_user__isnull=False) | Q(run__isnull=False) & ~Q(run__table=ImportTable.LIST)
UNDO_REASON_RE = re.compile(rf"{UNDO_REASON_PREFIX}(\d+):")


class Origin(NamedTuple):
    """The history row that gave an object one of its values, and the row before it, if any."""

    record: models.Model
    previous: models.Model | None

    @property
    def is_by_person(self) -> bool:
        """False for an import of the list, and for a script without a user."""
        return self.record.run_table != ImportTable.LIST and bool(self.record.run_id or self.record.history_user_id)


class PersonalChanges:
    """The changes of people to the universities that rows change, and to their agreements.

    The number of queries grows by some with each thousand of universities.
    """

    def __init__(self, results: Sequence[OfficeListRowResult], types: Mapping[str, AgreementType]):
        self._type_ids = {None: None} | {name: agreement_type.pk for name, agreement_type in types.items()}
        self._type_names = {pk: name for name, pk in self._type_ids.items()}
        self._agreements: dict[int, dict[str, Origin]] = {}
        self._endings: dict[tuple[int, int | None], list[Origin]] = defaultdict(list)
        self._document_counts: dict[int, int] = {}
        changed = {result.university_id for result in results if result.changes != NO_CHANGES}
        for records in _load_histories(Agreement, "university", changed):
            self._add_agreement(records)
        for pks in chunks(sorted(self._agreements)):
            counts = Document.objects.active().filter(agreement__in=pks).values_list("agreement")
            self._document_counts.update(counts.annotate(Count("pk")))
        renamed = {result.university_id for result in results if result.previous_name}
        histories = _load_histories(University, "id", renamed)
        self._names = {records[0].id: find_origins(records, ["name"])["name"] for records in histories}

    def _add_agreement(self, records: Sequence[models.Model]) -> None:
        last, origins = records[-1], find_origins(records, [field.attname for field in records[-1].tracked_fields])
        if not origins:
            return
        self._agreements[last.id] = origins
        # Since the change of its type there is one less of that type too.
        is_ended = last.history_type == DELETED or not AgreementStatus(last.status).is_open
        for name in ("agreement_type_id", "status") if is_ended else ("agreement_type_id",):
            origin = origins[name]
            if origin.previous and origin.record.history_type != ADDED:
                self._endings[last.university_id, origin.previous.agreement_type_id].append(origin)

    def find_taken_back(self, result: OfficeListRowResult, existing: Sequence[OpenAgreement]) -> TakenBack:
        """Return the changes of people that a row takes back. ``existing`` are its university's open agreements."""
        changes = result.changes
        origins = {agreement.pk: self._find_change(agreement, term) for agreement, term in changes.updated}
        for agreement in (*changes.taken_back, *changes.ended):
            origins[agreement.pk] = _find_work(self._agreements.get(agreement.pk, {}))
        endings = {term: self._find_ending(result.university_id, term, existing) for term in changes.added}
        name = self._names.get(result.university_id) if result.previous_name else None
        return TakenBack(self._describe(name), self._describe_all(origins), self._describe_all(endings))

    def _find_change(self, agreement: OpenAgreement, term: Term) -> Origin | None:
        """Return the newest change that gave an open agreement a value that it loses. Its addition is not a change."""
        origins = self._agreements.get(agreement.pk, {})
        values = zip(("agreement_type_id", "status"), agreement.term, term, strict=True)
        lost = [origins[name] for name, old, new in values if origins and old != new]
        return _newest(origin for origin in lost if origin.record.history_type == CHANGED)

    def _find_ending(self, university: int, term: Term, existing: Sequence[OpenAgreement]) -> Origin | None:
        """Return the newest end of an agreement of the new one's type; and of its status if one of the type is open."""
        is_open = any(agreement.term.agreement_type == term.agreement_type for agreement in existing)
        endings = self._endings.get((university, self._type_ids[term.agreement_type]), ())
        return _newest(end for end in endings if not is_open or end.previous.status == term.status)

    def _describe_all(self, origins: Mapping) -> dict:
        return {key: text for key, origin in origins.items() if (text := self._describe(origin))}

    def _describe(self, origin: Origin | None) -> str:
        """Return a text such as “signed by Ana Costa on 3 Mar 2026 with 2 documents”; none if no person did it."""
        if origin is None or not origin.is_by_person:
            return ""
        record = origin.record
        user = record.history_user
        values = {
            "done": self._describe_action(*origin),
            "who": user.get_full_name() or user.get_username() if user else _("an import of the register"),
            "day": date_format(localtime(record.history_date)),
        }
        text = _("%(done)s by %(who)s on %(day)s") % values
        count = self._document_counts.get(record.id, 0) if isinstance(record, Agreement.history.model) else 0
        return text + (ngettext(" with %d document", " with %d documents", count) % count if count else "")

    def _describe_action(self, record: models.Model, previous: models.Model | None) -> str:
        if record.history_type == DELETED:
            return _("deleted")
        if record.history_type != CHANGED or previous is None:
            return _("added")
        if isinstance(record, University.history.model):
            return _("changed")
        if record.status == previous.status and record.agreement_type_id == previous.agreement_type_id:
            return _("edited")
        if record.status == previous.status:
            name = self._type_names.get(previous.agreement_type_id)
            return _("changed from %s") % name if name else _("given its type")
        if record.status == AgreementStatus.IN_PROCESS:
            return _("put back")
        return AgreementStatus(record.status).label


def find_origins(records: Sequence[models.Model], names: Sequence[str]) -> dict[str, Origin]:
    """Return the origin of each named value of an object, by its history rows, the oldest first.

    After the undo of a run they are those from before the run: none if the run added the object.
    """
    origins: dict[str, Origin] = {}
    origins_before_run: dict[int | None, dict[str, Origin]] = {}
    previous = None
    for record in records:
        undone = UNDO_REASON_RE.match(record.history_change_reason or "")
        origins_before_run.setdefault(record.run_id, origins)
        if undone and int(undone[1]) in origins_before_run:
            origins = origins_before_run[int(undone[1])]
        else:
            is_whole = record.history_type != CHANGED or previous is None
            changed = [name for name in names if is_whole or getattr(record, name) != getattr(previous, name)]
            origins = origins | dict.fromkeys(changed, Origin(record, previous))
        previous = record
    return origins


def _find_work(origins: Mapping[str, Origin]) -> Origin | None:
    """Return the newest change by a person of an agreement's status or type, else of its other values."""
    by_person = {name: origin for name, origin in origins.items() if origin.is_by_person}
    changes = [by_person[name] for name in ("status", "agreement_type_id") if name in by_person]
    return _newest(changes or by_person.values())


def _newest(origins: Iterable[Origin]) -> Origin | None:
    return max(origins, key=lambda origin: origin.record.history_id, default=None)


def _load_histories(model: type[models.Model], key: str, pks: Collection[int]) -> Iterator[list[models.Model]]:
    """Yield the history rows of each object whose `key` is one of these, if a person has changed it or its siblings."""
    for chunk in chunks(sorted(pks)):
        history = model.history.filter(**{f"{key}__in": chunk}).order_by("history_id")
        concerned = set(history.filter(BY_PERSON).values_list(key, flat=True))
        records = model.history.filter(**{f"{key}__in": concerned}).order_by("history_id")
        by_object = defaultdict(list)
        for record in records.select_related("history_user").annotate(run_table=F("run__table")):
            by_object[record.id].append(record)
        yield from by_object.values()
