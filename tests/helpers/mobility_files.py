"""Rows of mobilities as a file has them, and their import."""

from collections import deque

from django.utils.timezone import localdate

from partners.imports.files import read_file
from partners.imports.mobility_columns import KEY_COLUMN, MOBILITY_COLUMN_OF, NUMBER_COLUMN
from partners.imports.resources import MobilitiesResource, RegisterResource
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Mobility, Run
from partners.tables.reading import Table, TableRow


def line(agreement=None, direction="out", **cells):
    """Return the cells of a line by column. Keyword arguments are field names, or `key`."""
    reference = {KEY_COLUMN: cells.pop("key")} if "key" in cells else {NUMBER_COLUMN: str(agreement.pk)}
    return reference | {MOBILITY_COLUMN_OF[name]: cell for name, cell in {"direction": direction, **cells}.items()}


def build_table(*rows, sheet=""):
    """Return a table that has the columns which occur in the rows. The first row is line 2."""
    columns = list(dict.fromkeys(column for cells in rows for column in cells))
    cells = [{column: row.get(column, "") for column in columns} for row in rows]
    return Table(deque(TableRow(at, row, ()) for at, row in enumerate(cells, start=2)), sheet=sheet)


def import_lines(*lines, user=None, **options):
    """Import a table of mobilities of its own."""
    run = Run.from_upload(b"", file_name="mobilities.tsv", user=user)
    return MobilitiesResource().import_data(build_table(*lines), on=localdate(), run=run, **options)


def import_content(content, file_name="mobilities.tsv"):
    """Import a file of any kind, by its header."""
    resource, table = read_file(content)
    return resource().import_data(table, on=localdate(), run=Run.from_upload(content, file_name=file_name))


def import_workbook(rows, lines, user=None, **options):
    """Import a workbook of the register with its sheet of mobilities."""
    table = build_table(*rows, sheet="Register")
    table.mobilities = build_table(*lines, sheet="Mobilities")
    run = Run.from_upload(b"", file_name="register.xlsx", user=user)
    return RegisterResource().import_data(table, on=localdate(), run=run, **options)


def line_errors(*lines):
    result = import_lines(*lines)
    assert not result.is_applied
    return list(result.error_lines())


def workbook_errors(rows, lines):
    result = import_workbook(rows, lines)
    assert not result.is_applied
    return list(result.error_lines())


def described(row_results):
    return [f"{result.name}: {'; '.join(result.describe())}" for result in row_results]


def stored_mobilities():
    """Return the values of all mobilities by field name, oldest first, with their pk and agreement."""
    names = [field.name for field in MOBILITY_FIELDS]
    return list(Mobility.objects.order_by("pk").values("pk", "agreement_id", *names))


def mobility_history():
    """Return history type, pk and run of all changes, oldest first."""
    return list(Mobility.history.order_by("history_id").values_list("history_type", "id", "run"))
