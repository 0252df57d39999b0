"""The office's list, the register and its mobilities as resources of django-import-export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import groupby
from operator import itemgetter

from django.db import connection, transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.resources import Resource

from exchange.transactions import read_only_transaction
from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.imports import mobility_columns, office_list_changes, register_changes, register_columns, type_notation
from partners.imports.base import TableValidator
from partners.imports.choices import NO_CHOICES
from partners.imports.mobilities import MobilitiesValidator
from partners.imports.mobility_columns import DIRECTION_COLUMN, MOBILITY_COLUMN_OF, PATHS_FOR_PEOPLE
from partners.imports.office_list import COLUMNS, OfficeListValidator
from partners.imports.register import RegisterValidator
from partners.imports.register_columns import (
    AGREEMENT_FILE_FIELDS,
    AGREEMENT_PATHS,
    EMPTY_AGREEMENT_CELLS,
    STATE_COLUMN,
    UNIVERSITY_PATHS,
)
from partners.imports.register_snapshot import RegisterSnapshot, iter_terms
from partners.imports.results import ImportResult
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Agreement, AgreementType, Mobility, Run, University
from partners.models.runs import ImportTable
from partners.querysets import (
    ALPHABETICAL_ORDER,
    STATE_LABELS,
    AgreementQuerySet,
    MobilityQuerySet,
    UniversityQuerySet,
    agreement_state,
)
from partners.tables.cells import Cell
from partners.tables.reading import Table
from partners.tables.types import ProgressCallback, no_progress

ANALYZE_THRESHOLD = 1_000
"""New rows in one import. With so many, the query planner's statistics are out of date afterwards."""


class TableResource(Resource):
    """Base resource. An import is all or nothing: if any row has an error, nothing is imported."""

    display_name: str
    columns: Sequence[str]
    optional_columns: Sequence[str] | None = None
    """None: any other columns are allowed and ignored."""
    ignored_columns: Sequence[str] = ()
    """Columns of exported files that an import ignores."""
    signs: Sequence[str] = ()
    """Columns any of which makes a file this kind of table."""
    contradiction: str
    """Error message with a placeholder for the column, if the file should be another kind of table."""
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
            result = ImportResult(self.validator_class(snapshot, dataset, progress, choices))
            is_previewed = digest is None or digest == result.digest
            is_ready = is_previewed and not (result.has_validation_errors() or result.waiting)
            if is_ready and not dry_run and (result.new or result.changed):
                self._save_run(run, result)
                self.apply([*result.new, *result.changed], snapshot.types, run, progress)
                if len(result.new) >= ANALYZE_THRESHOLD:
                    connection.cursor().execute("ANALYZE")
                result.is_applied = True
        return result

    def _save_run(self, run: Run, result: ImportResult) -> None:
        run.accepted_at, run.table = now(), self.table
        run.choices = result.choices.to_json() | {"summary": result.describe_choices()}
        run.new_count, run.changed_count = len(result.new), len(result.changed)
        run.unchanged_count = len(result.unchanged) + len(result.left)
        run.save()


class OfficeListResource(TableResource):
    display_name = gettext_lazy("The office's list")
    columns = COLUMNS
    sheet_name = "Partners"
    table = ImportTable.LIST
    validator_class = OfficeListValidator
    apply = staticmethod(office_list_changes.apply_changes)

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[tuple[str, str, str]]:
        """Yield the header and a row for each university that has a signed or an in-process agreement."""
        universities = University.objects.all() if queryset is None else queryset
        agreements = Agreement.objects.filter(university__in=universities.order_by())
        agreements = agreements.order_by(*(f"university__{name}" for name in ALPHABETICAL_ORDER))
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
    ignored_columns = (STATE_COLUMN,)
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


class AgreementsResource(RegisterResource):
    """Rows of the register for some agreements, with their states on a day. Imports ignore the column of states."""

    display_name = gettext_lazy("Agreements")

    def __init__(self, on: date):
        super().__init__()
        self.on = on

    def export(self, queryset: AgreementQuerySet, **kwargs) -> Iterator[Sequence[Cell]]:
        """Yield the header and a row for each agreement, in the order of the queryset."""
        after_status = register_columns.COLUMNS.index(register_columns.STATUS_COLUMN) + 1
        columns, end = register_columns.COLUMNS, len(AGREEMENT_PATHS)
        yield *columns[:after_status], STATE_COLUMN, *columns[after_status:]
        fields = (*AGREEMENT_FILE_FIELDS, *UNIVERSITY_FIELDS)
        paths = (*AGREEMENT_PATHS, *(f"university__{field.name}" for field in UNIVERSITY_FIELDS))
        rows = queryset.values_list("pk", "university__country__name", "university__name", *paths)
        for pk, country, name, *values in rows.iterator():
            agreement = dict(zip(AGREEMENT_PATHS, values[:end], strict=True))
            state = agreement_state(agreement["status"], agreement["valid_from"], agreement["valid_until"], self.on)
            cells = [field.format(value) for field, value in zip(fields, values, strict=True)]
            row = [country, name, *cells[:end], str(pk), *cells[end:]]
            yield *row[:after_status], str(STATE_LABELS[state]), *row[after_status:]

    def export_sheets(self, queryset: AgreementQuerySet) -> dict[str, Iterable[Sequence[Cell]]]:
        mobilities = Mobility.objects.filter(agreement__in=queryset.order_by().values("pk"))
        return {self.sheet_name: self.export(queryset), MobilitiesResource.sheet_name: iter_mobilities(mobilities)}


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
        universities = University.objects.all() if queryset is None else queryset
        return iter_mobilities(Mobility.objects.filter(agreement__university__in=universities.order_by()))


def iter_mobilities(mobilities: MobilityQuerySet) -> Iterator[Sequence[Cell]]:
    """Yield the header and a row for each mobility, in the order of the register's agreements."""
    yield mobility_columns.COLUMNS
    rows = mobilities.order_by(
        "agreement__university__country__name_key", "agreement__university__name_key", "agreement_id", "pk"
    ).values_list("agreement_id", *PATHS_FOR_PEOPLE.values(), *MOBILITY_COLUMN_OF)
    for pk, country, name, type_name, scope, *values in rows.iterator():
        cells = [field.format(value) for field, value in zip(MOBILITY_FIELDS, values, strict=True)]
        yield str(pk), country, name, type_name or "", scope, *cells
