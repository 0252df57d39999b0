"""Files of the register: their import, their export, and the agreements they are compared with."""

from django.utils.timezone import localdate

from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.register_columns import (
    COLUMN_OF,
    COLUMNS,
    NUMBER_COLUMN,
    OPTIONAL,
    REQUIRED,
    STATUS_COLUMN,
    TYPE_COLUMN,
)
from partners.imports.resources import RegisterResource
from partners.models import Agreement, AgreementType, Run
from tests.helpers.factories import UniversityFactory
from tests.helpers.tables import read_table, write_table

COLOGNE, MALAGA = "University of Cologne", "University of Malaga"
HEADERS = COLUMN_OF | {"number": NUMBER_COLUMN}


def row(agreement_type="", status="", name=COLOGNE, country="Germany", **cells):
    """Return the cells of a row by column. Keyword arguments are field names, or `number`."""
    required = {COUNTRY_COLUMN: country, NAME_COLUMN: name, TYPE_COLUMN: agreement_type, STATUS_COLUMN: status}
    return required | {HEADERS[field]: str(cell) for field, cell in cells.items()}


def import_file(content, file_name="register.csv", user=None, read_options=None, **options):
    run = Run.from_upload(content, file_name=file_name, user=user)
    table = read_table(content, REQUIRED, OPTIONAL, **(read_options or {}))
    return RegisterResource().import_data(table, on=localdate(), run=run, **options)


def import_rows(*rows, **options):
    """Import a file that has the columns which occur in the rows. The first row is line 2."""
    columns = [column for column in COLUMNS if any(column in cells for cells in rows)]
    cells = [[row.get(column, "") for column in columns] for row in rows]
    return import_file(write_table([columns, *cells], "csv"), **options)


def errors(*rows, **options):
    result = import_rows(*rows, **options)
    assert not result.is_applied
    return list(result.error_lines())


def create_university(*agreements, name=COLOGNE, **values):
    """Create a German university with agreements of (type name, status, optional fields). Return it and their pks."""
    university = UniversityFactory(name=name, **values)
    pks = []
    for type_name, status, *dates in agreements:
        agreement_type = AgreementType.objects.get(name=type_name) if type_name else None
        fields = dates[0] if dates else {}
        agreement = Agreement(university=university, agreement_type=agreement_type, status=status, **fields)
        agreement.save(force_insert=True)
        pks.append(agreement.pk)
    return university, *pks


def agreements(name=COLOGNE, *fields):
    """Return a university's agreements as (type name, status, *fields), oldest first."""
    found = Agreement.objects.filter(university__name=name).order_by("pk")
    return list(found.values_list("agreement_type__name", "status", *fields))


def exported_rows(queryset=None):
    header, *rows = RegisterResource().export(queryset)
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def make_rows(number, *agreement, **cells):
    return [row(*agreement, name=f"University {at}", **cells) for at in range(number)]


def run_changes(model):
    """Return history type and object id of the changes by the last run, oldest first."""
    run = Run.objects.accepted().first()
    return list(model.history.filter(run=run).order_by("history_id").values_list("history_type", "id"))
