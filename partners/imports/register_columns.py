"""Columns of the register's file, from the declarations of the fields."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from partners.agreement_fields import AGREEMENT_FIELDS, UNIVERSITY_FIELDS
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.models import Agreement, AgreementType, University

NUMBER_COLUMN = "Agreement number"
KEY_COLUMN = "Row key"
"""A text of the office's own by which the sheet of mobilities names an agreement that has no number yet."""
STATE_COLUMN = "State"
"""In force, upcoming or expired, as its status and period say on the day of the export."""
COLUMN_OF = {field.name: field.column for field in (*AGREEMENT_FIELDS, *UNIVERSITY_FIELDS) if field.column}
"""Columns by the names of the fields."""
TYPE_COLUMN, STATUS_COLUMN = COLUMN_OF["agreement_type"], COLUMN_OF["status"]
REQUIRED = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN, STATUS_COLUMN)
AGREEMENT_FILE_FIELDS = tuple(field for field in AGREEMENT_FIELDS if field.column)
"""Type and status, which every file has, and the details."""
COLUMNS = (
    *(COUNTRY_COLUMN, NAME_COLUMN),
    *(field.column for field in AGREEMENT_FILE_FIELDS),
    NUMBER_COLUMN,
    *(field.column for field in UNIVERSITY_FIELDS),
)
OPTIONAL = (*(column for column in COLUMNS if column not in REQUIRED), KEY_COLUMN)

AGREEMENT_PATHS = tuple(field.lookup or field.name for field in AGREEMENT_FILE_FIELDS)
UNIVERSITY_PATHS = ("name", *(field.name for field in UNIVERSITY_FIELDS))
EMPTY_AGREEMENT_CELLS = ("",) * len((*AGREEMENT_FILE_FIELDS, NUMBER_COLUMN))
FieldValues = dict[str, object]
"""Values of a university or an agreement by field name. A related object is represented by its name in files."""
NEW_AGREEMENT = {field.name: Agreement._meta.get_field(field.name).get_default() for field in AGREEMENT_FILE_FIELDS}
NEW_UNIVERSITY = {name: University._meta.get_field(name).get_default() for name in UNIVERSITY_PATHS}


def build_agreement(values: Mapping[str, object]) -> Agreement:
    """Return an unsaved agreement for descriptions of its title and period. Its type has nothing but its name."""
    names = ("scope", "status", "valid_from", "valid_until", "is_open_ended")
    type_name = values["agreement_type"]
    agreement_type = AgreementType(name=type_name) if type_name else None
    return Agreement(agreement_type=agreement_type, **{name: values[name] for name in names})


def describe_agreement(values: Mapping[str, object]) -> str:
    agreement = build_agreement(values)
    return _("%(title)s (%(status)s)") % {"title": agreement.title, "status": agreement.get_status_display()}
