"""Columns of the register's file, from the declarations of the fields, and values as the preview displays them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.agreement_fields import AGREEMENT_FIELDS, UNIVERSITY_FIELDS
from partners.enums import AgreementStatus
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.models import Agreement, University
from partners.tables.types import Cell

NUMBER_COLUMN = "Agreement number"
COLUMN_OF = {field.name: field.column for field in (*AGREEMENT_FIELDS, *UNIVERSITY_FIELDS) if field.column}
"""Columns by the names of the fields."""
TYPE_COLUMN, STATUS_COLUMN = COLUMN_OF["agreement_type"], COLUMN_OF["status"]
REQUIRED = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN, STATUS_COLUMN)
AGREEMENT_DETAILS = tuple(field for field in AGREEMENT_FIELDS if field.column and field.column not in REQUIRED)
AGREEMENT_FILE_FIELDS = tuple(field for field in AGREEMENT_FIELDS if field.column)
"""Type and status, which every file has, and the details."""
OPTIONAL = (
    *(field.column for field in AGREEMENT_DETAILS),
    NUMBER_COLUMN,
    *(field.column for field in UNIVERSITY_FIELDS),
)
COLUMNS = REQUIRED + OPTIONAL

AGREEMENT_PATHS = tuple(field.lookup or field.name for field in AGREEMENT_FILE_FIELDS)
UNIVERSITY_PATHS = ("name", *(field.name for field in UNIVERSITY_FIELDS))
EMPTY_AGREEMENT_CELLS = ("",) * len((*AGREEMENT_FILE_FIELDS, NUMBER_COLUMN))
MAX_DISPLAY_LENGTH = 200
"""Characters of a value in the preview."""

FieldValues = dict[str, object]
"""Values of a university or an agreement by field name. A related object is represented by its name in files."""
NEW_AGREEMENT = {field.name: Agreement._meta.get_field(field.name).get_default() for field in AGREEMENT_FILE_FIELDS}
NEW_UNIVERSITY = {name: University._meta.get_field(name).get_default() for name in UNIVERSITY_PATHS}


def agreement_cells(pk: int, *values: object) -> tuple[Cell, ...]:
    return *(field.format(value) for field, value in zip(AGREEMENT_FILE_FIELDS, values, strict=True)), str(pk)


def university_cells(*values: object) -> list[Cell]:
    return [field.format(value) for field, value in zip(UNIVERSITY_FIELDS, values, strict=True)]


def field_label(model: type[models.Model], name: str) -> str:
    return _("spelling") if name == "name" else str(model._meta.get_field(name).verbose_name)


def display_value(name: str, value: object) -> str:
    """Format a value for the preview of an import."""
    if name == "status":
        return str(AgreementStatus(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "\N{EN DASH}"
    if isinstance(value, date):
        return date_format(value)
    if name == "study_levels":
        return Agreement(study_levels=value).study_levels_display()
    return _display_text(str(value))


def _display_text(text: str) -> str:
    line = ", ".join(filter(None, text.split("\n")))
    if len(line) <= MAX_DISPLAY_LENGTH:
        return line
    params = {"beginning": line[:MAX_DISPLAY_LENGTH].rstrip(), "length": len(text)}
    return _("%(beginning)s… (%(length)d characters)") % params


def describe_agreement(values: Mapping[str, object]) -> str:
    type_name = values["agreement_type"] or _("type unknown")
    return _("%(type)s (%(status)s)") % {"type": type_name, "status": display_value("status", values["status"])}
