"""The office's list, each row a university with the types of its agreements: validation, changes, writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.history.diff import FieldChange
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
from partners.imports.reconciliation import NO_CHANGES, AgreementChanges, describe_expired, reconcile
from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.imports.type_notation import Term, parse_terms
from partners.models import Agreement, AgreementType, Country, Run, University
from partners.name_normalization import matching_key, search_lines, slug_candidates
from partners.runs.bulk_write import ChangeContext, bulk_insert_with_history, bulk_update_with_history
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

TYPE_COLUMN = "Agreement type"
COLUMNS = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN)


@dataclass(slots=True)
class OfficeListRowResult:
    """A valid row of the office's list and the changes it makes."""

    line: int
    country: Country = field(repr=False)
    name: str
    changes: AgreementChanges
    university_id: int | None = None
    """None if the university is new."""
    previous_name: str | None = None
    """The register's spelling of the name, if the file's replaces it."""

    @property
    def is_new(self) -> bool:
        return self.university_id is None

    @property
    def is_changed(self) -> bool:
        return not self.is_new and (self.changes != NO_CHANGES or self.previous_name is not None)

    @property
    def takes_back(self) -> bool:
        """True if signed agreements end as the list has their type only as in process."""
        return bool(self.changes.taken_back)

    @property
    def summary(self) -> str:
        """Return the agreements of a new university in the list's notation, or the sentences on a known one."""
        return "/".join(map(str, self.changes.added)) if self.is_new else " ".join(self.describe())

    def describe(self) -> list[str]:
        descriptions = list(self.changes.describe())
        if self.previous_name:
            descriptions.insert(0, str(FieldChange("name", _("spelling"), self.previous_name, self.name)))
        return descriptions


class OfficeListValidator(TableValidator):
    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback):
        super().__init__(snapshot, table, progress)
        self.first_lines: dict[UniversityRef, int] = {}
        self._parse_terms = cache(self._parse_type_cell)
        self._reconcile_new = cache(partial(reconcile, existing=(), on=snapshot.on))

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
        if known:
            expired = describe_expired(terms, known.open_agreements, self.snapshot.on)
            self.remarks += [UntouchedUniversity(row.line, country, known.name, remark) for remark in expired]
        changes = self._reconcile(terms, known) if known else self._reconcile_new(terms)
        return OfficeListRowResult(row.line, country, name, changes, known and known.pk, previous_name)

    def _reconcile(self, terms: frozenset[Term], known: KnownUniversity) -> AgreementChanges:
        try:
            return reconcile(terms, known.open_agreements, self.snapshot.on)
        except ValidationError as error:
            raise ValidationError({TYPE_COLUMN: error.messages}) from error

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
        terms, unknown = parse_terms(text, self.snapshot.type_names)
        if unknown:
            raise ValidationError([self.unknown_type_message(name) for name in unknown])
        if not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % truncate(text))
        return terms


def apply_changes(
    results: Sequence[OfficeListRowResult],
    types: Mapping[str, AgreementType],
    run: Run,
    progress: ProgressCallback,
) -> None:
    """Write the changes with their history. Agreements end first, as unique constraints count the others."""
    type_ids = {None: None} | {name: agreement_type.pk for name, agreement_type in types.items()}
    context = ChangeContext(run.history_reason, run.user, run, progress)
    ended = [agreement for result in results for agreement in (*result.changes.ended, *result.changes.taken_back)]
    _update_agreements(
        {agreement.pk: agreement.term._replace(status=AgreementStatus.ENDED) for agreement in ended}, type_ids, context
    )
    _update_agreements(
        {agreement.pk: term for result in results for agreement, term in result.changes.updated}, type_ids, context
    )
    renamed = {result.university_id: result.name for result in results if result.previous_name}
    universities = list(University.objects.in_bulk(renamed).values())
    for university in universities:
        university.name = renamed[university.pk]
    # The spellings have the same matching key, so the search keys stay as they are.
    bulk_update_with_history(University, universities, ["name"], context)
    new = [result for result in results if result.is_new]
    names = ["country", "name", "name_key", "search_text", "slug"]
    pks = bulk_insert_with_history(University, names, _new_universities(new), len(new), context)
    created = dict(zip(map(id, new), pks, strict=True))
    agreements = (
        (created.get(id(result), result.university_id), type_ids[term.agreement_type], term.status)
        for result in results
        for term in result.changes.added
    )
    total = sum(len(result.changes.added) for result in results)
    bulk_insert_with_history(Agreement, ["university", "agreement_type", "status"], agreements, total, context)


def _update_agreements(
    terms: Mapping[int, Term], type_ids: Mapping[str | None, int | None], context: ChangeContext
) -> None:
    agreements = list(Agreement.objects.in_bulk(terms).values())
    for agreement in agreements:
        term = terms[agreement.pk]
        agreement.agreement_type_id, agreement.status = type_ids[term.agreement_type], term.status
    bulk_update_with_history(Agreement, agreements, ["status", "agreement_type"], context)


def _new_universities(results: Sequence[OfficeListRowResult]) -> Iterator[tuple]:
    """Yield the values of the columns. The search text has the name alone, as there is no other name and no city."""
    taken = set(University.objects.values_list("slug", flat=True)) if results else set()
    for result in results:
        key = matching_key(result.name)
        slug = next(slug for slug in slug_candidates(key, result.country.code) if slug not in taken)
        taken.add(slug)
        yield result.country.pk, result.name, key, search_lines([key]), slug
