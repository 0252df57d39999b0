"""The office's list and the register as django-import-export resources: what goes in, and what comes out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Result

from exchange.transactions import read_only_transaction
from partners import tables
from partners.imports import reconciliation, register_changes, register_columns, type_notation
from partners.imports.base import TableValidator
from partners.imports.office_list import COLUMNS, OfficeListValidator
from partners.imports.reconciliation import OfficeListRowResult
from partners.imports.register import RegisterValidator
from partners.imports.register_columns import AGREEMENT_PATHS, NO_AGREEMENT, UNIVERSITY_FIELDS
from partners.imports.register_snapshot import RegisterSnapshot, iter_terms
from partners.models import Agreement, AgreementType, ImportRun, University
from partners.querysets import UniversityQuerySet
from partners.tables import Table
from partners.tables.types import Cell, ProgressCallback, no_progress


class ImportResult(Result):
    """What an import does, or would do. In the place of ``rows`` it keeps what they come to, which is far smaller."""

    def __init__(self, judge: TableValidator, headers: list[str]):
        super().__init__()
        self.is_applied = False
        self.diff_headers = headers
        self.ignored = judge.table.ignored
        self.other_sheets = judge.table.other_sheets
        self.new: list[OfficeListRowResult] = []
        self.changed: list[OfficeListRowResult] = []
        self.unchanged: list[OfficeListRowResult] = []
        for row, outcome in judge.outcomes():
            if isinstance(outcome, ValidationError):
                self.append_invalid_row(row.line, row.cells, outcome)
            else:
                self._bucket_for(outcome).append(outcome)
        self.absent = judge.absent()

    def _bucket_for(self, outcome: OfficeListRowResult) -> list[OfficeListRowResult]:
        if outcome.is_new:
            return self.new
        return self.changed if outcome.is_changed else self.unchanged

    @property
    def digest(self) -> str:
        """Two imports that would change the same things in the same register have the same digest."""
        told = hashlib.sha256()
        for outcome in (*self.new, *self.changed):
            told.update(f"{outcome.country.pk}: {outcome}\n".encode())
        return told.hexdigest()

    def can_apply(self, digest: str | None) -> bool:
        """Whether it is what was shown under this digest, if one was shown, and without an error."""
        return not self.has_validation_errors() and digest in (None, self.digest)

    def counts(self) -> str:
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(errors)d errors") % {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "errors": len(self.invalid_rows),
        }

    def error_lines(self) -> Iterator[str]:
        for row in self.invalid_rows:
            for column, messages in row.field_specific_errors.items():
                for message in messages:
                    where = {"line": row.number, "column": column, "message": message}
                    yield _("Line %(line)d, %(column)s: %(message)s") % where


class TableResource(Resource):
    """All or nothing: one row with an error, and nothing is imported."""

    columns: Sequence[str]
    """What a file has to have."""
    optional: Sequence[str] | None = None
    """What it may have besides. None if it may have anything, which is ignored."""
    judge: type[TableValidator]
    apply: Callable[[Sequence, Mapping[str, AgreementType], ImportRun, ProgressCallback], None]
    """Makes the changes of outcomes that the judge has given."""

    def get_import_fields(self):
        return [Field(column_name=column) for column in (*self.columns, *(self.optional or ()))]

    @classmethod
    def read(cls, data: bytes) -> Table:
        """The table that a file is. Raises TableError."""
        return tables.read_table(data, cls.columns, cls.optional)

    def import_data(
        self, dataset: Table, dry_run=False, run=None, digest=None, watch=no_progress, **kwargs
    ) -> ImportResult:
        """Imports the table as an import run, unless it has errors or is not what was shown under the digest.

        An import that changes nothing leaves no run, and no history. What is checked and what is written
        passes through ``watch``. While a dry run is made, others go on saving.
        """
        with read_only_transaction() if dry_run else transaction.atomic():
            return self._import(dataset, dry_run, run, digest, watch)

    def _import(self, dataset, dry_run, run, digest, watch):
        snapshot = RegisterSnapshot(is_locking=not dry_run)
        result = ImportResult(self.judge(snapshot, dataset, watch), self.get_diff_headers())
        if not dry_run and result.can_apply(digest) and (result.new or result.changed):
            run.accept(new=len(result.new), changed=len(result.changed), unchanged=len(result.unchanged))
            self.apply([*result.new, *result.changed], snapshot.types, run, watch)
            result.is_applied = True
        return result


class OfficeListResource(TableResource):
    columns = COLUMNS
    judge = OfficeListValidator
    apply = staticmethod(reconciliation.apply_changes)

    @classmethod
    def get_display_name(cls):
        return gettext_lazy("The office's list")

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[tuple[str, str, str]]:
        """The header and a row for each university that has a signed or an in-process agreement."""
        universities = University.objects.all() if queryset is None else queryset
        agreements = Agreement.objects.filter(university__in=universities.order_by()).ordered_by_university()
        positions = {name: at for at, name in enumerate(AgreementType.objects.values_list("name", flat=True))}
        written = cache(partial(type_notation.format_terms, order=positions))
        yield COLUMNS
        told = iter_terms(agreements, "university__country__name", "university__name")
        for (_pk, country, name), same in groupby(told, key=itemgetter(0, 3, 4)):
            yield country, name, written(tuple([term for _pk, term, *_others in same]))


class RegisterResource(TableResource):
    columns = register_columns.REQUIRED
    optional = register_columns.OPTIONAL
    judge = RegisterValidator
    apply = staticmethod(register_changes.apply_changes)

    @classmethod
    def get_display_name(cls):
        return gettext_lazy("The register")

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[Sequence[Cell]]:
        """The header and a row for each agreement, or for a university without any."""
        universities = University.objects.all() if queryset is None else queryset
        agreements = defaultdict(list)
        of_these = Agreement.objects.filter(university__in=universities.order_by()).ordered_by_type()
        for university, *values in of_these.values_list("university", "pk", *AGREEMENT_PATHS).iterator():
            agreements[university].append(register_columns.agreement_cells(*values))
        yield register_columns.COLUMNS
        every = universities.alphabetical().values_list("pk", "country__name", *UNIVERSITY_FIELDS)
        for pk, country, name, *values in every.iterator():
            profile = register_columns.university_cells(*values)
            for cells in agreements.get(pk, [NO_AGREEMENT]):
                yield country, name, *cells, *profile
