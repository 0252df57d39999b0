"""What the rows of the register's file come to beside one another, and beside what the register holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners import validators
from partners.enums import AgreementStatus
from partners.fields import NOTE_LENGTH
from partners.imports.base import NAME, RowParser, UniversityRef
from partners.imports.register_changes import ObjectChange, RegisterRowResult
from partners.imports.register_columns import (
    AGREEMENT_COLUMNS,
    AGREEMENT_FIELDS,
    AGREEMENT_PATHS,
    DATE_COLUMNS,
    ENDED_ON_COLUMN,
    NEW_AGREEMENT,
    NEW_UNIVERSITY,
    NUMBER_COLUMN,
    OTHER_NAMES_COLUMN,
    SLUG_COLUMN,
    STATUS,
    TYPE_COLUMN,
    UNIVERSITY_COLUMNS,
    UNIVERSITY_FIELDS,
    VALID_UNTIL_COLUMN,
    Values,
    describe_agreement,
)
from partners.imports.register_matching import fingerprint, match_rows
from partners.models import Agreement, Country, University
from partners.name_normalization import matching_key, split_names
from partners.tables import TableRow
from partners.tables.types import truncate


class ParsedRow(RowParser):
    """What a row says, as far as it can be understood, and what that comes to."""

    max_length = NOTE_LENGTH

    def __init__(self, row: TableRow):
        super().__init__(row)
        self.pk: int | None = None
        """The id of the university, if the register has it."""
        self.outcome: RegisterRowResult | None = None
        """None if the row does not tell which university it is about."""
        self.profile: Values = {}
        self.agreement: Values | None = None
        self.number: int | None = None

    @property
    def line(self) -> int:
        return self.row.line

    def read(self, column: str, meaning: Callable, *args):
        """None if the file has no such column, too."""
        return super().read(column, meaning, *args) if column in self.row.cells else None

    def has_errors(self, *columns: str) -> bool:
        return bool(self.errors) and not self.errors.keys().isdisjoint(columns)

    def refuse(self, column: str, message: str) -> None:
        self.errors[column].append(message)

    def hold(self, *checks: tuple) -> None:
        """Calls rules, each given as a column, the rule and its values."""
        try:
            validators.run_validators(*checks)
        except ValidationError as error:
            for column, messages in error.message_dict.items():
                self.errors[column] += messages

    def verdict(self) -> RegisterRowResult | ValidationError:
        return ValidationError(dict(self.errors)) if self.errors else self.outcome


class ExistingData:
    """The universities of some countries and their agreements, with all that the file can tell of them."""

    def __init__(self, countries: Collection[Country]):
        self.countries: dict[int, int] = {}
        self.universities: dict[int, Values] = {}
        self._agreements: dict[int, list[tuple]] = defaultdict(list)
        universities = University.objects.filter(country__in=countries)
        for pk, country, *values in universities.values_list("pk", "country", *UNIVERSITY_FIELDS).iterator():
            self.countries[pk] = country
            self.universities[pk] = dict(zip(UNIVERSITY_FIELDS, values, strict=True))
        agreements = Agreement.objects.filter(university__country__in=countries)
        for row in agreements.values_list("university", "pk", *AGREEMENT_PATHS).iterator():
            self._agreements[row[0]].append(row)

    def agreements(self, university: int | None) -> dict[int, Values]:
        """By their ids. Made for one university at a time, as rows take less memory."""
        rows = self._agreements.get(university, ())
        return {pk: dict(zip(AGREEMENT_FIELDS, values, strict=True)) for _university, pk, *values in rows}


def validate_university_change(rows: Sequence[ParsedRow], held: ExistingData) -> None:
    """The first row that names a university takes what the file tells of it."""
    _check_consistency(rows)
    told: Values = {}
    for said in rows:
        told |= said.profile
    if not told.get("slug"):
        told.pop("slug", None)  # There is no university without an address: it keeps the one it has.
    first = rows[0]
    first.outcome.profile = ObjectChange.of(first.pk, held.universities.get(first.pk, NEW_UNIVERSITY), told)


def validate_agreement_changes(rows: Sequence[ParsedRow], held: ExistingData) -> None:
    agreements = held.agreements(rows[0].pk)
    numbers = _numbers(rows, agreements)
    for said in rows:
        if said.agreement:
            pk = numbers.get(said)
            said.outcome.agreement = ObjectChange.of(pk, agreements.get(pk, NEW_AGREEMENT), _with_end(said.agreement))
            after = said.outcome.agreement.after
            said.hold(
                (VALID_UNTIL_COLUMN, validators.validate_date_order, after["valid_from"], after["valid_until"]),
                (ENDED_ON_COLUMN, validators.validate_ended_on, after["status"], after["ended_on"]),
            )
    if not any(said.has_errors(TYPE_COLUMN, STATUS, NUMBER_COLUMN, *AGREEMENT_COLUMNS) for said in rows):
        _check_unique_open(rows, agreements)


def _with_end(told: Values) -> Values:
    """The day on which an agreement ended goes with its end, where the file has no column for it."""
    return told if told["status"] == AgreementStatus.ENDED else {"ended_on": None} | told


def _numbers(rows: Sequence[ParsedRow], agreements: Mapping[int, Values]) -> dict[ParsedRow, int]:
    """The agreement that each row is about, unless that is a new one."""
    told = _listed_numbers(rows, agreements)
    others = [said for said in rows if said.agreement and said.number is None]
    if not others:
        return {said: pk for pk, said in told.items()}
    names = [name for name in AGREEMENT_COLUMNS.values() if name in others[0].agreement]
    looked_at = (
        [name for name in names if name in DATE_COLUMNS.values()],
        [name for name in names if name not in DATE_COLUMNS.values()],
    )
    left = {pk: fingerprint(values, *looked_at) for pk, values in agreements.items() if pk not in told}
    found = match_rows([fingerprint(said.agreement, *looked_at) for said in others], left)
    return {said: pk for pk, said in told.items()} | {others[at]: pk for at, pk in found.items()}


def _listed_numbers(rows: Iterable[ParsedRow], agreements: Mapping[int, Values]) -> dict[int, ParsedRow]:
    """The rows that give the number of an agreement, by that number."""
    numbered: dict[int, ParsedRow] = {}
    for said in [said for said in rows if said.number is not None]:
        told = {"number": said.number, "name": said.outcome.name}
        if said.number not in agreements:
            message = _("%(number)d is not an agreement with “%(name)s”. Leave the cell empty for a new agreement.")
            said.refuse(NUMBER_COLUMN, message % told)
        elif (first := numbered.setdefault(said.number, said)) is not said:
            message = _("%(number)d stands in line %(line)d already. Leave the cell empty for a new agreement.")
            said.refuse(NUMBER_COLUMN, message % (told | {"line": first.line}))
    return numbered


def _check_consistency(rows: Iterable[ParsedRow]) -> None:
    told: dict[str, ParsedRow] = {}
    for said in rows:
        for column, name in {NAME: "name", **UNIVERSITY_COLUMNS}.items():
            first = told.setdefault(name, said) if name in said.profile else said
            if first is not said and first.profile[name] != said.profile[name]:
                message = _(
                    "“%(here)s” contradicts line %(line)d, which says “%(there)s”."
                    " Write the same in all lines of the university."
                )
                here, there = (truncate(each.row.cells[column]) for each in (said, first))
                said.refuse(column, message % {"here": here, "there": there, "line": first.line})


def _check_unique_open(rows: Iterable[ParsedRow], agreements: Mapping[int, Values]) -> None:
    """A university has one open agreement of a type and status."""
    rows = [said for said in rows if said.outcome.agreement]
    told = {said.outcome.agreement.pk for said in rows}
    numbers = {fingerprint(values).place: pk for pk, values in agreements.items() if pk not in told}
    first: dict[object, ParsedRow] = {}
    for said in rows:
        after = said.outcome.agreement.after
        place = fingerprint(after).place
        if place and place in numbers:
            message = _(
                "The university has the agreement “%(agreement)s” already, number %(number)d, and it can have only one."
                " Add a line for that one, with its number and the status “ended”."
            )
            said.refuse(STATUS, message % {"agreement": describe_agreement(after), "number": numbers[place]})
        elif place and (other := first.setdefault(place, said)) is not said:
            message = _(
                "“%(agreement)s” stands in line %(line)d already, and the university can have only one."
                " Give one of the two the status “ended”."
            )
            said.refuse(STATUS, message % {"agreement": describe_agreement(after), "line": other.line})


def reject_taken_slugs(rows: Iterable[ParsedRow]) -> None:
    """Also one that its university gives up in the same file, as the database would meet it twice in between."""
    moving = [said for said in rows if "slug" in said.outcome.profile.fields]
    taken = dict(University.objects.values_list("slug", "name")) if moving else {}
    first: dict[str, ParsedRow] = {}
    for said in moving:
        address = said.outcome.profile.after["slug"]
        if address in taken:
            message = _("“%(address)s” is already the address of “%(name)s”. Write another one.")
            said.refuse(SLUG_COLUMN, message % {"address": address, "name": taken[address]})
        elif (other := first.setdefault(address, said)) is not said:
            message = _("“%(address)s” is already the address in line %(line)d. Write another one.")
            said.refuse(SLUG_COLUMN, message % {"address": address, "line": other.line})


def reject_taken_names(rows: Sequence[ParsedRow], held: ExistingData) -> None:
    """Holds other names that are new against what each university is called after the import."""
    renamed = [said for said in rows if "other_names" in said.outcome.profile.fields]
    owners = _owners(rows, held) if renamed else {}
    for said in renamed:
        outcome = said.outcome
        for name in split_names(outcome.profile.after["other_names"]):
            of_this_name = owners[outcome.country.pk, matching_key(name)]
            for other in [other for university, other in of_this_name.items() if university != outcome.university]:
                message = _("“%(name)s” is already a name of “%(other)s”. Take it out of one of the two.")
                said.refuse(OTHER_NAMES_COLUMN, message % {"name": truncate(name), "other": other})


def _owners(rows: Iterable[ParsedRow], held: ExistingData) -> dict[tuple[int, str], dict[UniversityRef, str]]:
    """The names of the universities that have a matching key in a country."""
    called = {pk: (held.countries[pk], values) for pk, values in held.universities.items()}
    for said in rows:
        called[said.outcome.university] = said.outcome.country.pk, said.outcome.profile.after
    owners = defaultdict(dict)
    for university, (country, values) in called.items():
        for name in [values["name"], *split_names(values["other_names"])]:
            owners[country, matching_key(name)][university] = values["name"]
    return owners
