"""Validators of environment variables. No message contains the value, which may be secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django_cache_url
from django.core import validators
from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as DjangoValidationError
from environs import EnvError, EnvValidationError, ValidationError


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


def parse_cache_url(url: str) -> dict:
    """Return the settings of a cache. The library's own message may contain the password."""
    try:
        return django_cache_url.parse(url)
    except Exception as error:
        raise ValidationError("Not a valid cache URL.") from error


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValidationError(message)


def validate_not_empty(text: str) -> None:
    _require(bool(text), "It is empty.")


def validate_positive(number: int) -> None:
    _require(number > 0, "At least one is needed.")


def validate_absolute_path(path: Path) -> None:
    _require(path.is_absolute(), "Not an absolute path.")


def validate_log_format(text: str) -> None:
    _require(text in ("plain", "json"), 'Write "plain" or "json".')


def validate_languages(codes: list[str], catalogues: Path) -> None:
    """Require a catalogue for each language. English needs none."""
    known = {path.name for path in catalogues.iterdir() if path.is_dir()}
    for code in codes or [""]:
        _require(code in known | {"en"}, f'No catalogue for "{code}". There are: {", ".join(sorted(known))}.')
    _require(len(codes) == len(set(codes)), "A language is named twice.")


def validate_email(text: str) -> None:
    """Require an email address or nothing."""
    try:
        if text:
            validators.validate_email(text)
    except DjangoValidationError as error:
        raise ValidationError("Not a valid email address.") from error


def validate_emails(emails: list[str]) -> None:
    for email in emails:
        validate_not_empty(email)
        validate_email(email)


def validate_url(text: str, example: str = "https://reports.example.edu/csp") -> None:
    """Require a URL or nothing."""
    try:
        if text:
            validators.URLValidator(["http", "https"])(text)
    except DjangoValidationError as error:
        raise ValidationError(f'Not a URL such as "{example}".') from error


def validate_origin(text: str) -> None:
    """Require scheme and host, with or without a slash at the end, or nothing."""
    validate_url(text, "https://partners.example.edu")
    is_origin = urlsplit(text).path in ("", "/") and "?" not in text and "#" not in text
    _require(is_origin, "Leave out what follows the host.")


def validate_origins(origins: list[str]) -> None:
    for origin in origins:
        validate_not_empty(origin)
        validate_origin(origin)


def validate_oidc_issuer(text: str) -> None:
    validate_url(text, "https://login.example.edu/realms/university")


def validate_sentry_dsn(text: str) -> None:
    validate_url(text, "https://key@sentry.example.edu/1")


def validate_time_zone(text: str) -> None:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValidationError('Not a time zone such as "Europe/Berlin".') from error
