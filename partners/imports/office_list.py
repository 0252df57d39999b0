"""What each row of the office's list comes to: one university, and the terms of its agreements."""

from collections.abc import Iterator
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.imports import type_notation
from partners.imports.base import (
    COUNTRY_COLUMN,
    NAME,
    RowParser,
    TableValidator,
    UniversityRef,
    require_value,
    resolve_spelling,
    university_name,
)
from partners.imports.reconciliation import OfficeListRowResult, diff_agreements
from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.imports.type_notation import Term
from partners.name_normalization import matching_key
from partners.tables import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

TYPE_COLUMN = "Agreement type"
COLUMNS = (COUNTRY_COLUMN, NAME, TYPE_COLUMN)


class OfficeListValidator(TableValidator):
    def __init__(self, snapshot: RegisterSnapshot, table: Table, watch: ProgressCallback):
        super().__init__(snapshot, table, watch)
        self.first_lines: dict[UniversityRef, int] = {}
        self._terms = cache(self._read_terms)
        self._beginning = cache(partial(diff_agreements, held={}))

    def outcomes(self) -> Iterator[tuple[TableRow, OfficeListRowResult | ValidationError]]:
        for row in self.watch(self.table.taken(), len(self.table), _("Checking")):
            try:
                yield row, self._outcome(row)
            except ValidationError as errors:
                yield row, errors
        self.first_lines.clear()

    def _outcome(self, row: TableRow) -> OfficeListRowResult:
        reader = RowParser(row)
        country, name = reader.read(COUNTRY_COLUMN, self.country), reader.read(NAME, university_name)
        terms = reader.read(TYPE_COLUMN, self._terms)
        key = (country.pk, matching_key(name)) if country and name else None
        known = reader.read(NAME, self._university_once, key, row.line) if key else None
        reader.raise_errors()
        kept, replaced = resolve_spelling(known, name)
        changes = diff_agreements(terms, known.held) if known else self._beginning(terms)
        return OfficeListRowResult(row.line, country, kept, changes, known and known.pk, replaced)

    def _university_once(self, text: str, key: UniversityKey, line: int) -> KnownUniversity | None:
        known = self.university(text, key)
        first = self.first_lines.setdefault(known.pk if known else key, line)
        if first != line:
            message = _("“%(name)s” stands in line %(line)d already. Make one line of the two.")
            raise ValidationError(message % {"name": truncate(text), "line": first})
        return known

    def _read_terms(self, text: str) -> frozenset[Term]:
        require_value(text)
        try:
            terms = type_notation.parse_terms(text, self.snapshot.type_names)
        except type_notation.UnknownTermsError as unknown:
            raise ValidationError([self.unknown_type(name) for name in unknown.names]) from unknown
        if not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % truncate(text))
        return terms
