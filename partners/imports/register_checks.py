"""Validation of the register's rows against each other and against the existing data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from partners import validators
from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.dates import parse_date
from partners.enums import AgreementStatus
from partners.imports.base import NAME_COLUMN, UniversityRef
from partners.imports.register_changes import ObjectChange
from partners.imports.register_columns import (
    AGREEMENT_FILE_FIELDS,
    COLUMN_OF,
    KEY_COLUMN,
    NEW_AGREEMENT,
    NEW_UNIVERSITY,
    NUMBER_COLUMN,
    FieldValues,
)
from partners.imports.register_conflicts import reject_conflicts
from partners.imports.register_matching import AgreementFingerprint, match_rows
from partners.imports.register_rows import ExistingData, ParsedRow
from partners.models import University
from partners.name_normalization import matching_key, split_names
from partners.periods import Period
from partners.tables.types import truncate


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
                here, there = (truncate(parsed.row.cells[columns[name]]) for parsed in (row, first))
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
            before = agreements.get(pk, NEW_AGREEMENT)
            change = ObjectChange.from_values(pk, before, _implied_values(row.agreement_values) | row.agreement_values)
            row.result.agreement_change = change
            _validate_agreement(row, change.after)
            if "renews" in change.fields:
                others = agreements.keys() - {pk}
                row.run_validators((COLUMN_OF["renews"], validators.validate_renews, change.after["renews"], others))
    if not any(row.has_errors(NUMBER_COLUMN, *(field.column for field in AGREEMENT_FILE_FIELDS)) for row in rows):
        reject_conflicts(rows, agreements)


def _implied_values(values: FieldValues) -> FieldValues:
    """Return values of fields that the file may have no columns for."""
    implied: FieldValues = {}
    if AgreementStatus(values["status"]).is_open:
        implied |= {"ended_on": None, "end_reason": ""}
    if values.get("valid_until"):
        implied["is_open_ended"] = False
    if values.get("is_open_ended"):
        implied["valid_until"] = None
    return implied


def _validate_agreement(row: ParsedRow, after: FieldValues) -> None:
    """Validate the values after the import, some of which the file may have no columns for."""
    status, valid_until = after["status"], after["valid_until"]
    row.run_validators(
        (COLUMN_OF["valid_until"], validators.validate_date_order, after["valid_from"], valid_until),
        (COLUMN_OF["valid_until"], validators.validate_open_ended, after["is_open_ended"], valid_until),
        (COLUMN_OF["ended_on"], validators.validate_ended_on, status, after["ended_on"]),
        (COLUMN_OF["end_reason"], validators.validate_end_reason, status, after["end_reason"]),
    )


def _match_agreements(rows: Sequence[ParsedRow], agreements: Mapping[int, FieldValues]) -> dict[ParsedRow, int]:
    """Return the pk of the agreement that each row updates. Other rows are new agreements."""
    rows_by_id = _rows_by_agreement_id(rows, agreements)
    others = [row for row in rows if row.agreement_values and row.agreement_id is None]
    if not others:
        return {row: pk for pk, row in rows_by_id.items()}
    known = set(NEW_AGREEMENT).intersection(*[row.agreement_values for row in others])
    date_names = [field.name for field in AGREEMENT_FILE_FIELDS if field.name in known and field.parser == parse_date]
    detail_names = known - set(date_names)

    def fingerprint(values: FieldValues) -> AgreementFingerprint:
        return AgreementFingerprint(
            values["agreement_type"],
            values["status"],
            matching_key(values["scope"]) if "scope" in known else "",
            Period(*[values[name] if name in known else None for name in ("valid_from", "valid_until")]),
            dates=tuple([values[name] for name in date_names]),
            details=tuple([values[name] for name in detail_names]),
        )

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


def reject_doubled_keys(rows: Iterable[ParsedRow]) -> None:
    """Reject the row key of another row, as it would name two agreements on the sheet of mobilities."""
    first_rows: dict[str, ParsedRow] = {}
    for row in [row for row in rows if row.key]:
        if (first := first_rows.setdefault(row.key, row)) is not row:
            message = _("“%(key)s” is the key of line %(line)d already. Write another one.")
            row.errors[KEY_COLUMN].append(message % {"key": truncate(row.key), "line": first.row.line})


def reject_taken_values(rows: Iterable[ParsedRow], name: str, taken_message: str, doubled_message: str) -> None:
    """Reject values of a unique field that another university has, even if it changes its own in the same file.

    Otherwise the unique constraint could be violated between the updates. The messages are about a university of the
    register and about a line of the file.
    """
    changes = {row: row.result.university_change for row in rows if name in row.result.university_change.fields}
    changed = {row: change.after[name] for row, change in changes.items() if change.after[name]}
    taken = dict(University.objects.values_list(name, "name")) if changed else {}
    first_rows: dict[str, ParsedRow] = {}
    for row, value in changed.items():
        if value in taken:
            row.errors[COLUMN_OF[name]].append(taken_message % {"value": value, "name": taken[value]})
        elif (first := first_rows.setdefault(value, row)) is not row:
            row.errors[COLUMN_OF[name]].append(doubled_message % {"value": value, "line": first.row.line})


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
