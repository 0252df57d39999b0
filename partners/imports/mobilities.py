"""Validation of tables of mobilities: each row has one line of what an agreement offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.cells import parse_agreement_number
from partners.imports.base import NAME_COLUMN, RowParser
from partners.imports.choices import ImportChoices
from partners.imports.mobility_changes import NEW_MOBILITY, MobilityChange
from partners.imports.mobility_columns import KEY_COLUMN, MOBILITY_COLUMN_OF, NUMBER_COLUMN, REFERENCE_COLUMNS
from partners.imports.register_changes import RegisterRowResult
from partners.imports.register_columns import FieldValues, build_agreement
from partners.imports.register_rows import ParsedRow
from partners.imports.register_snapshot import RegisterSnapshot
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Agreement, Mobility
from partners.name_normalization import matching_key, normalize_name, split_names
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

ValidatedRow = tuple[TableRow, RegisterRowResult | ValidationError]


class MobilitiesValidator:
    """Validate a table of mobilities that names agreements by their numbers. Its results are those of agreements."""

    questions = remarks = ()

    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, choices: ImportChoices):
        self.snapshot = snapshot
        self.table = table
        self.progress = progress
        self.offered_options: set[str] = set()

    def validate_rows(self) -> list[ValidatedRow]:
        return validate_mobilities(self.snapshot, self.table, self.progress)

    def notices(self) -> list[str]:
        return []

    def missing_universities(self) -> None:
        """Return None: it is no table of universities, of which none would be missing."""


class MobilityRow(RowParser):
    """A parsed row: cleaned values, the number or the key of its agreement, and collected errors."""

    def __init__(self, row: TableRow, parsers: Mapping[str, Callable[[str], object]]):
        super().__init__(row)
        self.number = self.parse(NUMBER_COLUMN, parse_agreement_number)
        self.key = self.parse(KEY_COLUMN, normalize_name)
        columns = {name: column for name, column in MOBILITY_COLUMN_OF.items() if column in row.cells}
        self.values = {name: self.parse(column, parsers[name]) for name, column in columns.items()}
        if self.errors.keys().isdisjoint(columns.values()):
            try:
                Mobility(**NEW_MOBILITY | self.values).clean()
            except ValidationError as error:
                self.errors |= {MOBILITY_COLUMN_OF[name]: messages for name, messages in error.message_dict.items()}

    def describe_errors(self, sheet: str) -> ValidationError:
        """Return the errors by column; with a `sheet`, the column's name has the sheet's before it."""
        label = _("sheet “%(sheet)s”, %(column)s") if sheet else "%(column)s"
        return ValidationError(
            {label % {"sheet": sheet, "column": column}: messages for column, messages in self.errors.items()}
        )


class NamedAgreements:
    """The agreements that rows of mobilities name, by number or by the key of a row of the register's sheet."""

    def __init__(self, numbers: Collection[int], register_rows: Sequence[ParsedRow]):
        self._by_number = Agreement.objects.select_related("university__country", "agreement_type").in_bulk(numbers)
        self._rows_by_key = {row.key: row for row in reversed(register_rows) if row.key}
        results = [row.result for row in register_rows if row.result and row.result.agreement_change]
        self._results = {result.agreement_change.pk: result for result in results}
        self.further: dict[RegisterRowResult, Agreement] = {}
        """The agreements that the register's sheet does not have, by their results."""

    def identify(self, result: RegisterRowResult) -> tuple[int | None, str]:
        """Return the pk and the title of an agreement, None and "" if it is new."""
        if agreement := self.further.get(result):
            return agreement.pk, agreement.title
        change = result.agreement_change
        return change.pk, "" if change.is_new else build_agreement(change.before).title

    def find(self, row: MobilityRow) -> RegisterRowResult | None:
        """Return the result of the agreement that a row names, None if that has errors. Raise ValidationError."""
        if row.key and row.number:
            message = _("“%s” is a second name of the agreement, beside its number. Leave one of the two cells empty.")
            raise ValidationError({KEY_COLUMN: message % truncate(row.key)})
        if row.key:
            return self._find_by_key(row.key)
        if not row.number:
            raise ValidationError({NUMBER_COLUMN: _("The line names no agreement. Write its number, or take it out.")})
        return self._find_by_number(row)

    def _find_by_key(self, key: str) -> RegisterRowResult | None:
        row = self._rows_by_key.get(key)
        if not row:
            message = _("“%s” is not a row key of the register's sheet. Correct it, or write the agreement number.")
            raise ValidationError({KEY_COLUMN: message % truncate(key)})
        if not (row.errors or row.result.agreement_change):
            message = _("“%(key)s” is the key of line %(line)d, which has no agreement. Give that line a status.")
            raise ValidationError({KEY_COLUMN: message % {"key": truncate(key), "line": row.row.line}})
        return None if row.errors else row.result

    def _find_by_number(self, row: MobilityRow) -> RegisterRowResult:
        agreement = self._by_number.get(row.number)
        if not agreement:
            message = _("%d is not the number of an agreement. Correct it, or take the line out.")
            raise ValidationError({NUMBER_COLUMN: message % row.number})
        _validate_name(row.row.cells.get(NAME_COLUMN, ""), agreement)
        if row.number not in self._results:
            university = agreement.university
            result = RegisterRowResult(row.row.line, university.country, university.name, university.pk)
            self._results[row.number] = result
            self.further[result] = agreement
        return self._results[row.number]


def _validate_name(text: str, agreement: Agreement) -> None:
    """Reject the name of another university: numbers may have got into other lines. An empty cell is right."""
    university = agreement.university
    names = [university.name, *split_names(university.other_names)]
    if normalize_name(text) and matching_key(text) not in map(matching_key, names):
        message = _(
            "“%(here)s” is not the university of agreement %(number)d, “%(there)s”. Correct one of the two cells."
        )
        params = {"here": truncate(text), "number": agreement.pk, "there": university}
        raise ValidationError({NAME_COLUMN: message % params})


def validate_mobilities(
    snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, register_rows: Sequence[ParsedRow] = ()
) -> list[ValidatedRow]:
    """Return the rows with errors; or else the results of agreements, each with its first row.

    An agreement in one of the `register_rows` has its change on the result of that row instead.
    """
    parsers = {field.name: cache(field.parse) for field in MOBILITY_FIELDS}
    rows = [MobilityRow(row, parsers) for row in progress(table.rows, len(table), _("Reading mobilities"))]
    agreements = NamedAgreements({row.number for row in rows} - {None}, register_rows)
    rows_by_result = defaultdict(list)
    for row in [row for row in rows if row.errors.keys().isdisjoint(REFERENCE_COLUMNS)]:
        try:
            rows_by_result[agreements.find(row)].append(row)
        except ValidationError as error:
            row.errors |= error.message_dict
    sheet = table.sheet if register_rows else ""
    if errors := [(row.row, row.describe_errors(sheet)) for row in rows if row.errors]:
        return errors
    identities = {result: agreements.identify(result) for result in rows_by_result if result}
    existing = _load_mobilities({pk for pk, _title in identities.values()} - {None}, snapshot.is_locking)
    for result, (pk, title) in identities.items():
        lines = [row.values for row in rows_by_result[result]]
        result.mobility_change = MobilityChange.from_lines(pk, title, existing[pk], lines)
    return [
        (result_rows[0].row, result) for result, result_rows in rows_by_result.items() if result in agreements.further
    ]


def _load_mobilities(agreements: Collection[int], is_locking: bool) -> dict[int, dict[int, FieldValues]]:
    """Return the values of the mobilities of agreements, by the pk of the agreement and their own."""
    if is_locking:
        # As the forms do, so that nobody edits them until the import is done.
        Agreement.objects.filter(pk__in=agreements).lock_universities()
    mobilities = Mobility.objects.filter(agreement__in=agreements).order_by("pk")
    existing = defaultdict(dict)
    for agreement, pk, *values in mobilities.values_list("agreement", "pk", *NEW_MOBILITY).iterator():
        existing[agreement][pk] = dict(zip(NEW_MOBILITY, values, strict=True))
    return existing
