"""Changes that result from the rows of the register's file, and applying them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from partners.history.diff import PREVIEW_LENGTH, diff
from partners.imports.base import UniversityRef
from partners.imports.mobility_changes import MobilityChange, apply_mobility_changes
from partners.imports.register_columns import FieldValues, build_agreement, describe_agreement
from partners.models import Agreement, AgreementType, Country, Institution, Run, University
from partners.models.agreement_slots import release_unique_slots
from partners.name_normalization import slug_candidates
from partners.runs import bulk_write
from partners.runs.bulk_write import ChangeContext
from partners.tables.types import ProgressCallback

SLOT_FIELDS = {"agreement_type", "scope", "status", "valid_from", "valid_until"}
"""The fields that decide which other agreements of the university cannot exist beside one."""


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


@dataclass(slots=True, eq=False)
class RegisterRowResult:
    """The changes of one row of the file, or of the mobilities of an agreement that has no row."""

    takes_back: ClassVar = False
    is_left: ClassVar = False
    line: int
    country: Country = field(repr=False)
    name: str
    university: UniversityRef
    university_change: ObjectChange | None = None
    """Set for the first row of a university only."""
    agreement_change: ObjectChange | None = None
    """None if the row has no agreement, or there is no row."""
    mobility_change: MobilityChange | None = None
    """None if the file has no mobilities of the agreement."""
    institutions: Mapping[str, Institution] = field(default_factory=dict, repr=False)
    """Institutions by ROR ID, including those of a changed link."""

    @property
    def is_new(self) -> bool:
        return any(change and change.is_new for change in (self.university_change, self.agreement_change))

    @property
    def is_changed(self) -> bool:
        changes = (self.university_change, self.agreement_change)
        is_other = self.mobility_change and self.mobility_change.is_changed
        return not self.is_new and bool(is_other or any(change and change.fields for change in changes))

    @property
    def summary(self) -> str:
        """The changes in one text."""
        return "; ".join(self.describe()) or (_("without an agreement") if self.is_new else "")

    def describe(self) -> list[str]:
        """Return the changes as sentences, those of the agreement first."""
        descriptions = []
        if change := self.agreement_change:
            # An agreement's name in files is its number.
            values = [
                side | {"renews": side["renews"] and str(side["renews"])} for side in (change.before, change.after)
            ]
            changes = diff(*values, Agreement, max_length=PREVIEW_LENGTH)
            if change.is_new:
                titled = ("agreement_type", "scope", "status")
                details = [f"{c.label}: {c.new}" for c in changes if c.name not in titled]
                descriptions += [describe_agreement(change.after), *details]
            else:
                title = build_agreement(change.before).title
                descriptions += [_("%(agreement)s, %(change)s") % {"agreement": title, "change": c} for c in changes]
        if self.mobility_change and self.mobility_change.is_changed:
            descriptions.append(self.mobility_change.describe())
        if change := self.university_change:
            labels = {"name": _("spelling")}
            sides = [
                side | {"institution": self.institutions.get(side["institution"])}
                for side in (change.before, change.after)
            ]
            changes = diff(*sides, University, labels=labels, max_length=PREVIEW_LENGTH)
            if change.is_new:
                descriptions += [f"{c.label}: {c.new}" for c in changes if c.name != "name"]
            else:
                descriptions += map(str, changes)
        return descriptions


def apply_changes(
    results: Sequence[RegisterRowResult],
    types: Mapping[str, AgreementType],
    run: Run,
    progress: ProgressCallback,
) -> None:
    """Save the changes with history."""
    context = ChangeContext(run.history_reason, run.user, run, progress)
    created = _apply_university_changes([result for result in results if result.university_change], context)
    _apply_agreement_changes([result for result in results if result.agreement_change], types, created, context)
    if mobility_changes := [result.mobility_change for result in results if result.mobility_change]:
        apply_mobility_changes(mobility_changes, context)


def _apply_agreement_changes(
    results: Sequence[RegisterRowResult],
    types: Mapping[str, AgreementType],
    created: Mapping[UniversityRef, int],
    context: ChangeContext,
) -> None:
    """Save the changes of agreements. New ones come last, as they may take the unique slots of some that end."""
    usernames = {result.agreement_change.after["responsible"] for result in results} - {None}
    users = get_user_model().objects.in_bulk(usernames, field_name="username")

    def build(result: RegisterRowResult) -> Agreement:
        values = dict(result.agreement_change.after)
        values["agreement_type"] = types.get(values["agreement_type"])
        values["responsible"] = users.get(values["responsible"])
        values["renews_id"] = values.pop("renews")
        university_id = created.get(result.university, result.university)
        return Agreement(pk=result.agreement_change.pk, university_id=university_id, **values)

    new = [result for result in results if result.agreement_change.is_new]
    changed = [result for result in results if result.agreement_change.fields and not result.agreement_change.is_new]
    names = {"status", *(name for result in changed for name in result.agreement_change.fields)}
    moved = [result for result in changed if not SLOT_FIELDS.isdisjoint(result.agreement_change.fields)]
    release_unique_slots([build(result) for result in moved])
    bulk_write.bulk_update_with_history(Agreement, [build(result) for result in changed], names, context)
    ids = bulk_write.bulk_create_with_history(Agreement, map(build, new), len(new), context)
    for result, pk in zip(new, ids, strict=True):
        if result.mobility_change:
            result.mobility_change.agreement_id = pk


def _apply_university_changes(results: Sequence[RegisterRowResult], context: ChangeContext) -> dict[UniversityRef, int]:
    """Save the changes of universities. Return the pks of new universities by their key."""
    new = [result for result in results if result.university_change.is_new]
    changed = [result for result in results if result.university_change.fields and not result.university_change.is_new]
    ror_ids = {result.university_change.after["institution"] for result in (*new, *changed)}
    institutions = Institution.objects.in_bulk(ror_ids - {None})

    def build(result: RegisterRowResult, **values: str) -> University:
        change = result.university_change
        values = change.after | {"institution": institutions.get(change.after["institution"])} | values
        return University(pk=change.pk, country=result.country, **values)

    slugs = _available_slugs(new, {result.university_change.after["slug"] for result in changed})
    universities = (build(result, slug=slug) for result, slug in zip(new, slugs, strict=True))
    ids = bulk_write.bulk_create_with_history(University, universities, len(new), context)
    names = {name for result in changed for name in result.university_change.fields}
    bulk_write.bulk_update_with_history(University, [build(result) for result in changed], names, context)
    return {result.university: pk for result, pk in zip(new, ids, strict=True)}


def _available_slugs(results: Sequence[RegisterRowResult], reserved_slugs: set[str]) -> Iterator[str]:
    """Yield the slugs of new universities. Those that the file gives none get an available one."""
    if not results:
        return
    taken = reserved_slugs.union(University.objects.values_list("slug", flat=True))
    taken.update(result.university_change.after["slug"] for result in results)
    for result in results:
        candidates = slug_candidates(result.name, result.country.code)
        slug = result.university_change.after["slug"] or next(slug for slug in candidates if slug not in taken)
        taken.add(slug)
        yield slug
