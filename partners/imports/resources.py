"""The office's list, the register and its mobilities as resources of django-import-export."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import groupby
from operator import attrgetter, itemgetter

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Result

from exchange.transactions import read_only_transaction
from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.enums import ImportTable
from partners.imports import mobility_columns, office_list_changes, register_changes, register_columns, type_notation
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN, TableValidator
from partners.imports.choices import NO_CHOICES, ImportChoices
from partners.imports.mobilities import MobilitiesValidator
from partners.imports.mobility_columns import DIRECTION_COLUMN, MOBILITY_COLUMN_OF, PATHS_FOR_PEOPLE
from partners.imports.name_questions import NameQuestion
from partners.imports.office_list import COLUMNS, OfficeListValidator
from partners.imports.office_list_changes import OfficeListRowResult
from partners.imports.register import RegisterValidator
from partners.imports.register_columns import (
    AGREEMENT_FILE_FIELDS,
    AGREEMENT_PATHS,
    EMPTY_AGREEMENT_CELLS,
    UNIVERSITY_PATHS,
)
from partners.imports.register_snapshot import RegisterSnapshot, iter_terms
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Agreement, AgreementType, Mobility, Run, University
from partners.querysets import UniversityQuerySet
from partners.tables.cells import Cell
from partners.tables.reading import Table
from partners.tables.types import ProgressCallback, no_progress

ANALYZE_THRESHOLD = 1_000
"""New rows in one import. With so many, the query planner's statistics are out of date afterwards."""


class ImportResult(Result):
    """The result of an import or of a dry run. It keeps row results and no ``rows``, which take far more memory."""

    def __init__(self, validator: TableValidator | MobilitiesValidator):
        super().__init__()
        # The cells that are kept of rows with errors, so that people find them.
        self.diff_headers = [COUNTRY_COLUMN, NAME_COLUMN]
        self.is_applied = False
        self.new: list[OfficeListRowResult] = []
        self.changed: list[OfficeListRowResult] = []
        self.unchanged: list[OfficeListRowResult] = []
        self.take_backs: list[OfficeListRowResult] = []
        """Rows that take back changes of people. They are in ``changed`` as well, unless they are left."""
        for row, row_result in validator.validate_rows():
            if isinstance(row_result, ValidationError):
                self.append_invalid_row(row.line, row.cells, row_result)
            else:
                self._append(row_result)
        self.questions = validator.questions
        self.notices = [*validator.table.notices(), *validator.notices()]
        self.remarks = validator.remarks
        self.missing_universities = validator.missing_universities()
        """None if the table is not one of universities."""
        self.offered_options = validator.offered_options

    def _append(self, row_result: OfficeListRowResult) -> None:
        if row_result.takes_back:
            self.take_backs.append(row_result)
        if row_result.is_new:
            self.new.append(row_result)
        elif not row_result.is_left:
            (self.changed if row_result.is_changed else self.unchanged).append(row_result)

    @property
    def left(self) -> list[OfficeListRowResult]:
        """Return the rows that change nothing, as nobody has allowed what they take back."""
        return [row_result for row_result in self.take_backs if row_result.is_left]

    @property
    def waiting(self) -> list[NameQuestion]:
        """Return the questions without a possible answer. Nothing is imported as long as there are any."""
        return [question for question in self.questions if question.is_waiting]

    @property
    def choices(self) -> ImportChoices:
        """Return the choice of each question, and the universities where changes are taken back."""
        names = {question.line: question.choice for question in self.questions}
        return ImportChoices(names, frozenset(row.university_id for row in self.take_backs if not row.is_left))

    @property
    def digest(self) -> str:
        """Return a hash of the questions and changes, whichever is chosen.

        It is equal for imports that offer the same in the same register.
        """
        asked = {question.line for question in self.questions}
        rows = [row for row in (*self.new, *self.changed, *self.left) if row.line not in asked]
        digest = hashlib.sha256()
        for row in sorted(rows, key=attrgetter("line")):
            digest.update(f"{row.country.pk}: {row}\n".encode())
        for question in self.questions:
            digest.update(f"{question.country.pk}: {question}\n".encode())
        return digest.hexdigest()

    def counts(self) -> str:
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(errors)d errors") % {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged) + len(self.left),
            "errors": len(self.invalid_rows),
        }

    def error_lines(self) -> Iterator[str]:
        for row in self.invalid_rows:
            for column, messages in row.field_specific_errors.items():
                for message in messages:
                    params = {"line": row.number, "column": column, "message": message}
                    yield _("Line %(line)d, %(column)s: %(message)s") % params


class TableResource(Resource):
    """Base resource. An import is all or nothing: if any row has an error, nothing is imported."""

    display_name: str
    columns: Sequence[str]
    optional_columns: Sequence[str] | None = None
    """None: any other columns are allowed and ignored."""
    signs: Sequence[str] = ()
    """Columns any of which makes a file this kind of table."""
    contradiction: str
    """Says, with the column, that a file is this kind of table and not the expected one."""
    sheet_name: str
    """Name of the sheet in a workbook."""
    table: ImportTable
    validator_class: type[TableValidator | MobilitiesValidator]
    apply: Callable[[Sequence, Mapping[str, AgreementType], Run, ProgressCallback], None]
    """Write the changes of valid rows. The progress callback wraps the iterables."""

    @classmethod
    def get_display_name(cls):
        return cls.display_name

    def get_import_fields(self):
        return [Field(column_name=column) for column in (*self.columns, *(self.optional_columns or ()))]

    def export_sheets(self, queryset: UniversityQuerySet | None = None) -> dict[str, Iterable[Sequence[Cell]]]:
        """Return the rows of each sheet, beginning with its header, by the name of the sheet."""
        return {self.sheet_name: self.export(queryset)}

    def build_validator(
        self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, choices: ImportChoices
    ) -> TableValidator | MobilitiesValidator:
        return self.validator_class(snapshot, table, progress)

    def import_data(
        self,
        dataset: Table,
        *,
        on: date,
        dry_run=False,
        run=None,
        choices=NO_CHOICES,
        digest=None,
        progress=no_progress,
        **kwargs,
    ) -> ImportResult:
        """Import the table as a run, unless it has errors, a question waits, or what it offers has another digest.

        An import that changes nothing leaves no run and no history. ``progress`` wraps the iterables of rows that are
        validated and written. A dry run takes no lock.
        """
        with read_only_transaction() if dry_run else transaction.atomic():
            snapshot = RegisterSnapshot(on, is_locking=not dry_run)
            result = ImportResult(self.build_validator(snapshot, dataset, progress, choices))
            is_previewed = digest in (None, result.digest)
            is_ready = is_previewed and not (result.has_validation_errors() or result.waiting)
            if is_ready and not dry_run and (result.new or result.changed):
                self._save_run(run, result)
                self.apply([*result.new, *result.changed], snapshot.types, run, progress)
                if len(result.new) >= ANALYZE_THRESHOLD:
                    connection.cursor().execute("ANALYZE")
                result.is_applied = True
        return result

    def _save_run(self, run: Run, result: ImportResult) -> None:
        run.accepted_at, run.table, run.choices = now(), self.table, result.choices.to_json()
        run.new_count, run.changed_count = len(result.new), len(result.changed)
        run.unchanged_count = len(result.unchanged) + len(result.left)
        run.save()


class OfficeListResource(TableResource):
    display_name = gettext_lazy("The office's list")
    columns = COLUMNS
    sheet_name = "Partners"
    table = ImportTable.LIST
    apply = staticmethod(office_list_changes.apply_changes)

    def build_validator(self, *args) -> OfficeListValidator:
        return OfficeListValidator(*args)

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[tuple[str, str, str]]:
        """Yield the header and a row for each university that has a signed or an in-process agreement."""
        universities = University.objects.all() if queryset is None else queryset
        agreements = Agreement.objects.filter(university__in=universities.order_by()).ordered_by_university()
        positions = {
            name: position for position, name in enumerate(AgreementType.objects.values_list("name", flat=True))
        }
        format_terms = cache(partial(type_notation.format_terms, order=positions))
        yield COLUMNS
        rows = iter_terms(agreements, "university__country__name", "university__name")
        for (_pk, country, name), group in groupby(rows, key=itemgetter(0, 2, 3)):
            yield country, name, format_terms(frozenset(term for _pk, term, *_names in group))


class RegisterResource(TableResource):
    display_name = gettext_lazy("The register")
    columns = register_columns.REQUIRED
    optional_columns = register_columns.OPTIONAL
    signs = (register_columns.STATUS_COLUMN, register_columns.NUMBER_COLUMN)
    contradiction = gettext_lazy(
        "The file is the register, as its column “%s” says. Leave out the column, or import the register."
    )
    sheet_name = "Register"
    table = ImportTable.REGISTER
    validator_class = RegisterValidator
    apply = staticmethod(register_changes.apply_changes)

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[Sequence[Cell]]:
        """Yield the header and a row for each agreement, and one for each university without agreements."""
        universities = University.objects.all() if queryset is None else queryset
        cells_by_university = defaultdict(list)
        agreements = Agreement.objects.filter(university__in=universities.order_by()).ordered_by_type()
        for university, pk, *values in agreements.values_list("university", "pk", *AGREEMENT_PATHS).iterator():
            cells = [field.format(value) for field, value in zip(AGREEMENT_FILE_FIELDS, values, strict=True)]
            cells_by_university[university].append([*cells, str(pk)])
        yield register_columns.COLUMNS
        rows = universities.in_alphabetical_order().values_list("pk", "country__name", *UNIVERSITY_PATHS)
        for pk, country, name, *values in rows.iterator():
            university_cells = [field.format(value) for field, value in zip(UNIVERSITY_FIELDS, values, strict=True)]
            for agreement_cells in cells_by_university.get(pk, [EMPTY_AGREEMENT_CELLS]):
                yield country, name, *agreement_cells, *university_cells

    def export_sheets(self, queryset: UniversityQuerySet | None = None) -> dict[str, Iterable[Sequence[Cell]]]:
        """Return the rows of the register, and those of its mobilities, which a text file leaves out."""
        return super().export_sheets(queryset) | MobilitiesResource().export_sheets(queryset)


class MobilitiesResource(TableResource):
    """One row per mobility. In the register's workbook it is the second sheet."""

    display_name = gettext_lazy("The mobilities")
    columns = mobility_columns.REQUIRED
    optional_columns = mobility_columns.OPTIONAL
    signs = (DIRECTION_COLUMN,)
    contradiction = gettext_lazy(
        "The file has mobilities, as its column “%s” says. Leave out the column, or import the mobilities."
    )
    sheet_name = "Mobilities"
    table = ImportTable.MOBILITIES
    validator_class = MobilitiesValidator
    apply = staticmethod(register_changes.apply_changes)

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[Sequence[Cell]]:
        """Yield the header and a row for each mobility, in the order of the register's agreements."""
        universities = University.objects.all() if queryset is None else queryset
        mobilities = Mobility.objects.filter(agreement__university__in=universities.order_by()).order_by(
            "agreement__university__country__name_key", "agreement__university__name_key", "agreement_id", "pk"
        )
        yield mobility_columns.COLUMNS
        rows = mobilities.values_list("agreement_id", *PATHS_FOR_PEOPLE.values(), *MOBILITY_COLUMN_OF)
        for pk, country, name, type_name, scope, *values in rows.iterator():
            cells = [field.format(value) for field, value in zip(MOBILITY_FIELDS, values, strict=True)]
            yield str(pk), country, name, type_name or "", scope, *cells
