"""Validation of the register's rows against each other and against the existing data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners import validators
from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.cells import parse_date
from partners.enums import AgreementStatus
from partners.fields import MAX_TEXT_LENGTH
from partners.imports.base import NAME_COLUMN, RowParser, UniversityRef
from partners.imports.register_changes import ObjectChange, RegisterRowResult
from partners.imports.register_columns import (
    AGREEMENT_DETAILS,
    AGREEMENT_FILE_FIELDS,
    AGREEMENT_PATHS,
    COLUMN_OF,
    NEW_AGREEMENT,
    NEW_UNIVERSITY,
    NUMBER_COLUMN,
    STATUS_COLUMN,
    UNIVERSITY_PATHS,
    FieldValues,
    describe_agreement,
)
from partners.imports.register_matching import AgreementFingerprint, UniqueSlot, match_rows
from partners.models import Agreement, Country, University
from partners.name_normalization import matching_key, split_names
from partners.tables.reading import TableRow
from partners.tables.types import truncate


class ParsedRow(RowParser):
    """A parsed row: cleaned values, collected errors and the resulting changes."""

    max_length = MAX_TEXT_LENGTH

    def __init__(self, row: TableRow):
        super().__init__(row)
        self.university_id: int | None = None
        """None for a new university."""
        self.result: RegisterRowResult | None = None
        """None if the cells that identify the university have errors."""
        self.university_values: FieldValues = {}
        self.agreement_values: FieldValues | None = None
        """None if the row has no agreement or its cells have errors."""
        self.agreement_id: int | None = None
        """Pk of an existing agreement, if the row gives it."""

    def has_errors(self, *columns: str) -> bool:
        return bool(self.errors) and not self.errors.keys().isdisjoint(columns)

    def run_validators(self, *checks: tuple) -> None:
        """Collect the errors of validators, each given as a tuple (column, validator, *values)."""
        try:
            validators.run_validators(*checks)
        except ValidationError as error:
            for column, messages in error.message_dict.items():
                self.errors[column] += messages


class ExistingData:
    """The universities of the given countries and their agreements, with the fields that a file can have."""

    def __init__(self, countries: Collection[Country]):
        self.country_ids: dict[int, int] = {}
        self.universities: dict[int, FieldValues] = {}
        self._agreements: dict[int, list[tuple]] = defaultdict(list)
        universities = University.objects.filter(country__in=countries)
        for pk, country, *values in universities.values_list("pk", "country", *UNIVERSITY_PATHS).iterator():
            self.country_ids[pk] = country
            self.universities[pk] = dict(zip(NEW_UNIVERSITY, values, strict=True))
        agreements = Agreement.objects.filter(university__country__in=countries)
        for row in agreements.values_list("university", "pk", *AGREEMENT_PATHS).iterator():
            self._agreements[row[0]].append(row)

    def agreements(self, university_id: int | None) -> dict[int, FieldValues]:
        """Return the values of a university's agreements by pk. They are stored as tuples, which take less memory."""
        rows = self._agreements.get(university_id, ())
        return {pk: dict(zip(NEW_AGREEMENT, values, strict=True)) for _university, pk, *values in rows}


def validate_university_change(rows: Sequence[ParsedRow], existing: ExistingData) -> None:
    """Set the university's change on the first of its rows. Reject values that differ between the rows."""
    values: FieldValues = {}
    first_rows: dict[str, ParsedRow] = {}
    columns = {"name": NAME_COLUMN} | {field.name: field.column for field in UNIVERSITY_FIELDS}
    for row in rows:
        for name, value in row.university_values.items():
            first = first_rows.setdefault(name, row)
            if first.university_values[name] != value:
                message = _(
                    "“%(here)s” contradicts line %(line)d, which says “%(there)s”."
                    " Write the same in all lines of the university."
                )
                here, there = (truncate(each.row.cells[columns[name]]) for each in (row, first))
                row.errors[columns[name]].append(message % {"here": here, "there": there, "line": first.row.line})
        values |= row.university_values
    if not values.get("slug"):
        values.pop("slug", None)  # A slug cannot be removed: an empty cell keeps the existing one.
    pk = rows[0].university_id
    before = existing.universities.get(pk, NEW_UNIVERSITY)
    rows[0].result.university_change = ObjectChange.from_values(pk, before, values)


def validate_agreement_changes(rows: Sequence[ParsedRow], existing: ExistingData) -> None:
    """Set the agreement's change on each row of a university, and validate the resulting agreements."""
    agreements = existing.agreements(rows[0].university_id)
    ids = _match_agreements(rows, agreements)
    for row in rows:
        if row.agreement_values:
            pk = ids.get(row)
            values = row.agreement_values
            if AgreementStatus(values["status"]).is_open:
                values = {"ended_on": None} | values  # If the file has no column for it.
            change = ObjectChange.from_values(pk, agreements.get(pk, NEW_AGREEMENT), values)
            row.result.agreement_change, after = change, change.after
            row.run_validators(
                (COLUMN_OF["valid_until"], validators.validate_date_order, after["valid_from"], after["valid_until"]),
                (COLUMN_OF["ended_on"], validators.validate_ended_on, after["status"], after["ended_on"]),
            )
    if not any(row.has_errors(NUMBER_COLUMN, *(field.column for field in AGREEMENT_FILE_FIELDS)) for row in rows):
        _check_unique_open(rows, agreements)


def _match_agreements(rows: Sequence[ParsedRow], agreements: Mapping[int, FieldValues]) -> dict[ParsedRow, int]:
    """Return the pk of the agreement that each row updates. Other rows are new agreements."""
    rows_by_id = _rows_by_agreement_id(rows, agreements)
    others = [row for row in rows if row.agreement_values and row.agreement_id is None]
    if not others:
        return {row: pk for pk, row in rows_by_id.items()}
    details = [field for field in AGREEMENT_DETAILS if field.name in others[0].agreement_values]
    date_names = [field.name for field in details if field.parser == parse_date]
    other_names = [field.name for field in details if field.parser != parse_date]

    def fingerprint(values: FieldValues) -> AgreementFingerprint:
        compared = (tuple([values[name] for name in names]) for names in (date_names, other_names))
        return AgreementFingerprint(values["agreement_type"], values["status"], *compared)

    unmatched = {pk: fingerprint(values) for pk, values in agreements.items() if pk not in rows_by_id}
    matches = match_rows([fingerprint(row.agreement_values) for row in others], unmatched)
    return {row: pk for pk, row in rows_by_id.items()} | {others[index]: pk for index, pk in matches.items()}


def _rows_by_agreement_id(rows: Iterable[ParsedRow], agreements: Mapping[int, FieldValues]) -> dict[int, ParsedRow]:
    """Return the rows with an agreement number by that number. Reject unknown numbers and duplicates."""
    rows_by_id: dict[int, ParsedRow] = {}
    for row in [row for row in rows if row.agreement_id is not None]:
        params = {"number": row.agreement_id, "name": row.result.name}
        if row.agreement_id not in agreements:
            message = _("%(number)d is not an agreement with “%(name)s”. Leave the cell empty for a new agreement.")
            row.errors[NUMBER_COLUMN].append(message % params)
        elif (first := rows_by_id.setdefault(row.agreement_id, row)) is not row:
            message = _("%(number)d stands in line %(line)d already. Leave the cell empty for a new agreement.")
            row.errors[NUMBER_COLUMN].append(message % (params | {"line": first.row.line}))
    return rows_by_id


def _check_unique_open(rows: Iterable[ParsedRow], agreements: Mapping[int, FieldValues]) -> None:
    """Reject a second open agreement of a type and status."""
    rows = [row for row in rows if row.result.agreement_change]
    updated = {row.result.agreement_change.pk for row in rows}
    taken = {_unique_slot(values): pk for pk, values in agreements.items() if pk not in updated}
    first_rows: dict[object, ParsedRow] = {}
    for row in rows:
        after = row.result.agreement_change.after
        slot = _unique_slot(after)
        if slot and slot in taken:
            message = _(
                "The university has the agreement “%(agreement)s” already, number %(number)d, and it can have only one."
                " Add a line for that one, with its number and the status “ended”."
            )
            row.errors[STATUS_COLUMN].append(message % {"agreement": describe_agreement(after), "number": taken[slot]})
        elif slot and (first := first_rows.setdefault(slot, row)) is not row:
            message = _(
                "“%(agreement)s” stands in line %(line)d already, and the university can have only one."
                " Give one of the two the status “ended”."
            )
            row.errors[STATUS_COLUMN].append(message % {"agreement": describe_agreement(after), "line": first.row.line})


def _unique_slot(values: FieldValues) -> UniqueSlot | None:
    return AgreementFingerprint(values["agreement_type"], values["status"]).unique_slot


def reject_taken_slugs(rows: Iterable[ParsedRow]) -> None:
    """Reject slugs that another university has, even if it changes its own in the same file.

    Otherwise the unique constraint could be violated between the updates.
    """
    changed = [row for row in rows if "slug" in row.result.university_change.fields]
    taken = dict(University.objects.values_list("slug", "name")) if changed else {}
    first_rows: dict[str, ParsedRow] = {}
    for row in changed:
        slug = row.result.university_change.after["slug"]
        if slug in taken:
            message = _("“%(address)s” is already the address of “%(name)s”. Write another one.")
            row.errors[COLUMN_OF["slug"]].append(message % {"address": slug, "name": taken[slug]})
        elif (first := first_rows.setdefault(slug, row)) is not row:
            message = _("“%(address)s” is already the address in line %(line)d. Write another one.")
            row.errors[COLUMN_OF["slug"]].append(message % {"address": slug, "line": first.row.line})


def reject_taken_names(rows: Sequence[ParsedRow], existing: ExistingData) -> None:
    """Reject changed other names that are a name of another university of the country after the import."""
    changed = [row for row in rows if "other_names" in row.result.university_change.fields]
    universities = _universities_by_key(rows, existing) if changed else {}
    for row in changed:
        result = row.result
        for name in split_names(result.university_change.after["other_names"]):
            names = universities[result.country.pk, matching_key(name)]
            for other in [other for university, other in names.items() if university != result.university]:
                message = _("“%(name)s” is already a name of “%(other)s”. Take it out of one of the two.")
                row.errors[COLUMN_OF["other_names"]].append(message % {"name": truncate(name), "other": other})


def _universities_by_key(
    rows: Iterable[ParsedRow], existing: ExistingData
) -> dict[tuple[int, str], dict[UniversityRef, str]]:
    """Return the names after the import of all universities with a name of a country and matching key."""
    universities = {pk: (existing.country_ids[pk], values) for pk, values in existing.universities.items()}
    for row in rows:
        universities[row.result.university] = row.result.country.pk, row.result.university_change.after
    by_key = defaultdict(dict)
    for university, (country_id, values) in universities.items():
        for name in [values["name"], *split_names(values["other_names"])]:
            by_key[country_id, matching_key(name)][university] = values["name"]
    return by_key
