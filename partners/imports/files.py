"""Reading of a file whose header says which kind of table it is."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from django.utils.translation import gettext as _

from partners.imports import mobility_columns
from partners.imports.base import NAME_COLUMN
from partners.imports.country_lookup import CountryLookup
from partners.imports.encodings import guess_encoding
from partners.imports.mobility_columns import DIRECTION_COLUMN, MOBILITY_COLUMN_OF, REFERENCE_COLUMNS
from partners.imports.office_list import COLUMNS
from partners.imports.register_columns import NUMBER_COLUMN
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource, TableResource
from partners.imports.type_columns import merge_type_columns
from partners.models import Country
from partners.tables.encodings import EncodingGuess
from partners.tables.headers import find_places
from partners.tables.reading import DEFAULT_OPTIONS, ReadOptions, Table, TableFile, describe_in_sheet
from partners.tables.types import Record, TableError, UnknownEncodingError, is_not_blank, join_names

EXAMPLE_NAME = "Example University (this row is not imported)"
"""The name of the example row of a template."""


def read_file(
    data: bytes, expected: type[TableResource] | None = None, options: ReadOptions = DEFAULT_OPTIONS
) -> tuple[type[TableResource], Table]:
    """Return the kind of table that a file is by its header, and its rows.

    Raise TableError if it cannot be read or is not the expected kind, HeaderError if columns are not recognized.
    """
    file, guess = _open_file(data, options)
    merge_type_columns(file)
    mobilities, others = file.split(DIRECTION_COLUMN, mobility_columns.COLUMNS)
    resource = _find_kind(mobilities, others, expected)
    chosen = file if resource is MobilitiesResource else others
    _require_header(chosen, resource)
    table = chosen.read(resource.columns, resource.optional_columns, resource.ignored_columns)
    table.encoding_guess = guess
    _skip_example(table)
    if not table.rows:
        raise TableError(_("The file has no row but the example of the template. Fill it in and choose it again."))
    if resource is RegisterResource and mobilities.sheets:
        table.mobilities = _read_mobilities(mobilities)
        table.other_sheets += table.mobilities.other_sheets
    elif resource is OfficeListResource:
        table.other_sheets += [sheet.name for sheet in mobilities.sheets]
    table.further_notices += _notices_of_details(table)
    return resource, table


def _open_file(data: bytes, options: ReadOptions) -> tuple[TableFile, EncodingGuess | None]:
    """Return the file, and the guess of its encoding if that had to be guessed."""
    try:
        return TableFile(data, COLUMNS, options), None
    except UnknownEncodingError:
        guess = guess_encoding(data)
        if guess is None:
            raise
        return TableFile(data, COLUMNS, replace(options, encoding=guess.encoding)), guess


def _require_header(file: TableFile, resource: type[TableResource]) -> None:
    """Raise TableError if the file begins with a row of the table: no header is recognized, and a country is."""
    _sheet, header = file.find_header(resource.columns)
    if len(header.missing) == len(resource.columns):
        lookup = CountryLookup(Country.objects.all())
        if any(map(lookup.find, filter(is_not_blank, header.record.cells))):
            message = _(
                "The file has no header: line %(line)d names a country already. Write the columns %(all)s above."
            )
            raise TableError(message % {"line": header.record.line, "all": join_names(resource.columns)})


def _notices_of_details(table: Table) -> list[str]:
    """Return a sentence about ignored columns that the register would know."""
    places = find_places(Record(0, table.ignored_columns), RegisterResource.optional_columns, {})
    known = sorted({place for found in places.values() for place in found})
    details = [table.ignored_columns[place] for place in known]
    if not details:
        return []
    message = _("The register has the columns %(names)s. To import them, add the column “%(sign)s”.")
    return [message % {"names": join_names(details), "sign": RegisterResource.signs[0]}]


def _find_kind(mobilities: TableFile, others: TableFile, expected: type[TableResource] | None) -> type[TableResource]:
    """Return the kind of table by the header. Raise TableError if it is not the expected one.

    ``mobilities`` has the sheets with a column Direction, ``others`` the rest.
    """
    header = None if mobilities.sheets and not others.visible_sheets else others.find_header(COLUMNS)[1]
    places = find_places(header.record, RegisterResource.signs, others.options.columns) if header else {}
    signs = [column for column, found in places.items() if found]
    if signs:
        found, sign = RegisterResource, signs[0]
    elif mobilities.sheets and (header is None or header.missing):
        found, sign = MobilitiesResource, DIRECTION_COLUMN
    elif expected and header.missing:
        return expected
    else:
        found, sign = OfficeListResource, ""
    if expected in (None, found):
        return found
    if found is OfficeListResource:
        message = _("The file is the office's list, as it has no column “%s”. Add it, or import the file as the list.")
        raise TableError(message % expected.signs[0])
    raise TableError(found.contradiction % sign)


def _skip_example(table: Table) -> None:
    """Take a template's example row out of the table, and name it as skipped."""
    lines = {row.line for row in table.rows if row.cells.get(NAME_COLUMN, "").strip() == EXAMPLE_NAME}
    table.skipped_rows += [(line, EXAMPLE_NAME) for line in sorted(lines)]
    table.rows = deque(row for row in table.rows if row.line not in lines)


def _read_mobilities(file: TableFile) -> Table:
    """Read the sheet of mobilities in the register's workbook. Raise TableError, with the name of the sheet."""
    sheet, _header = file.find_header([DIRECTION_COLUMN])
    # Headers that a person has assigned to the register's columns are those of its own sheet.
    assigned = {name: header for name, header in file.options.columns.items() if name in MOBILITY_COLUMN_OF.values()}
    file.options = replace(file.options, columns=assigned)
    try:
        table = file.read([DIRECTION_COLUMN], [NUMBER_COLUMN, *MobilitiesResource.optional_columns], allow_empty=True)
        _skip_example(table)
        if table.rows and table.rows[0].cells.keys().isdisjoint(REFERENCE_COLUMNS):
            message = _("It has neither a column “%s” nor a column “%s”. Add one of them.")
            raise TableError(message % REFERENCE_COLUMNS)
    except TableError as error:
        raise TableError(describe_in_sheet(sheet.name, str(error))) from error
    return table
