"""Columns of the register's file: parsers of their cells, and formatters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from partners.enums import AgreementStatus, StudyLevel
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN, validate_length
from partners.imports.date_parsing import parse_date
from partners.models import Agreement, University
from partners.name_normalization import matching_key, normalize_name
from partners.tables.types import Cell, truncate

TYPE_COLUMN, STATUS_COLUMN = "Agreement type", "Status"
VALID_UNTIL_COLUMN, ENDED_ON_COLUMN = "Valid until", "Ended on"
DATE_COLUMNS = {
    "Signed on": "signed_on",
    "Valid from": "valid_from",
    VALID_UNTIL_COLUMN: "valid_until",
    ENDED_ON_COLUMN: "ended_on",
}
STUDY_LEVELS_COLUMN, RESPONSIBLE_COLUMN = "Study levels", "Responsible"
AGREEMENT_COLUMNS = {
    **DATE_COLUMNS,
    "Places out": "places_out",
    "Places in": "places_in",
    STUDY_LEVELS_COLUMN: "study_levels",
    "Fields of study": "fields_of_study",
    "Language requirement": "language_requirement",
    RESPONSIBLE_COLUMN: "responsible",
    "Next step": "next_step",
    "Contact at the partner": "contact",
    "Internal notes": "notes",
}
"""Columns with details of an agreement, and its fields. Type and status are parsed separately."""
OTHER_NAMES_COLUMN, SLUG_COLUMN = "Other names", "Address"
UNIVERSITY_COLUMNS = {
    OTHER_NAMES_COLUMN: "other_names",
    "City": "city",
    "Website": "website",
    SLUG_COLUMN: "slug",
    "On the public list": "is_listed",
}
"""Columns with details of a university, and its fields. All rows of a university must have the same values."""
NUMBER_COLUMN = "Agreement number"

REQUIRED = (COUNTRY_COLUMN, NAME_COLUMN, TYPE_COLUMN, STATUS_COLUMN)
OPTIONAL = (*AGREEMENT_COLUMNS, NUMBER_COLUMN, *UNIVERSITY_COLUMNS)
COLUMNS = REQUIRED + OPTIONAL

UNIVERSITY_FIELDS = ("name", *UNIVERSITY_COLUMNS.values())
AGREEMENT_FIELDS = ("agreement_type", "status", *AGREEMENT_COLUMNS.values())
NATURAL_KEYS = {"agreement_type": "agreement_type__name", "responsible": "responsible__username"}
"""Foreign keys of an agreement, and the lookups of the names that stand for their objects in files."""
AGREEMENT_PATHS = tuple(NATURAL_KEYS.get(name, name) for name in AGREEMENT_FIELDS)

STATUS_WORDS = {
    AgreementStatus.IN_PROCESS: "in process",
    AgreementStatus.SIGNED: "signed",
    AgreementStatus.ENDED: "ended",
}
"""Not translated, nor are the headers, so that a file can be imported under any language setting."""
STATUS_BY_WORD = {word: status for status, word in STATUS_WORDS.items()}
LEVEL_BY_WORD = {level.replace("_", " "): level for level in StudyLevel.values}
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
"""Spreadsheets write a checkbox as TRUE or FALSE."""
MAX_PK_DIGITS = 18
"""Digits that always fit a 64-bit primary key."""
MAX_PLACES = 32_767
"""Maximum of a PositiveSmallIntegerField on PostgreSQL."""
MAX_DISPLAY_LENGTH = 200
"""Characters of a value in the preview."""

FieldValues = dict[str, object]
"""Values of a university or an agreement by field name. Foreign keys have the name in NATURAL_KEYS as value."""


def parse_status(text: str) -> AgreementStatus | None:
    """Return None for an empty cell."""
    word = _normalize_word(text)
    if word and word not in STATUS_BY_WORD:
        raise ValidationError(_("“%s” is not a status. Write “in process”, “signed” or “ended”.") % truncate(text))
    return STATUS_BY_WORD.get(word)


def parse_study_levels(text: str) -> str:
    """Return the levels as StudyLevelsField stores them: comma-separated values."""
    words = [word for word in re.split("[,;/]", text) if _normalize_word(word)]
    if unknown := [word for word in words if _normalize_word(word) not in LEVEL_BY_WORD]:
        message = _("“%s” is not a study level. Write “short cycle”, “bachelor”, “master” or “doctoral”, with commas.")
        raise ValidationError(message % truncate(unknown[0]))
    return Agreement._meta.get_field("study_levels").to_python([LEVEL_BY_WORD[_normalize_word(word)] for word in words])


def _normalize_word(word: str) -> str:
    return normalize_name(re.sub("[-_]", " ", matching_key(word)))


def parse_places(text: str) -> int | None:
    """Return None for an empty cell."""
    places = normalize_name(text)
    if places and (not re.fullmatch("[0-9]{1,9}", places) or int(places) > MAX_PLACES):
        message = _(
            "“%(text)s” is not a number of places. Write a whole number up to %(most)d, or leave the cell empty."
        )
        raise ValidationError(message % {"text": truncate(text), "most": MAX_PLACES})
    return int(places) if places else None


def parse_yes_no(text: str) -> bool:
    if (word := matching_key(text)) in YES_NO:
        return YES_NO[word]
    if not normalize_name(text):
        raise ValidationError(_("The cell is empty. Write “yes” or “no”."))
    raise ValidationError(_("“%s” is neither yes nor no. Write “yes” or “no”.") % truncate(text))


def parse_agreement_number(text: str) -> int | None:
    """Return the pk of an agreement, or None for an empty cell."""
    number = normalize_name(text)
    if number and not re.fullmatch(rf"[0-9]{{1,{MAX_PK_DIGITS}}}", number):
        message = _("“%s” is not a number. Write digits only, or leave the cell empty for a new agreement.")
        raise ValidationError(message % truncate(text))
    return int(number) if number else None


def _text_parser(model: type[models.Model], name: str, error_message: str = "") -> Callable[[str], str]:
    """Return a parser that cleans a text like the model field, with an error message in place of the field's own."""
    field = model._meta.get_field(name)

    def parse(text: str) -> str:
        text = field.to_python(text.strip())
        if field.blank and not text:
            return ""
        if field.max_length:
            validate_length(text, field.max_length)
        try:
            return field.clean(text, None)
        except ValidationError as error:
            raise (ValidationError(_(error_message) % truncate(text)) if error_message else error) from error

    return parse


_PARSERS = {
    **dict.fromkeys(DATE_COLUMNS, parse_date),
    "Places out": parse_places,
    "Places in": parse_places,
    STUDY_LEVELS_COLUMN: parse_study_levels,
    "Fields of study": _text_parser(Agreement, "fields_of_study"),
    "Language requirement": _text_parser(Agreement, "language_requirement"),
    "Next step": _text_parser(Agreement, "next_step"),
    NUMBER_COLUMN: parse_agreement_number,
    OTHER_NAMES_COLUMN: _text_parser(University, "other_names"),
    "City": _text_parser(University, "city"),
    "Website": _text_parser(
        *(University, "website"),
        gettext_noop("“%s” is not the address of a website. Write it like https://www.example.edu/."),
    ),
    SLUG_COLUMN: _text_parser(
        *(University, "slug"),
        gettext_noop("“%s” cannot be an address. Write letters, digits, hyphens and underscores only."),
    ),
    "On the public list": parse_yes_no,
}
PARSERS: Mapping[str, Callable[[str], object]] = {
    **{column: lru_cache(maxsize=1_000)(parser) for column, parser in _PARSERS.items()},
    "Contact at the partner": _text_parser(Agreement, "contact"),
    "Internal notes": _text_parser(Agreement, "notes"),
}
"""Parsers by column, except Responsible, which needs the users. They are cached because rows of a university follow
one another and repeat its values; contacts and notes are long and differ in each row.
"""


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


def default_values(model: type[models.Model], names: tuple[str, ...]) -> FieldValues:
    return {name: model._meta.get_field(name).get_default() for name in names}


NEW_UNIVERSITY = default_values(University, UNIVERSITY_FIELDS)
NEW_AGREEMENT = default_values(Agreement, AGREEMENT_FIELDS)


EMPTY_AGREEMENT_CELLS = ("",) * len((TYPE_COLUMN, STATUS_COLUMN, *AGREEMENT_COLUMNS, NUMBER_COLUMN))


def agreement_cells(pk: int, agreement_type: str | None, status: str, *details: Cell | None) -> tuple[Cell, ...]:
    cells = ["" if value is None else value for value in details]
    cells[_LEVELS_INDEX] = _format_levels(cells[_LEVELS_INDEX])
    return agreement_type or "", STATUS_WORDS[status], *cells, str(pk)


_LEVELS_INDEX = list(AGREEMENT_COLUMNS).index(STUDY_LEVELS_COLUMN)


@cache
def _format_levels(levels: str) -> str:
    return ", ".join(level.replace("_", " ") for level in levels.split(","))


def university_cells(*values: str | bool) -> list[str]:
    return [value if isinstance(value, str) else _format_yes_no(value) for value in values]


def _format_yes_no(value: bool) -> str:
    return "yes" if value else "no"
