"""The columns of the register's file, and what their cells mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from partners.interchange.dates import read_date
from partners.interchange.judge import COUNTRY, NAME, shortened
from partners.models import Agreement, University
from partners.names import clean_name, matching_key
from partners.rules import Status

TYPE, STATUS = "Agreement type", "Status"
VALID_UNTIL = "Valid until"
DATES = {"Signed on": "signed_on", "Valid from": "valid_from", VALID_UNTIL: "valid_until"}
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
OPTIONAL = (*DATES, *PROFILE, NUMBER)
COLUMNS = REQUIRED + OPTIONAL

UNIVERSITY_FIELDS = ("name", *PROFILE.values())
AGREEMENT_FIELDS = ("agreement_type", "status", *DATES.values())
AGREEMENT_PATHS = ("agreement_type__name", "status", *DATES.values())
"""The same as the database is asked for them: the type by its name."""

STATUS_WORDS = {Status.IN_PROCESS: "in process", Status.SIGNED: "signed", Status.ENDED: "ended"}
"""The same in every language, as are the headers, so that a file can be read wherever it was written."""
STATUSES = {word: status for status, word in STATUS_WORDS.items()}
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
"""A spreadsheet may have made TRUE of a tick."""
LONGEST_NUMBER = 18
"""Digits that fit the database."""

Values = dict[str, object]
"""Values of a university or of an agreement, by the names of the fields. A type is told by its name."""


def read_status(text: str) -> Status | None:
    """None if the cell is empty."""
    words = re.sub("[-_]", " ", matching_key(text))
    if clean_name(text) and words not in STATUSES:
        raise ValidationError(_("“%s” is not a status. Write “in process”, “signed” or “ended”.") % shortened(text))
    return STATUSES.get(words)


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


def _text(name: str, what_is_wrong: str = "") -> Callable[[str], str]:
    """How a text of a university is read: as the form reads it, with this to say where that refuses it."""
    field = University._meta.get_field(name)

    def read(text: str) -> str:
        text = field.to_python(text.strip())
        if field.max_length and len(text) > field.max_length:
            raise ValidationError(
                _("“%(text)s” has %(length)d characters, and %(most)d fit. Shorten it.")
                % {"text": shortened(text), "length": len(text), "most": field.max_length}
            )
        try:
            return field.clean(text, None)
        except ValidationError as error:
            raise (ValidationError(_(what_is_wrong) % shortened(text)) if what_is_wrong else error) from error

    return read


_READERS = {
    **dict.fromkeys(DATES, read_date),
    OTHER_NAMES: _text("other_names"),
    "City": _text("city"),
    "Website": _text(
        "website", gettext_noop("“%s” is not the address of a website. Write it like https://www.example.edu/.")
    ),
    ADDRESS: _text(
        "slug", gettext_noop("“%s” cannot be an address. Write letters, digits, hyphens and underscores only.")
    ),
    "On the public list": read_yes_no,
    NUMBER: read_number,
}


READERS: Mapping[str, Callable[[str], object]] = {
    column: lru_cache(maxsize=1_000)(reader) for column, reader in _READERS.items()
}
"""What a cell of each column means. The lines of a university stand together and say the same of it."""


def label(model: type[models.Model], name: str) -> str:
    return _("spelling") if name == "name" else str(model._meta.get_field(name).verbose_name)


def shown(name: str, value: object) -> str:
    """A value as the preview of an import tells it."""
    if name == "status":
        return str(Status(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(str(value).split("\n")) if value else "\N{EN DASH}"


def shown_agreement(values: Mapping[str, object]) -> str:
    named = values["agreement_type"] or _("type unknown")
    return _("%(type)s (%(status)s)") % {"type": named, "status": shown("status", values["status"])}


def blank(model: type[models.Model], names: tuple[str, ...]) -> Values:
    """What a new one is before a row says anything of it."""
    return {name: model._meta.get_field(name).get_default() for name in names}


NEW_UNIVERSITY = blank(University, UNIVERSITY_FIELDS)
NEW_AGREEMENT = blank(Agreement, AGREEMENT_FIELDS)


AgreementCells = tuple[tuple[str, str], list[date | str], str]
"""Its type and status, its dates, and its number: between them stands what is told of the university."""
NO_AGREEMENT: AgreementCells = (("", ""), [""] * len(DATES), "")


def agreement_cells(pk: int, agreement_type: str | None, status: str, *dates: date | None) -> AgreementCells:
    return (agreement_type or "", STATUS_WORDS[status]), [day or "" for day in dates], str(pk)


def profile_cells(*values: str | bool) -> list[str]:
    return [value if isinstance(value, str) else _yes_no(value) for value in values]


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
