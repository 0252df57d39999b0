"""What the rows of the register's file change, and making these changes."""

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
from partners.imports.register_columns import Values, describe_agreement, display_value, field_label
from partners.imports.register_matching import fingerprint
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from partners.models.universities import DERIVED_FIELDS
from partners.name_normalization import slug_candidates
from partners.tables.types import ProgressCallback

ModelsByName = Mapping[str, Mapping[str, models.Model]]
"""What the names stand for that are values of some fields, by the field."""


@dataclass(slots=True)
class ObjectChange:
    """What becomes of one university or agreement."""

    pk: int | None
    """Its id, if the register has it."""
    fields: dict[str, tuple[object, object]]
    """What differs: the value before, and the value after."""
    after: Values = field(repr=False)
    """The values of all the fields, changed or not."""

    @classmethod
    def of(cls, pk: int | None, before: Values, said: Values) -> ObjectChange:
        after = before | said
        return cls(pk, {name: (before[name], after[name]) for name in after if before[name] != after[name]}, after)

    @property
    def is_new(self) -> bool:
        return self.pk is None

    @property
    def before(self) -> Values:
        return self.after | {name: old for name, (old, _new) in self.fields.items()}

    def words(self, model: type[models.Model], but: Container[str] = ()) -> Iterator[str]:
        """What differs, but for some of the fields."""
        for name in [name for name in self.fields if name not in but]:
            told = {"field": field_label(model, name), **dict(zip(("old", "new"), self._shown(name), strict=True))}
            yield (_("%(field)s: %(new)s") if self.is_new else _("%(field)s: %(old)s → %(new)s")) % told

    def _shown(self, name: str) -> list[str]:
        return [display_value(name, value) for value in self.fields[name]]


@dataclass(slots=True)
class RegisterRowResult:
    """What one row of the file comes to."""

    line: int
    country: Country = field(repr=False)
    name: str
    university: UniversityRef
    profile: ObjectChange | None = None
    """What becomes of the university itself. Only the first row that names it has this."""
    agreement: ObjectChange | None = None
    """None if the row is about the university only."""

    @property
    def is_new(self) -> bool:
        return any(change.is_new for change in self._changes())

    @property
    def is_changed(self) -> bool:
        return not self.is_new and any(change.fields for change in self._changes())

    @property
    def terms(self) -> str:
        """What a row that adds something adds and, beside it, changes."""
        return "; ".join(self.words()) or _("without an agreement")

    def words(self) -> list[str]:
        return [*self._agreement_words(), *self._profile_words()]

    def _changes(self) -> list[ObjectChange]:
        return [change for change in (self.profile, self.agreement) if change]

    def _agreement_words(self) -> Iterator[str]:
        """Which of the university's agreements it is, and what becomes of that."""
        if self.agreement and self.agreement.is_new:
            yield describe_agreement(self.agreement.after)
            yield from self.agreement.words(Agreement, but=("agreement_type", "status"))
        elif self.agreement:
            named = self.agreement.before["agreement_type"] or _("type unknown")
            for word in self.agreement.words(Agreement):
                yield _("%(agreement)s, %(change)s") % {"agreement": named, "change": word}

    def _profile_words(self) -> Iterator[str]:
        if self.profile:
            yield from self.profile.words(University, but=("name",) if self.profile.is_new else ())


def apply_changes(
    outcomes: Sequence[RegisterRowResult], types: Mapping[str, AgreementType], run: ImportRun, watch: ProgressCallback
) -> None:
    """Makes the changes, with their history. What ends goes first, to make room for what takes its place."""
    why = ChangeContext(run.reason, run.user, run, watch)
    named = {"agreement_type": types, "responsible": _people(outcomes)}
    created = _apply_profiles([each for each in outcomes if each.profile], why)
    new = [each for each in outcomes if each.agreement and each.agreement.is_new]
    changed = [each for each in outcomes if each.agreement and not each.agreement.is_new and each.agreement.fields]
    _change_agreements([each.agreement for each in changed if _ends(each.agreement)], named, why)
    others = [each for each in changed if not _ends(each.agreement)]
    _release_unique_slots(others)
    _change_agreements([each.agreement for each in others], named, why)
    agreements = (
        _agreement(each.agreement, named, university_id=created.get(each.university, each.university)) for each in new
    )
    bulk_write.bulk_create_with_history(Agreement, agreements, len(new), why)
    if len(created) >= reconciliation.ANALYZE_THRESHOLD:
        connection.cursor().execute("ANALYZE")


def _apply_profiles(outcomes: Sequence[RegisterRowResult], why: ChangeContext) -> dict[UniversityRef, int]:
    """The ids of the universities that were not in the register."""
    new = [each for each in outcomes if each.profile.is_new]
    changed = [each.profile for each in outcomes if not each.profile.is_new and each.profile.fields]
    slugs_taken = {change.after["slug"] for change in changed}
    ids = bulk_write.bulk_create_with_history(University, _new_universities(new, slugs_taken), len(new), why)
    names = {name for change in changed for name in change.fields}
    bulk_write.bulk_update_with_history(University, list(map(_university, changed)), names.union(DERIVED_FIELDS), why)
    return {each.university: pk for each, pk in zip(new, ids, strict=True)}


def _new_universities(outcomes: Sequence[RegisterRowResult], reserved: set[str]) -> Iterator[University]:
    """Those without an address get a free one."""
    if not outcomes:
        return
    taken = reserved.union(University.objects.values_list("slug", flat=True))
    taken.update(each.profile.after["slug"] for each in outcomes)
    for each in outcomes:
        candidates = slug_candidates(each.name, each.country.code)
        slug = each.profile.after["slug"] or next(slug for slug in candidates if slug not in taken)
        taken.add(slug)
        yield University(country=each.country, **each.profile.after | {"slug": slug})


def _university(change: ObjectChange) -> University:
    """With its keys, which a bulk update does not make anew."""
    university = University(pk=change.pk, **change.after)
    for name in DERIVED_FIELDS:
        University._meta.get_field(name).pre_save(university, add=False)
    return university


def _people(outcomes: Sequence[RegisterRowResult]) -> dict[str, models.Model]:
    """The users who are responsible for the agreements, by their user names."""
    names = {each.agreement.after["responsible"] for each in outcomes if each.agreement}
    return get_user_model().objects.in_bulk(names - {None}, field_name="username")


def _agreement(change: ObjectChange, named: ModelsByName, **values: object) -> Agreement:
    found = {name: things.get(change.after[name]) for name, things in named.items()}
    return Agreement(pk=change.pk, **change.after | found, **values)


def _ends(change: ObjectChange) -> bool:
    return "status" in change.fields and change.after["status"] == AgreementStatus.ENDED


def _release_unique_slots(outcomes: Sequence[RegisterRowResult]) -> None:
    """Clears the places that agreements take over from one another: no two may be in one in between."""
    wanted = {(each.university, fingerprint(each.agreement.after).place) for each in outcomes}
    leaving = [
        Agreement(pk=each.agreement.pk, status=AgreementStatus.ENDED)
        for each in outcomes
        if (place := fingerprint(each.agreement.before).place) != fingerprint(each.agreement.after).place
        and place
        and (each.university, place) in wanted
    ]
    Agreement.objects.bulk_update(leaving, ["status"])


def _change_agreements(changes: Sequence[ObjectChange], named: ModelsByName, why: ChangeContext) -> None:
    names = {name for change in changes for name in change.fields}
    bulk_write.bulk_update_with_history(
        Agreement, [_agreement(change, named) for change in changes], names.union(["status"]), why
    )
