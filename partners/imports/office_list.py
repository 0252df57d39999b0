"""Validation of the office's list: each row is a university with the types of its agreements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.imports.base import (
    COUNTRY_COLUMN,
    NAME_COLUMN,
    RowParser,
    TableValidator,
    UniversityRef,
    UntouchedUniversity,
    parse_university_name,
    require_value,
    resolve_spelling,
)
from partners.imports.choices import ImportChoices
from partners.imports.name_questions import answer_questions, find_questions
from partners.imports.office_list_changes import OfficeListRowResult
from partners.imports.personal_changes import PersonalChanges
from partners.imports.placeholder_names import looks_like_no_name
from partners.imports.reconciliation import describe_expired, reconcile
from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.imports.type_notation import Term, parse_terms
from partners.name_normalization import matching_key, normalize_name
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

TYPE_COLUMN = "Agreement type"
COLUMNS = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN)


class OfficeListValidator(TableValidator):
    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, choices: ImportChoices):
        super().__init__(snapshot, table, progress, choices)
        self.first_lines: dict[UniversityRef, int] = {}
        self._parse_terms = cache(self._parse_type_cell)
        self._reconcile_new = cache(partial(reconcile, existing=(), on=snapshot.on))

    def validate_rows(self) -> Iterator[tuple[TableRow | None, OfficeListRowResult | ValidationError]]:
        """Yield rows with their errors, and then, as the file is known, the results without their rows."""
        results = []
        for row in self.progress(self.table.pop_rows(), len(self.table), _("Checking")):
            try:
                results.append(self._validate_row(row))
            except ValidationError as error:
                yield row, error
        self.first_lines.clear()
        self.questions = find_questions(results, self.snapshot, self.seen_ids)
        self._find_taken_back(results)
        answer_questions(self.questions, self.choices)
        chosen = {question.line: question.result for question in self.questions}
        for result in chosen.values():
            if not result.is_new:
                self.seen_ids.add(result.university_id)
                self._add_remarks(result)
        for read_result in results:
            result = chosen.get(read_result.line, read_result)
            is_allowed = self.choices.takes_all_back or result.university_id in self.choices.take_back
            result.is_left = result.takes_back and not is_allowed
            yield None, result

    def _find_taken_back(self, results: Sequence[OfficeListRowResult]) -> None:
        """Set the changes of people that the rows take back, and those for each candidate of their questions."""
        candidates = [candidate.result for question in self.questions for candidate in question.candidates]
        changed = [result for result in (*results, *filter(None, candidates)) if result.is_changed]
        personal_changes = PersonalChanges(changed, self.snapshot.types)
        for result in changed:
            existing = self.snapshot.universities[result.university_id].open_agreements
            result.taken_back = personal_changes.find_taken_back(result, existing)

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
        try:
            changes = reconcile(terms, known.open_agreements, self.snapshot.on) if known else self._reconcile_new(terms)
        except ValidationError as error:
            raise ValidationError({TYPE_COLUMN: error.messages}) from error
        result = OfficeListRowResult(row.line, country, name, terms, changes, known and known.pk, previous_name)
        self._add_remarks(result)
        return result

    def _add_remarks(self, result: OfficeListRowResult) -> None:
        if known := self.snapshot.universities.get(result.university_id):
            expired = describe_expired(result.terms, known.open_agreements, self.snapshot.on)
            self.remarks += [UntouchedUniversity(result.line, result.country, known.name, remark) for remark in expired]

    def _find_unique_university(self, text: str, key: UniversityKey, line: int) -> KnownUniversity | None:
        """Return the university with this key, if any. Raise ValidationError if an earlier line names it."""
        known = self.find_university(text, key)
        first = self.first_lines.setdefault(known.pk if known else key, line)
        if first != line:
            message = _(
                "“%(name)s” stands in line %(line)d already. Make one line of the two. If they are two universities, "
                "add the city to the name."
            )
            raise ValidationError(message % {"name": truncate(text), "line": first})
        return known

    def _parse_type_cell(self, text: str) -> frozenset[Term]:
        require_value(text)
        terms, unknown = parse_terms(text, self.snapshot.type_names)
        if unknown and not looks_like_no_name(normalize_name(text)):
            raise ValidationError([self.unknown_type_message(name) for name in unknown])
        if unknown or not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % truncate(text))
        return terms
