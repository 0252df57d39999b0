"""Validation of the register's file: each row has one agreement, and details of its university."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import validators
from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.cell_words import STATUS_BY_WORD, normalize_word
from partners.cells import parse_agreement_number
from partners.imports import register_checks as checks
from partners.imports.base import (
    COUNTRY_COLUMN,
    NAME_COLUMN,
    TableValidator,
    UntouchedUniversity,
    did_you_mean,
    parse_university_name,
    resolve_spelling,
)
from partners.imports.choices import ImportChoices
from partners.imports.mobilities import validate_mobilities
from partners.imports.register_changes import RegisterRowResult
from partners.imports.register_columns import (
    AGREEMENT_FILE_FIELDS,
    COLUMN_OF,
    KEY_COLUMN,
    NUMBER_COLUMN,
    STATUS_COLUMN,
    TYPE_COLUMN,
)
from partners.imports.register_dates import OPEN_ENDED_COLUMN, RegisterDates
from partners.imports.register_institutions import load_institutions
from partners.imports.register_rows import ExistingData, ParsedRow
from partners.imports.register_snapshot import RegisterSnapshot
from partners.imports.type_notation import find_type
from partners.models import Agreement, University
from partners.name_normalization import matching_key, normalize_name
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

NOT_STAFF = gettext_lazy(
    "“%s” is not the user name of anybody on the staff. Correct it, or leave the cell empty for nobody."
)

TAKEN_SLUG = (
    gettext_lazy("“%(value)s” is already the web address of “%(name)s”. Write another one."),
    gettext_lazy("“%(value)s” is already the web address in line %(line)d. Write another one."),
)
TAKEN_INSTITUTION = (
    gettext_lazy("“%(value)s” is already the ROR ID of “%(name)s”. Write another one, or leave the cell empty."),
    gettext_lazy("“%(value)s” is already the ROR ID in line %(line)d. Write another one, or leave the cell empty."),
)


class RegisterValidator(TableValidator):
    unknown_type = gettext_lazy(
        "“%(name)s” is not an agreement type. Write %(types)s, leave the cell empty as long as the type is not"
        " known, or add the type to the register."
    )

    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, choices: ImportChoices):
        super().__init__(snapshot, table, progress, choices)
        self._dates = RegisterDates(table.rows)
        columns = {*table.rows[0].cells, *([OPEN_ENDED_COLUMN] if self._dates.open_ended_lines else [])}
        self._agreement_fields = [field for field in AGREEMENT_FILE_FIELDS if field.column in columns]
        self._agreement_columns = [NUMBER_COLUMN, *(field.column for field in self._agreement_fields)]
        self._university_fields = [field for field in UNIVERSITY_FIELDS if field.column in columns]
        self._parsers = {field.name: cache(field.parse) for field in (*AGREEMENT_FILE_FIELDS, *UNIVERSITY_FIELDS)} | {
            **self._dates.parsers(),
            "agreement_type": cache(self._parse_type),
            "responsible": cache(self._parse_responsible),
        }

    def notices(self) -> list[str]:
        texts = dict.fromkeys(row.cells[STATUS_COLUMN] for row in self.table.rows)
        statuses = {text: STATUS_BY_WORD.get(normalize_word(text)) for text in map(normalize_name, texts)}
        readings = [
            _("“%(text)s” as %(status)s") % {"text": truncate(text), "status": status.word}
            for text, status in statuses.items()
            if status and normalize_word(text) != status.word
        ]
        notices = [_("Statuses that were read: %s.") % ", ".join(readings)] if readings else []
        return [*super().notices(), *notices, *self._dates.notices()]

    def missing_universities(self) -> list[UntouchedUniversity]:
        """Return all universities that the file lacks, including those without an open agreement."""
        return self._missing_among(University.objects.all())

    def validate_rows(self) -> Iterator[tuple[TableRow, RegisterRowResult | ValidationError]]:
        rows = [self._parse_row(row) for row in self.progress(self.table.rows, len(self.table), _("Reading"))]
        rows_by_university = defaultdict(list)
        for row in rows:
            if row.result:
                rows_by_university[row.result.university].append(row)
        first_rows = [university_rows[0] for university_rows in rows_by_university.values()]
        existing = ExistingData({row.result.country for row in first_rows})
        for university_rows in self.progress(rows_by_university.values(), len(rows_by_university), _("Checking")):
            checks.validate_university_change(university_rows, existing)
            checks.validate_agreement_changes(university_rows, existing)
        checks.reject_doubled_keys(rows)
        load_institutions(first_rows)
        checks.reject_taken_values(first_rows, "slug", *TAKEN_SLUG)
        checks.reject_taken_values(first_rows, "institution", *TAKEN_INSTITUTION)
        checks.reject_taken_names(first_rows, existing)
        for row in rows:
            change = row.result and row.result.agreement_change
            name = change and "responsible" in change.fields and change.after["responsible"]
            if name and not self._is_staff_by_username[name]:  # Where former staff are responsible, they may stay.
                row.errors[COLUMN_OF["responsible"]].append(NOT_STAFF % truncate(name))
        sheet = self.table.mobilities
        mobilities = validate_mobilities(self.snapshot, sheet, self.progress, rows) if sheet else []
        for row in rows:
            yield row.row, ValidationError(dict(row.errors)) if row.errors else row.result
        yield from mobilities

    def _parse_row(self, table_row: TableRow) -> ParsedRow:
        row = ParsedRow(table_row)
        country, name = row.parse(COUNTRY_COLUMN, self.find_country), row.parse(NAME_COLUMN, parse_university_name)
        key = (country.pk, matching_key(name)) if country and name else None
        university = row.parse(NAME_COLUMN, self.find_university, key) if key else None
        if key and not row.has_errors(NAME_COLUMN):
            row.university_id = university and university.pk
            name, _previous_name = resolve_spelling(university, name)
            row.university_values["name"] = name
            row.result = RegisterRowResult(row.row.line, country, name, university.pk if university else key)
        for field in self._university_fields:
            value = row.parse(field.column, self._parsers[field.name])
            if not row.has_errors(field.column):
                row.university_values[field.name] = value
        self._parse_agreement(row)
        row.key = row.parse(KEY_COLUMN, normalize_name)
        return row

    def _parse_agreement(self, row: ParsedRow) -> None:
        cells, columns = row.row.cells, self._agreement_columns
        values = {
            field.name: row.parse(field.column, self._parsers[field.name])
            for field in self._agreement_fields
            if field.column in cells
        }
        row.agreement_id = row.parse(NUMBER_COLUMN, parse_agreement_number)
        if row.has_errors(*columns):
            return
        if values["status"]:
            row.agreement_values = values
            row.run_validators(
                (TYPE_COLUMN, validators.validate_signed_has_type, values["status"], values["agreement_type"])
            )
        elif any(normalize_name(cells.get(column, "")) for column in columns if column != STATUS_COLUMN):
            row.errors[STATUS_COLUMN].append(
                _("The cell is empty, and the line tells of an agreement. Write “in process”, “signed” or “ended”.")
            )

    def _parse_type(self, text: str) -> str | None:
        name = normalize_name(text)
        type_name = find_type(name, self.snapshot.type_names) if name else None
        if name and not type_name:
            raise ValidationError(self.unknown_type_message(name))
        return type_name

    @cached_property
    def _is_staff_by_username(self) -> dict[str, bool]:
        """Staff, and former staff who are still responsible for agreements, with their `is_staff`."""
        responsible = Agreement.objects.exclude(responsible=None).values("responsible")
        users = get_user_model().objects.filter(Q(is_staff=True) | Q(pk__in=responsible))
        return dict(users.values_list("username", "is_staff"))

    def _parse_responsible(self, text: str) -> str | None:
        name = normalize_name(text)
        if name and name not in self._is_staff_by_username:
            staff = {matching_key(name): name for name, is_staff in self._is_staff_by_username.items() if is_staff}
            raise ValidationError(NOT_STAFF % truncate(name) + did_you_mean(name, staff))
        return name or None
