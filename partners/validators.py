"""Validators of plain values. Each raises ValidationError."""

import re
from collections.abc import Container, Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from partners.enums import AgreementStatus, StudyLevel
from partners.name_normalization import collapse_white_space, matching_key
from partners.spreadsheet_errors import is_spreadsheet_error

FORMULA_PREFIXES = "=+-@"
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
# Control characters, lone surrogates, line and paragraph separators, and Unicode noncharacters, some of which
# XML cannot contain.
CONTROL_CHARACTERS_RE = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029{NONCHARACTERS}]")
# Separators and the qualifiers of terms in the office's list, as in "Bilateral/Erasmus+ (in process)"; names of
# agreement types must not match either. Apply them to text with collapsed white space only: a pattern that
# repeats white space takes quadratic time.
TERM_SEPARATOR_RE = re.compile(r" ?[/&,;] ?(?:and )?| and | \+ (?![(/&,;+]|and |$)", re.IGNORECASE)
_QUALIFIERS = "|".join(status.qualifier.replace(" ", "[ -]*") for status in AgreementStatus if status.qualifier)
QUALIFIER_RE = re.compile(rf" ?(?:\( ?({_QUALIFIERS}) ?\)|^({_QUALIFIERS}))$", re.IGNORECASE)

ACADEMIC_YEARS = range(1950, 2200)
"""The years in which academic years may begin. Others are typing errors."""

validate_country_code = RegexValidator(
    r"\A[A-Z]{2}\Z", _("“%(value)s” is not a country code. Write two capital letters, such as DE."), "country_code"
)


def validate_month_and_day(text: str) -> None:
    """Validate a day that every year has, such as "02-15"."""
    try:
        date.fromisoformat(f"2001-{text}")
    except ValueError as error:
        message = _("“%(value)s” is not a day of every year. Write month and day with two digits each, such as 02-15.")
        raise ValidationError(message, "month_and_day", {"value": text}) from error


def run_validators(*checks: tuple) -> None:
    """Call validators, each given as (field, validator, *values), and raise all errors by field."""
    errors = {}
    for field, validator, *values in checks:
        try:
            validator(*values)
        except ValidationError as error:
            errors.setdefault(field, []).append(error)
    if errors:
        raise ValidationError(errors)


def validate_name(name: str) -> None:
    """Validate one line of visible text that a spreadsheet does not take for a formula."""
    _reject_control_characters(
        name, _("“%(value)s” has a control character (U+%(code)s) in it. Type the name anew, in one line.")
    )
    if name and not matching_key(name):
        raise ValidationError(
            _("“%(value)s” has nothing in it but accents and characters that do not show. Write a name."),
            code="nothing_shown",
            params={"value": name},
        )
    if name.startswith(tuple(FORMULA_PREFIXES)):
        raise ValidationError(
            _("“%(value)s” begins with “%(start)s”, as a spreadsheet formula does. Begin with another character."),
            code="formula",
            params={"value": name, "start": name[0]},
        )
    _reject_spreadsheet_error(name)


def validate_multiline_text(text: str) -> None:
    for line in re.split("[\n\t]", text):
        _reject_control_characters(
            line, _("“%(value)s” has a control character (U+%(code)s) in it. Type this line anew.")
        )
    _reject_spreadsheet_error(text)


def _reject_spreadsheet_error(text: str) -> None:
    """Reject what an import rejects, so that every export can be imported."""
    if is_spreadsheet_error(text):
        message = _("“%(value)s” is an error of a spreadsheet. Write what should stand there.")
        raise ValidationError(message, code="spreadsheet_error", params={"value": text})


def _reject_control_characters(line: str, message: str) -> None:
    if bad := CONTROL_CHARACTERS_RE.search(line):
        raise ValidationError(message, code="control_character", params={"value": line, "code": f"{ord(bad[0]):04X}"})


def validate_type_name(name: str) -> None:
    """Validate that the name of an agreement type parses as one term in the office's list."""
    text = collapse_white_space(name)
    if TERM_SEPARATOR_RE.search(f" {text} ") or QUALIFIER_RE.search(text):
        raise ValidationError(
            _(
                "“%(value)s” would be read as several terms in the office's list. "
                "Leave out “/”, “&”, “,”, “;”, “and”, a free-standing “+” and “in process”."
            ),
            code="several_terms",
            params={"value": name},
        )


def validate_study_levels(levels: Iterable[str]) -> None:
    if unknown := [level for level in levels if level not in StudyLevel.values]:
        raise ValidationError(
            _("“%(value)s” is not a study level. Choose among %(levels)s."),
            code="unknown_level",
            params={"value": unknown[0], "levels": ", ".join(map(str, StudyLevel.labels))},
        )


def validate_signed_has_type(status: str, agreement_type: object) -> None:
    if status == AgreementStatus.SIGNED and agreement_type is None:
        raise ValidationError(_("A signed agreement needs an agreement type."), code="signed_needs_type")


def validate_date_order(valid_from: date | None, valid_until: date | None) -> None:
    if valid_from and valid_until and valid_until < valid_from:
        raise ValidationError(
            _("Valid until (%(until)s) is before valid from (%(from)s)."),
            code="dates_out_of_order",
            params={"from": date_format(valid_from), "until": date_format(valid_until)},
        )


def validate_ended_on(status: str, ended_on: date | None) -> None:
    if ended_on and status != AgreementStatus.ENDED:
        raise ValidationError(
            _("Ended on (%(day)s) is of an ended agreement. Empty it, or set the status to ended."),
            code="not_ended",
            params={"day": date_format(ended_on)},
        )


def validate_end_reason(status: str, end_reason: str) -> None:
    if end_reason and status != AgreementStatus.ENDED:
        raise ValidationError(
            _("“%(reason)s” is the reason for an end. Empty it, or set the status to ended."),
            code="not_ended",
            params={"reason": end_reason},
        )


def validate_renews(number: int | None, others: Container[int]) -> None:
    """Validate the number of the agreement that one renews. ``others`` are those of its university without its own."""
    if number is not None and number not in others:
        raise ValidationError(
            _(
                "Agreement number %(number)d, which it renews, is not another one with the same university."
                " Correct the number or the university."
            ),
            code="not_another_agreement",
            params={"number": number},
        )


def validate_open_ended(is_open_ended: bool, valid_until: date | None) -> None:
    if is_open_ended and valid_until:
        raise ValidationError(
            _("An open-ended agreement has no last day. Empty it (%(day)s), or say that it is not open-ended."),
            code="open_ended",
            params={"day": date_format(valid_until)},
        )
