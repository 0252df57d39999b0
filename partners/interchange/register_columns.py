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

from partners.interchange.dates import read_date
from partners.interchange.judge import COUNTRY, NAME, refuse_long
from partners.interchange.records import Cell, shortened
from partners.models import Agreement, University
from partners.names import clean_name, matching_key
from partners.rules import Level, Status

TYPE, STATUS = "Agreement type", "Status"
VALID_UNTIL, ENDED_ON = "Valid until", "Ended on"
DATES = {"Signed on": "signed_on", "Valid from": "valid_from", VALID_UNTIL: "valid_until", ENDED_ON: "ended_on"}
STUDY_LEVELS, RESPONSIBLE = "Study levels", "Responsible"
DETAILS = {
    **DATES,
    "Places out": "places_out",
    "Places in": "places_in",
    STUDY_LEVELS: "study_levels",
    "Fields of study": "fields_of_study",
    "Language requirement": "language_requirement",
    RESPONSIBLE: "responsible",
    "Next step": "next_step",
    "Contact at the partner": "contact",
    "Internal notes": "notes",
}
"""What is told of an agreement besides its type and status."""
OTHER_NAMES, ADDRESS = "Other names", "Address"
PROFILE = {
    OTHER_NAMES: "other_names",
    "City": "city",
    "Website": "website",
    ADDRESS: "slug",
    "On the public list": "is_listed",
}
"""What is told of a university, and so is the same in all rows that name it."""
NUMBER = "Agreement number"

REQUIRED = (COUNTRY, NAME, TYPE, STATUS)
OPTIONAL = (*DETAILS, NUMBER, *PROFILE)
COLUMNS = REQUIRED + OPTIONAL

UNIVERSITY_FIELDS = ("name", *PROFILE.values())
AGREEMENT_FIELDS = ("agreement_type", "status", *DETAILS.values())
NAMED = {"agreement_type": "agreement_type__name", "responsible": "responsible__username"}
"""The fields of an agreement that a name stands for, in the file and in its values here."""
AGREEMENT_PATHS = tuple(NAMED.get(name, name) for name in AGREEMENT_FIELDS)

STATUS_WORDS = {Status.IN_PROCESS: "in process", Status.SIGNED: "signed", Status.ENDED: "ended"}
"""The same in every language, as are the headers, so that a file can be read wherever it was written."""
STATUSES = {word: status for status, word in STATUS_WORDS.items()}
LEVELS = {level.replace("_", " "): level for level in Level.values}
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
"""A spreadsheet may have made TRUE of a tick."""
LONGEST_NUMBER = 18
"""Digits that fit the database."""
MOST_PLACES = 32_767
"""As many fit the database."""
LONGEST_SHOWN = 200

Values = dict[str, object]
"""Values of a university or of an agreement, by the names of the fields."""


def read_status(text: str) -> Status | None:
    """None if the cell is empty."""
    word = _plain(text)
    if word and word not in STATUSES:
        raise ValidationError(_("“%s” is not a status. Write “in process”, “signed” or “ended”.") % shortened(text))
    return STATUSES.get(word)


def read_levels(text: str) -> str:
    """As the field keeps them."""
    words = [word for word in re.split("[,;/]", text) if _plain(word)]
    if unknown := [word for word in words if _plain(word) not in LEVELS]:
        message = _("“%s” is not a study level. Write “short cycle”, “bachelor”, “master” or “doctoral”, with commas.")
        raise ValidationError(message % shortened(unknown[0]))
    return Agreement._meta.get_field("study_levels").to_python([LEVELS[_plain(word)] for word in words])


def _plain(word: str) -> str:
    return clean_name(re.sub("[-_]", " ", matching_key(word)))


def read_places(text: str) -> int | None:
    """None if the cell is empty."""
    places = clean_name(text)
    if places and (not re.fullmatch("[0-9]{1,9}", places) or int(places) > MOST_PLACES):
        message = _(
            "“%(text)s” is not a number of places. Write a whole number up to %(most)d, or leave the cell empty."
        )
        raise ValidationError(message % {"text": shortened(text), "most": MOST_PLACES})
    return int(places) if places else None


def read_yes_no(text: str) -> bool:
    if (word := matching_key(text)) in YES_NO:
        return YES_NO[word]
    if not clean_name(text):
        raise ValidationError(_("The cell is empty. Write “yes” or “no”."))
    raise ValidationError(_("“%s” is neither yes nor no. Write “yes” or “no”.") % shortened(text))


def read_number(text: str) -> int | None:
    """None if the cell is empty."""
    number = clean_name(text)
    if number and not re.fullmatch(rf"[0-9]{{1,{LONGEST_NUMBER}}}", number):
        message = _("“%s” is not a number. Write digits only, or leave the cell empty for a new agreement.")
        raise ValidationError(message % shortened(text))
    return int(number) if number else None


def _text(model: type[models.Model], name: str, what_is_wrong: str = "") -> Callable[[str], str]:
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
            raise (ValidationError(_(what_is_wrong) % shortened(text)) if what_is_wrong else error) from error

    return read


_READERS = {
    **dict.fromkeys(DATES, read_date),
    "Places out": read_places,
    "Places in": read_places,
    STUDY_LEVELS: read_levels,
    "Fields of study": _text(Agreement, "fields_of_study"),
    "Language requirement": _text(Agreement, "language_requirement"),
    "Next step": _text(Agreement, "next_step"),
    NUMBER: read_number,
    OTHER_NAMES: _text(University, "other_names"),
    "City": _text(University, "city"),
    "Website": _text(
        *(University, "website"),
        gettext_noop("“%s” is not the address of a website. Write it like https://www.example.edu/."),
    ),
    ADDRESS: _text(
        *(University, "slug"),
        gettext_noop("“%s” cannot be an address. Write letters, digits, hyphens and underscores only."),
    ),
    "On the public list": read_yes_no,
}
READERS: Mapping[str, Callable[[str], object]] = {
    **{column: lru_cache(maxsize=1_000)(reader) for column, reader in _READERS.items()},
    "Contact at the partner": _text(Agreement, "contact"),
    "Internal notes": _text(Agreement, "notes"),
}
"""What a cell of each column means, but for people. The lines of a university stand together and say the same of it,
whereas notes are too long to keep and say something else in each.
"""


def label(model: type[models.Model], name: str) -> str:
    return _("spelling") if name == "name" else str(model._meta.get_field(name).verbose_name)


def shown(name: str, value: object) -> str:
    """A value as the preview of an import tells it."""
    if name == "status":
        return str(Status(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "\N{EN DASH}"
    if isinstance(value, date):
        return date_format(value)
    if name == "study_levels":
        return Agreement(study_levels=value).study_levels_in_words()
    return _shown_text(str(value))


def _shown_text(text: str) -> str:
    line = ", ".join(filter(None, text.split("\n")))
    if len(line) <= LONGEST_SHOWN:
        return line
    told = {"beginning": line[:LONGEST_SHOWN].rstrip(), "length": len(text)}
    return _("%(beginning)s… (%(length)d characters)") % told


def shown_agreement(values: Mapping[str, object]) -> str:
    named = values["agreement_type"] or _("type unknown")
    return _("%(type)s (%(status)s)") % {"type": named, "status": shown("status", values["status"])}


def blank(model: type[models.Model], names: tuple[str, ...]) -> Values:
    """What a new one is before a row says anything of it."""
    return {name: model._meta.get_field(name).get_default() for name in names}


NEW_UNIVERSITY = blank(University, UNIVERSITY_FIELDS)
NEW_AGREEMENT = blank(Agreement, AGREEMENT_FIELDS)


NO_AGREEMENT = ("",) * len((TYPE, STATUS, *DETAILS, NUMBER))


def agreement_cells(pk: int, agreement_type: str | None, status: str, *details: Cell | None) -> tuple[Cell, ...]:
    cells = ["" if value is None else value for value in details]
    cells[_LEVELS_AT] = _level_words(cells[_LEVELS_AT])
    return agreement_type or "", STATUS_WORDS[status], *cells, str(pk)


_LEVELS_AT = list(DETAILS).index(STUDY_LEVELS)


@cache
def _level_words(levels: str) -> str:
    return ", ".join(level.replace("_", " ") for level in levels.split(","))


def profile_cells(*values: str | bool) -> list[str]:
    return [value if isinstance(value, str) else _yes_no(value) for value in values]


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
