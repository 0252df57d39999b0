"""The columns of the register's file, and what their cells mean."""

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
from partners.imports.base import COUNTRY_COLUMN, NAME, refuse_long
from partners.imports.date_parsing import parse_date
from partners.models import Agreement, University
from partners.name_normalization import matching_key, normalize_name
from partners.tables.types import Cell, truncate

TYPE_COLUMN, STATUS = "Agreement type", "Status"
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
"""What is told of an agreement besides its type and status."""
OTHER_NAMES_COLUMN, SLUG_COLUMN = "Other names", "Address"
UNIVERSITY_COLUMNS = {
    OTHER_NAMES_COLUMN: "other_names",
    "City": "city",
    "Website": "website",
    SLUG_COLUMN: "slug",
    "On the public list": "is_listed",
}
"""What is told of a university, and so is the same in all rows that name it."""
NUMBER_COLUMN = "Agreement number"

REQUIRED = (COUNTRY_COLUMN, NAME, TYPE_COLUMN, STATUS)
OPTIONAL = (*AGREEMENT_COLUMNS, NUMBER_COLUMN, *UNIVERSITY_COLUMNS)
COLUMNS = REQUIRED + OPTIONAL

UNIVERSITY_FIELDS = ("name", *UNIVERSITY_COLUMNS.values())
AGREEMENT_FIELDS = ("agreement_type", "status", *AGREEMENT_COLUMNS.values())
NATURAL_KEYS = {"agreement_type": "agreement_type__name", "responsible": "responsible__username"}
"""The fields of an agreement that a name stands for, in the file and in its values here."""
AGREEMENT_PATHS = tuple(NATURAL_KEYS.get(name, name) for name in AGREEMENT_FIELDS)

STATUS_WORDS = {
    AgreementStatus.IN_PROCESS: "in process",
    AgreementStatus.SIGNED: "signed",
    AgreementStatus.ENDED: "ended",
}
"""The same in every language, as are the headers, so that a file can be read wherever it was written."""
STATUSES = {word: status for status, word in STATUS_WORDS.items()}
LEVELS = {level.replace("_", " "): level for level in StudyLevel.values}
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
"""A spreadsheet may have made TRUE of a tick."""
MAX_NUMBER_LENGTH = 18
"""Digits that fit the database."""
MAX_PLACES = 32_767
"""As many fit the database."""
MAX_DISPLAY_LENGTH = 200

Values = dict[str, object]
"""Values of a university or of an agreement, by the names of the fields."""


def parse_status(text: str) -> AgreementStatus | None:
    """None if the cell is empty."""
    word = _plain(text)
    if word and word not in STATUSES:
        raise ValidationError(_("“%s” is not a status. Write “in process”, “signed” or “ended”.") % truncate(text))
    return STATUSES.get(word)


def parse_study_levels(text: str) -> str:
    """As the field keeps them."""
    words = [word for word in re.split("[,;/]", text) if _plain(word)]
    if unknown := [word for word in words if _plain(word) not in LEVELS]:
        message = _("“%s” is not a study level. Write “short cycle”, “bachelor”, “master” or “doctoral”, with commas.")
        raise ValidationError(message % truncate(unknown[0]))
    return Agreement._meta.get_field("study_levels").to_python([LEVELS[_plain(word)] for word in words])


def _plain(word: str) -> str:
    return normalize_name(re.sub("[-_]", " ", matching_key(word)))


def parse_places(text: str) -> int | None:
    """None if the cell is empty."""
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


def parse_number(text: str) -> int | None:
    """None if the cell is empty."""
    number = normalize_name(text)
    if number and not re.fullmatch(rf"[0-9]{{1,{MAX_NUMBER_LENGTH}}}", number):
        message = _("“%s” is not a number. Write digits only, or leave the cell empty for a new agreement.")
        raise ValidationError(message % truncate(text))
    return int(number) if number else None


def _parse_text(model: type[models.Model], name: str, what_is_wrong: str = "") -> Callable[[str], str]:
    """How a text is read: as the form reads it, with this to say where that refuses it."""
    field = model._meta.get_field(name)

    def read(text: str) -> str:
        text = field.to_python(text.strip())
        if field.blank and not text:
            return ""
        if field.max_length:
            refuse_long(text, field.max_length)
        try:
            return field.clean(text, None)
        except ValidationError as error:
            raise (ValidationError(_(what_is_wrong) % truncate(text)) if what_is_wrong else error) from error

    return read


_PARSERS = {
    **dict.fromkeys(DATE_COLUMNS, parse_date),
    "Places out": parse_places,
    "Places in": parse_places,
    STUDY_LEVELS_COLUMN: parse_study_levels,
    "Fields of study": _parse_text(Agreement, "fields_of_study"),
    "Language requirement": _parse_text(Agreement, "language_requirement"),
    "Next step": _parse_text(Agreement, "next_step"),
    NUMBER_COLUMN: parse_number,
    OTHER_NAMES_COLUMN: _parse_text(University, "other_names"),
    "City": _parse_text(University, "city"),
    "Website": _parse_text(
        *(University, "website"),
        gettext_noop("“%s” is not the address of a website. Write it like https://www.example.edu/."),
    ),
    SLUG_COLUMN: _parse_text(
        *(University, "slug"),
        gettext_noop("“%s” cannot be an address. Write letters, digits, hyphens and underscores only."),
    ),
    "On the public list": parse_yes_no,
}
PARSERS: Mapping[str, Callable[[str], object]] = {
    **{column: lru_cache(maxsize=1_000)(reader) for column, reader in _PARSERS.items()},
    "Contact at the partner": _parse_text(Agreement, "contact"),
    "Internal notes": _parse_text(Agreement, "notes"),
}
"""What a cell of each column means, but for people. The lines of a university stand together and say the same of it,
whereas notes are too long to keep and say something else in each.
"""


def field_label(model: type[models.Model], name: str) -> str:
    return _("spelling") if name == "name" else str(model._meta.get_field(name).verbose_name)


def display_value(name: str, value: object) -> str:
    """A value as the preview of an import tells it."""
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
    told = {"beginning": line[:MAX_DISPLAY_LENGTH].rstrip(), "length": len(text)}
    return _("%(beginning)s… (%(length)d characters)") % told


def describe_agreement(values: Mapping[str, object]) -> str:
    named = values["agreement_type"] or _("type unknown")
    return _("%(type)s (%(status)s)") % {"type": named, "status": display_value("status", values["status"])}


def default_values(model: type[models.Model], names: tuple[str, ...]) -> Values:
    """What a new one is before a row says anything of it."""
    return {name: model._meta.get_field(name).get_default() for name in names}


NEW_UNIVERSITY = default_values(University, UNIVERSITY_FIELDS)
NEW_AGREEMENT = default_values(Agreement, AGREEMENT_FIELDS)


NO_AGREEMENT = ("",) * len((TYPE_COLUMN, STATUS, *AGREEMENT_COLUMNS, NUMBER_COLUMN))


def agreement_cells(pk: int, agreement_type: str | None, status: str, *details: Cell | None) -> tuple[Cell, ...]:
    cells = ["" if value is None else value for value in details]
    cells[_LEVELS_AT] = _level_words(cells[_LEVELS_AT])
    return agreement_type or "", STATUS_WORDS[status], *cells, str(pk)


_LEVELS_AT = list(AGREEMENT_COLUMNS).index(STUDY_LEVELS_COLUMN)


@cache
def _level_words(levels: str) -> str:
    return ", ".join(level.replace("_", " ") for level in levels.split(","))


def university_cells(*values: str | bool) -> list[str]:
    return [value if isinstance(value, str) else _yes_no(value) for value in values]


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
