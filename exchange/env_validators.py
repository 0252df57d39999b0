"""Validators of environment variables. No message contains the value, which may be secret."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import strptime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django_cache_url
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, EnvValidationError, ValidationError, validate

validate_not_empty = validate.Length(min=1, error="It is empty.")
validate_positive = validate.Range(min=1, error="At least one is needed.")
validate_log_format = validate.OneOf(["plain", "json"], error='Write "plain" or "json".')
validate_email = validate.Email(error="Not a valid email address.")
validate_absolute_path = validate.Predicate("is_absolute", error="Not an absolute path.")
validate_url = validate.URL(
    schemes={"http", "https"}, require_tld=False, error='Not a URL such as "https://partners.example.edu".'
)
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


@contextmanager
def env_errors_explained() -> Iterator[None]:
    """Raise ImproperlyConfigured for a missing or invalid variable.

    Without the error's cause, because the messages of URL parsers may contain passwords.
    """
    try:
        yield
    except EnvError as error:
        reason = str(error)
        if isinstance(error, EnvValidationError):
            reason = f"{reason.partition(' invalid: ')[0]} invalid: {' '.join(error.error_messages)}"
        raise ImproperlyConfigured(f"{reason.rstrip('.')}. The variables are explained in .env.example.") from None


def optional(validator: Callable) -> Callable:
    """Return a validator that accepts an empty value too."""
    return lambda value: validator(value) if value else None


def each(validator: Callable) -> Callable:
    """Return a validator of lists that validates each item."""
    return lambda values: [validator(value) for value in values]


def parse_cache_url(url: str) -> dict:
    """Return the settings of a cache. The library's own message may contain the password."""
    try:
        return django_cache_url.parse(url)
    except Exception as error:
        raise ValidationError("Not a valid cache URL.") from error


def parse_month_and_day(text: str) -> tuple[int, int]:
    """Parse a day that every year has, such as "09-01"."""
    try:
        day = strptime(f"2001-{text}", "%Y-%m-%d")
    except ValueError as error:
        raise ValidationError('Not a month and a day of every year, such as "09-01".') from error
    return day.tm_mon, day.tm_mday


def validate_languages(codes: list[str], catalogues: Path) -> None:
    """Require a catalogue for each language. English needs none."""
    known = {path.name for path in catalogues.iterdir() if path.is_dir()}
    for code in codes or [""]:
        if code not in known | {"en"}:
            raise ValidationError(f'No catalogue for "{code}". There are: {", ".join(sorted(known))}.')
    if len(codes) > len(set(codes)):
        raise ValidationError("A language is named twice.")


def validate_origin(text: str) -> None:
    """Require scheme and host, with or without a slash at the end."""
    validate_url(text)
    if urlsplit(text).path not in ("", "/") or "?" in text or "#" in text:
        raise ValidationError("Leave out what follows the host.")


def validate_https_or_loopback(text: str) -> None:
    """Require HTTPS, except for a server on this machine."""
    validate_url(text)
    if urlsplit(text).scheme != "https" and urlsplit(text).hostname not in LOOPBACK_HOSTS:
        raise ValidationError("Its scheme has to be https.")


def validate_time_zone(text: str) -> None:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValidationError('Not a time zone such as "Europe/Berlin".') from error
