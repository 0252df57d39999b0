"""Changes that result from the rows of the register's file, and applying them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.imports import bulk_write, reconciliation
from partners.imports.base import UniversityRef
from partners.imports.bulk_write import ChangeContext
from partners.imports.register_columns import FieldValues, describe_agreement, display_value, field_label
from partners.imports.register_matching import fingerprint
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from partners.models.universities import DERIVED_FIELDS
from partners.name_normalization import slug_candidates
from partners.tables.types import ProgressCallback

ModelsByName = Mapping[str, Mapping[str, models.Model]]
"""Related objects by field name and by natural key, see NATURAL_KEYS."""


@dataclass(slots=True)
class ObjectChange:
    """The change of one university or agreement."""

    pk: int | None
    """None for a new object."""
    fields: dict[str, tuple[object, object]]
    """Old and new value of each field that changes."""
    after: FieldValues = field(repr=False)
    """New values of all fields, changed or not."""

    @classmethod
    def from_values(cls, pk: int | None, before: FieldValues, new_values: FieldValues) -> ObjectChange:
        after = before | new_values
        return cls(pk, {name: (before[name], after[name]) for name in after if before[name] != after[name]}, after)

    @property
    def is_new(self) -> bool:
        return self.pk is None

    @property
    def before(self) -> FieldValues:
        return self.after | {name: old for name, (old, _new) in self.fields.items()}

    def describe(self, model: type[models.Model], exclude: Container[str] = ()) -> Iterator[str]:
        for name in [name for name in self.fields if name not in exclude]:
            old, new = (display_value(name, value) for value in self.fields[name])
            params = {"field": field_label(model, name), "old": old, "new": new}
            yield (_("%(field)s: %(new)s") if self.is_new else _("%(field)s: %(old)s → %(new)s")) % params


@dataclass(slots=True)
class RegisterRowResult:
    """The changes that result from one row of the file."""

    line: int
    country: Country = field(repr=False)
    name: str
    university: UniversityRef
    university_change: ObjectChange | None = None
    """Set for the first row of a university only."""
    agreement_change: ObjectChange | None = None
    """None if the row has no agreement."""

    @property
    def is_new(self) -> bool:
        return any(change.is_new for change in self._changes())

    @property
    def is_changed(self) -> bool:
        return not self.is_new and any(change.fields for change in self._changes())

    @property
    def summary(self) -> str:
        """Description of a row with a new university or agreement."""
        return "; ".join(self.describe()) or _("without an agreement")

    def describe(self) -> list[str]:
        return [*self._describe_agreement_change(), *self._describe_university_change()]

    def _changes(self) -> list[ObjectChange]:
        return [change for change in (self.university_change, self.agreement_change) if change]

    def _describe_agreement_change(self) -> Iterator[str]:
        change = self.agreement_change
        if change and change.is_new:
            yield describe_agreement(change.after)
            yield from change.describe(Agreement, exclude=("agreement_type", "status"))
        elif change:
            type_name = change.before["agreement_type"] or _("type unknown")
            for description in change.describe(Agreement):
                yield _("%(agreement)s, %(change)s") % {"agreement": type_name, "change": description}

    def _describe_university_change(self) -> Iterator[str]:
        change = self.university_change
        if change:
            yield from change.describe(University, exclude=("name",) if change.is_new else ())


def apply_changes(
    results: Sequence[RegisterRowResult],
    types: Mapping[str, AgreementType],
    run: ImportRun,
    progress: ProgressCallback,
) -> None:
    """Save the changes with history. Agreements that end come first, as others may take their unique slots."""
    context = ChangeContext(run.history_reason, run.user, run, progress)
    related = {"agreement_type": types, "responsible": _responsible_users(results)}
    created = _apply_university_changes([result for result in results if result.university_change], context)
    with_agreement = [result for result in results if result.agreement_change]
    new = [result for result in with_agreement if result.agreement_change.is_new]
    changed = [
        result for result in with_agreement if not result.agreement_change.is_new and result.agreement_change.fields
    ]
    ending = [result for result in changed if _is_ending(result.agreement_change)]
    _update_agreements(ending, related, context)
    others = [result for result in changed if not _is_ending(result.agreement_change)]
    _release_unique_slots(others)
    _update_agreements(others, related, context)
    agreements = (
        _build_agreement(
            result.agreement_change, related, university_id=created.get(result.university, result.university)
        )
        for result in new
    )
    bulk_write.bulk_create_with_history(Agreement, agreements, len(new), context)
    if len(created) >= reconciliation.ANALYZE_THRESHOLD:
        connection.cursor().execute("ANALYZE")


def _apply_university_changes(results: Sequence[RegisterRowResult], context: ChangeContext) -> dict[UniversityRef, int]:
    """Save the changes of universities. Return the pks of new universities by their key."""
    new = [result for result in results if result.university_change.is_new]
    changes = [result.university_change for result in results if not result.university_change.is_new]
    changed = [change for change in changes if change.fields]
    slugs_taken = {change.after["slug"] for change in changed}
    ids = bulk_write.bulk_create_with_history(University, _new_universities(new, slugs_taken), len(new), context)
    names = {name for change in changed for name in change.fields}
    bulk_write.bulk_update_with_history(
        University, list(map(_build_university, changed)), names.union(DERIVED_FIELDS), context
    )
    return {result.university: pk for result, pk in zip(new, ids, strict=True)}


def _new_universities(results: Sequence[RegisterRowResult], reserved_slugs: set[str]) -> Iterator[University]:
    """Yield unsaved universities. Those without a slug get an available one."""
    if not results:
        return
    taken = reserved_slugs.union(University.objects.values_list("slug", flat=True))
    taken.update(result.university_change.after["slug"] for result in results)
    for result in results:
        values = result.university_change.after
        candidates = slug_candidates(result.name, result.country.code)
        slug = values["slug"] or next(slug for slug in candidates if slug not in taken)
        taken.add(slug)
        yield University(country=result.country, **values | {"slug": slug})


def _build_university(change: ObjectChange) -> University:
    """Build a university including its derived fields, because bulk_update doesn't call pre_save()."""
    university = University(pk=change.pk, **change.after)
    for name in DERIVED_FIELDS:
        University._meta.get_field(name).pre_save(university, add=False)
    return university


def _responsible_users(results: Sequence[RegisterRowResult]) -> dict[str, models.Model]:
    """Return the users who are responsible for the agreements, by username."""
    names = {result.agreement_change.after["responsible"] for result in results if result.agreement_change}
    return get_user_model().objects.in_bulk(names - {None}, field_name="username")


def _build_agreement(change: ObjectChange, related: ModelsByName, **values: object) -> Agreement:
    foreign_keys = {name: objects.get(change.after[name]) for name, objects in related.items()}
    return Agreement(pk=change.pk, **change.after | foreign_keys, **values)


def _is_ending(change: ObjectChange) -> bool:
    return "status" in change.fields and change.after["status"] == AgreementStatus.ENDED


def _release_unique_slots(results: Sequence[RegisterRowResult]) -> None:
    """Set agreements to ended, without history, if another one takes their unique slot in the same update."""
    wanted = {(result.university, fingerprint(result.agreement_change.after).unique_slot) for result in results}
    released = []
    for result in results:
        change = result.agreement_change
        slot = fingerprint(change.before).unique_slot
        if slot and slot != fingerprint(change.after).unique_slot and (result.university, slot) in wanted:
            released.append(Agreement(pk=change.pk, status=AgreementStatus.ENDED))
    Agreement.objects.bulk_update(released, ["status"])


def _update_agreements(results: Sequence[RegisterRowResult], related: ModelsByName, context: ChangeContext) -> None:
    changes = [result.agreement_change for result in results]
    names = {name for change in changes for name in change.fields}
    bulk_write.bulk_update_with_history(
        Agreement, [_build_agreement(change, related) for change in changes], names.union(["status"]), context
    )
