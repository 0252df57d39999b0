"""Columns of a table of mobilities, from the declarations of the fields."""

from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.register_columns import COLUMN_OF, KEY_COLUMN, NUMBER_COLUMN, TYPE_COLUMN
from partners.mobility_fields import MOBILITY_FIELDS

MOBILITY_COLUMN_OF = {field.name: field.column for field in MOBILITY_FIELDS}
"""Columns by the names of the fields."""
DIRECTION_COLUMN = MOBILITY_COLUMN_OF["direction"]
REFERENCE_COLUMNS = (NUMBER_COLUMN, KEY_COLUMN)
"""Columns by which a line names its agreement. A row key names one on the register's sheet of the same workbook."""
PATHS_FOR_PEOPLE = {
    COUNTRY_COLUMN: "agreement__university__country__name",
    NAME_COLUMN: "agreement__university__name",
    TYPE_COLUMN: "agreement__agreement_type__name",
    COLUMN_OF["scope"]: "agreement__scope",
}
"""Lookups of the columns that describe the agreement to readers. An import only compares the university."""
COLUMNS = (NUMBER_COLUMN, *PATHS_FOR_PEOPLE, *MOBILITY_COLUMN_OF.values())
REQUIRED = (DIRECTION_COLUMN, NUMBER_COLUMN)
OPTIONAL = (*(column for column in COLUMNS if column not in REQUIRED), KEY_COLUMN)
