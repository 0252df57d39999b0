"""Validation of the office's list: each row is one university with the types of its agreements."""

from collections.abc import Iterator
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.imports import type_notation
from partners.imports.base import (
    COUNTRY_COLUMN,
    NAME_COLUMN,
    RowParser,
    TableValidator,
    UniversityRef,
    parse_university_name,
    require_value,
    resolve_spelling,
)
from partners.imports.reconciliation import OfficeListRowResult, diff_agreements
from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.imports.type_notation import Term
from partners.name_normalization import matching_key
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

TYPE_COLUMN = "Agreement type"
COLUMNS = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN)


class OfficeListValidator(TableValidator):
    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback):
        super().__init__(snapshot, table, progress)
        self.first_lines: dict[UniversityRef, int] = {}
        self._parse_terms = cache(self._parse_type_cell)
        self._diff_new = cache(partial(diff_agreements, existing={}))

    def validate_rows(self) -> Iterator[tuple[TableRow, OfficeListRowResult | ValidationError]]:
        for row in self.progress(self.table.pop_rows(), len(self.table), _("Checking")):
            try:
                yield row, self._validate_row(row)
            except ValidationError as error:
                yield row, error
        self.first_lines.clear()

    def _validate_row(self, row: TableRow) -> OfficeListRowResult:
        parser = RowParser(row)
        country = parser.parse(COUNTRY_COLUMN, self.find_country)
        name = parser.parse(NAME_COLUMN, parse_university_name)
        terms = parser.parse(TYPE_COLUMN, self._parse_terms)
        key = (country.pk, matching_key(name)) if country and name else None
        known = parser.parse(NAME_COLUMN, self._find_unique_university, key, row.line) if key else None
        if parser.errors:
            raise ValidationError(dict(parser.errors))
        name, previous_name = resolve_spelling(known, name)
        changes = diff_agreements(terms, known.open_agreements) if known else self._diff_new(terms)
        return OfficeListRowResult(row.line, country, name, changes, known and known.pk, previous_name)

    def _find_unique_university(self, text: str, key: UniversityKey, line: int) -> KnownUniversity | None:
        """Return the university with this key, if any. Raise ValidationError if an earlier line names it."""
        known = self.find_university(text, key)
        first = self.first_lines.setdefault(known.pk if known else key, line)
        if first != line:
            message = _("“%(name)s” stands in line %(line)d already. Make one line of the two.")
            raise ValidationError(message % {"name": truncate(text), "line": first})
        return known

    def _parse_type_cell(self, text: str) -> frozenset[Term]:
        require_value(text)
        try:
            terms = type_notation.parse_terms(text, self.snapshot.type_names)
        except type_notation.UnknownTermsError as unknown:
            raise ValidationError([self.unknown_type_message(name) for name in unknown.names]) from unknown
        if not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % truncate(text))
        return terms
