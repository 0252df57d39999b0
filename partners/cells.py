"""Parsing of the cells of files: numbers, words and texts as people write them. Each parser raises
ValidationError with what is wrong and what to write.
"""

from __future__ import annotations

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from partners.cell_words import (
    DIRECTION_BY_WORD,
    IS_YES_BY_WORD,
    KIND_BY_WORD,
    LEVEL_BY_WORD,
    STATUS_BY_WORD,
    normalize_word,
)
from partners.enums import AgreementStatus, Direction, MobilityKind, StudyLevel
from partners.fields import StudyLevelsField
from partners.fields_of_study import ALL_FIELDS
from partners.language_skills import decode
from partners.name_normalization import normalize_name
from partners.ror_ids import find_ror_id
from partners.spreadsheet_errors import is_spreadsheet_error
from partners.tables.types import truncate
from partners.validators import ACADEMIC_YEARS

LEVEL_SEPARATORS_RE = re.compile(r"[,;/&+|\n]|\b(?:and|und|et|y|e|ve)\b", re.IGNORECASE)
PLACES_RE = re.compile(
    r"(?:max\.?|maximum|up to|bis zu|jusqu'à|hasta|fino a)? ?([0-9]{1,9})(?:[.,]0)?"
    r" ?(?:students?|places?|persons?|Studierende|Plätze|étudiants?|estudiantes|plazas|studenti|posti)?"
    r" ?(?:per year|a year|/ ?year|p\. ?a\.|pro Jahr|par an|por año|all'anno)?",
    re.IGNORECASE,
)
"""A number of places, perhaps with the words that a header has otherwise. Places per semester are others."""
EXPIRED = "expired"
MAX_PK_DIGITS = 18
"""Digits that always fit a 64-bit primary key."""
MAX_PLACES = 32_767
"""Maximum of a PositiveSmallIntegerField on PostgreSQL."""


def parse_status(text: str) -> AgreementStatus | None:
    """Return None for an empty cell."""
    word = normalize_word(text)
    if word and word not in STATUS_BY_WORD:
        message = _("“%s” is not a status. Write “in process”, “signed” or “ended”.")
        hint = _(" One that has expired is signed, with its last day.") if word == EXPIRED else ""
        raise ValidationError(message % truncate(text) + hint)
    return STATUS_BY_WORD.get(word)


def format_status(status: str) -> str:
    return AgreementStatus(status).word


def parse_study_levels(text: str) -> str:
    """Return the levels as StudyLevelsField stores them: comma-separated values."""
    words = list(filter(None, map(normalize_name, LEVEL_SEPARATORS_RE.split(text))))
    levels = [_parse_level_words(word) for word in words]
    return StudyLevelsField().to_python([level for found in levels for level in found])


def _parse_level_words(text: str) -> list[StudyLevel]:
    """Return the level that a text names, or those that each of its words names."""
    words = [text] if normalize_word(text) in LEVEL_BY_WORD else text.split()
    if any(normalize_word(word) not in LEVEL_BY_WORD for word in words):
        message = _("“%s” is not a study level. Write “short cycle”, “bachelor”, “master” or “doctoral”, with commas.")
        raise ValidationError(message % truncate(text))
    return [LEVEL_BY_WORD[normalize_word(word)] for word in words]


def format_study_levels(levels: str) -> str:
    return ", ".join(level.replace("_", " ") for level in levels.split(","))


def parse_places(text: str) -> int | None:
    """Return None for an empty cell."""
    places = normalize_name(text)
    match = PLACES_RE.fullmatch(places)
    if places and not (match and int(match[1]) <= MAX_PLACES):
        message = _(
            "“%(text)s” is not a number of places. Write a whole number up to %(most)d, or leave the cell empty."
        )
        raise ValidationError(message % {"text": truncate(text), "most": MAX_PLACES})
    return int(match[1]) if match else None


def parse_yes_no(text: str) -> bool:
    if (word := normalize_word(text)) in IS_YES_BY_WORD:
        return IS_YES_BY_WORD[word]
    if not normalize_name(text):
        raise ValidationError(_("The cell is empty. Write “yes” or “no”."))
    raise ValidationError(_("“%s” is neither yes nor no. Write “yes” or “no”.") % truncate(text))


def format_yes_no(value: bool) -> str:
    return "yes" if value else "no"


def parse_checkbox(text: str) -> bool:
    """Return False for an empty cell."""
    return bool(normalize_name(text)) and parse_yes_no(text)


def format_checkbox(value: bool) -> str:
    return "yes" if value else ""


def parse_agreement_number(text: str) -> int | None:
    """Return the pk of an agreement, or None for an empty cell."""
    number = normalize_name(text)
    if number and not re.fullmatch(rf"[0-9]{{1,{MAX_PK_DIGITS}}}", number):
        message = _("“%s” is not the number of an agreement. Write digits only, or leave the cell empty.")
        raise ValidationError(message % truncate(text))
    return int(number) if number else None


def parse_ror_id(text: str) -> str | None:
    """Return the ROR ID in a cell that has it alone or as an address, or None for an empty cell."""
    if not normalize_name(text):
        return None
    if ror_id := find_ror_id(normalize_name(text)):
        return ror_id
    message = _("“%s” is not a ROR ID. Write it like https://ror.org/02kkvpp62, or leave the cell empty.")
    raise ValidationError(message % truncate(text))


def parse_text(text: str, field: models.Field, error_message: str = "") -> str:
    """Clean a text as the model field does. The error message, if any, replaces the field's own."""
    text = field.to_python(text.strip())
    if field.blank and not text:
        return ""
    if field.max_length:
        validate_length(text, field.max_length)
    try:
        return field.clean(text, None)
    except ValidationError as error:
        raise (ValidationError(_(error_message) % truncate(text)) if error_message else error) from error


def validate_no_spreadsheet_error(text: str) -> None:
    if is_spreadsheet_error(text):
        message = _("The cell has the spreadsheet error %s. Correct it in the spreadsheet, and save the file again.")
        raise ValidationError(message % truncate(text))


def validate_length(text: str, max_length: int) -> None:
    if len(text) > max_length:
        raise ValidationError(
            _("“%(text)s” has %(length)d characters, and %(most)d fit. Shorten it.")
            % {"text": truncate(text), "length": len(text), "most": max_length}
        )


def parse_direction(text: str) -> Direction:
    if (word := normalize_word(text)) in DIRECTION_BY_WORD:
        return DIRECTION_BY_WORD[word]
    if not normalize_name(text):
        raise ValidationError(_("The cell is empty. Write “out” or “in”."))
    raise ValidationError(_("“%s” is not a direction. Write “out” or “in”.") % truncate(text))


def parse_mobility_kind(text: str) -> MobilityKind:
    """Return student studies for an empty cell."""
    word = normalize_word(text) or MobilityKind.STUDENT_STUDIES.word
    if word not in KIND_BY_WORD:
        kinds = ", ".join(f"“{kind.word}”" for kind in MobilityKind)
        raise ValidationError(
            _("“%(text)s” is not a kind. Write %(kinds)s.") % {"text": truncate(text), "kinds": kinds}
        )
    return KIND_BY_WORD[word]


def format_mobility_kind(kind: str) -> str:
    return MobilityKind(kind).word


def parse_duration(text: str) -> Decimal | None:
    """Return months or days with up to two decimals, after a point or a comma; None for an empty cell."""
    number = normalize_name(text).replace(",", ".")
    if number and not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", number):
        message = _("“%s” is not a duration. Write a number such as 20 or 7.5, or leave the cell empty.")
        raise ValidationError(message % truncate(text))
    return Decimal(number) if number else None


def parse_academic_year(text: str) -> int | None:
    """Return the year in which an academic year such as 2026/2027 begins, or None for an empty cell."""
    if not (year := normalize_name(text)):
        return None
    match = re.fullmatch(r"(\d{4})(?: ?[/\u2013-] ?(\d{2}|\d{4}))?", year, re.ASCII)
    is_next = match and (not match[2] or (int(match[1]) + 1) % 10 ** len(match[2]) == int(match[2]))
    if not is_next or int(match[1]) not in ACADEMIC_YEARS:
        message = _("“%s” is not an academic year. Write it like 2026/2027, or leave the cell empty.")
        raise ValidationError(message % truncate(text))
    return int(match[1])


def format_academic_year(year: int) -> str:
    return f"{year}/{year + 1}"


def format_fields_of_study(codes: str) -> str:
    return "all fields" if codes == ALL_FIELDS else codes.replace(" ", ", ")


def format_languages(languages: str) -> str:
    with override("en"):
        return ", ".join(map(str, decode(languages)))
