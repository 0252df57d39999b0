"""The fields of an agreement, and those of a university that the register's file has, each declared once.

The columns of the register's file and their parsers, the admin's fieldsets, the bulk edit, the public pages and the
JSON follow from the declarations. To add a text field: the model field, its migration, and an ``AgreementField`` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, gettext_noop

from partners import cells
from partners.dates import parse_date
from partners.models import Agreement, University
from partners.ror_ids import ror_url
from partners.tables.cells import Cell


class AdminSection(models.TextChoices):
    """The fieldsets of an agreement's change form, in their order."""

    MAIN = "main", ""
    WORK = "work", gettext_lazy("The work on it")
    STUDENTS = "students", gettext_lazy("For students")
    END = "end", gettext_lazy("Its end")


@dataclass(frozen=True)
class RegisterField:
    """A model field and its column in the register's file."""

    model: ClassVar[type[models.Model]]

    name: str
    column: str = ""
    """Header of the column, the same in every language. Empty: not in files."""
    parser: Callable[[str], object] | None = None
    """Parses a cell. None: the text is cleaned as the model field does."""
    formatter: Callable[[object], Cell] | None = None
    """Formats a value for a cell. None: it is written as it is."""
    error_message: str = ""
    """Replaces the model field's own messages about a text, and quotes it as “%s”."""
    lookup: str = ""
    """Path of the name that stands for a related object in files. An import finds the objects itself."""
    public_label: str = ""
    """Label among the details or links on the public pages. Empty: not among them."""
    in_json: bool = False
    """In the public JSON, under its own name."""

    def parse(self, text: str) -> object:
        if self.parser:
            return self.parser(text)
        return cells.parse_text(text, self.model._meta.get_field(self.name), self.error_message)

    def format(self, value: object) -> Cell:
        if value is None:
            return ""
        return self.formatter(value) if self.formatter else value


@dataclass(frozen=True)
class AgreementField(RegisterField):
    model = Agreement

    section: AdminSection | None = AdminSection.MAIN
    """None: no field of the admin's form. The page has it as text."""
    is_beside_previous: bool = False
    """On one line of the admin's form with the field before."""
    in_bulk_edit: bool = False
    is_public: bool = False
    """The public may know it. Pages and files for the public do not even select the others."""

    def format_public(self, agreement: Agreement) -> str:
        """Return the value as the public pages show it: a text as it is, a date as everywhere."""
        value = getattr(agreement, self.name)
        if isinstance(value, date):
            return date_format(value)
        return "" if value is None else str(value)


class UniversityField(RegisterField):
    model = University


AGREEMENT_FIELDS = (
    AgreementField("university", is_public=True),
    AgreementField(
        "agreement_type", "Agreement type", lookup="agreement_type__name", in_bulk_edit=True, is_public=True
    ),
    AgreementField("scope", "Scope", is_beside_previous=True, in_bulk_edit=True, is_public=True, in_json=True),
    AgreementField("status", "Status", cells.parse_status, cells.format_status, is_public=True),
    AgreementField("reference_number", "Reference number"),
    AgreementField("signed_on", "Signed on", parse_date, in_bulk_edit=True),
    AgreementField(
        "valid_from",
        "Valid from",
        parse_date,
        in_bulk_edit=True,
        is_public=True,
        in_json=True,
    ),
    AgreementField(
        "valid_until",
        "Valid until",
        parse_date,
        is_beside_previous=True,
        in_bulk_edit=True,
        is_public=True,
        in_json=True,
    ),
    AgreementField(
        "is_open_ended",
        "Open-ended",
        cells.parse_checkbox,
        cells.format_checkbox,
        is_beside_previous=True,
        in_bulk_edit=True,
        is_public=True,
        in_json=True,
    ),
    AgreementField("renews", "Renews", cells.parse_agreement_number, str, lookup="renews_id", section=None),
    AgreementField("ended_on", "Ended on", parse_date, section=AdminSection.END),
    AgreementField("end_reason", "Reason for its end", section=AdminSection.END, is_beside_previous=True),
    AgreementField(
        "public_note",
        "Note for students",
        section=AdminSection.STUDENTS,
        in_bulk_edit=True,
        is_public=True,
        public_label=gettext_lazy("Note"),
        in_json=True,
    ),
    AgreementField("due_on", "To be done by", parse_date, section=AdminSection.WORK, in_bulk_edit=True),
    AgreementField(
        "responsible", "Responsible", lookup="responsible__username", section=AdminSection.WORK, in_bulk_edit=True
    ),
    AgreementField("next_step", "Next step", section=AdminSection.WORK, in_bulk_edit=True),
    AgreementField("contact", "Contact at the partner", section=AdminSection.WORK, in_bulk_edit=True),
    AgreementField("notes", "Internal notes", section=AdminSection.WORK, in_bulk_edit=True),
)
"""All editable fields of an agreement, in the order of the file's columns and of the public details."""
PUBLIC_FIELDS = [field for field in AGREEMENT_FIELDS if field.is_public]
INTERNAL_FIELDS = [field for field in AGREEMENT_FIELDS if not field.is_public]

NOT_A_WEBSITE = gettext_noop("“%s” is not the address of a website. Write it like https://www.example.edu/.")
UNIVERSITY_FIELDS = (
    UniversityField("other_names", "Other names"),
    UniversityField("city", "City", in_json=True),
    UniversityField("website", "Website", error_message=NOT_A_WEBSITE, in_json=True),
    UniversityField(
        "incoming_url",
        "For exchange students",
        error_message=NOT_A_WEBSITE,
        public_label=gettext_lazy("Information for exchange students"),
        in_json=True,
    ),
    UniversityField(
        "courses_url",
        "Course catalogue",
        error_message=NOT_A_WEBSITE,
        public_label=gettext_lazy("Course catalogue"),
        in_json=True,
    ),
    UniversityField(
        "calendar_url",
        "Academic calendar",
        error_message=NOT_A_WEBSITE,
        public_label=gettext_lazy("Academic calendar"),
        in_json=True,
    ),
    UniversityField(
        "housing_url", "Housing", error_message=NOT_A_WEBSITE, public_label=gettext_lazy("Housing"), in_json=True
    ),
    # As an address, because spreadsheets take an ID of digits, perhaps with an e, for a number.
    UniversityField("institution", "ROR ID", cells.parse_ror_id, ror_url),
    UniversityField(
        "slug",
        "Web address (slug)",
        error_message=gettext_noop("“%s” cannot be its web address. Write letters, digits, hyphens and underscores."),
    ),
    UniversityField("is_listed", "On the public list", cells.parse_yes_no, cells.format_yes_no),
)
"""Fields of a university that the register's file has besides its country and name, in the order of the columns."""
