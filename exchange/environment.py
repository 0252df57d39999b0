"""All environment variables of the site, read from the environment and from `.env`.

A missing or malformed variable raises ImproperlyConfigured, so that a typing mistake never becomes a default silently.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
import dj_email_url
import django_cache_url
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator, validate_email
from dotenv import dotenv_values

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALE = BASE_DIR / "partners" / "locale"
ENV_FILE = dotenv_values(BASE_DIR / ".env")
BOOLEAN_VALUES = dict.fromkeys(["1", "on", "t", "true", "y", "yes"], True) | dict.fromkeys(
    ["0", "off", "f", "false", "n", "no"], False
)
EMAIL_TIMEOUT = 20  # seconds


def read_env(name, parse, default=None):
    """Return the parsed value of a variable.

    `parse` takes the text and raises ValueError with a sentence. The default is parsed as well; without one, the
    variable is required.
    """
    values = [text for text in (os.environ.get(name), ENV_FILE.get(name), default) if text is not None]
    if not values:
        raise improperly_configured(f'Environment variable "{name}" not set.')
    try:
        return parse(values[0])
    except ValueError as error:
        raise improperly_configured(f'Environment variable "{name}" invalid: {error}') from error


def improperly_configured(message):
    return ImproperlyConfigured(f"{message} The variables are explained in .env.example.")


def require(condition, message):
    if not condition:
        raise ValueError(message)


def parse_non_empty(text):
    require(text, "It is empty.")
    return text


def parse_bool(text):
    require(text.lower() in BOOLEAN_VALUES, "Not a valid boolean.")
    return BOOLEAN_VALUES[text.lower()]


def parse_int(text):
    try:
        return int(text)
    except ValueError as error:
        raise ValueError("Not a valid integer.") from error


def parse_list(text):
    return text.split(",") if text else []


def parse_directory(text):
    require(Path(text).is_absolute(), "Not an absolute path.")
    return Path(text)


def parse_languages(text):
    """Return the language codes, the default language first. English needs no catalogue."""
    catalogues = {path.name for path in LOCALE.iterdir() if path.is_dir()}
    codes = text.split(",")
    for code in codes:
        require(code in catalogues | {"en"}, f'No catalogue for "{code}". There are: {", ".join(sorted(catalogues))}.')
    require(len(codes) == len(set(codes)), "A language is named twice.")
    return codes


def parse_database_url(url):
    try:
        return dj_database_url.parse(url)
    except ValueError as error:
        # The parser's own message may contain the password.
        raise ValueError("Not a valid database URL.") from error


def parse_email_url(url):
    try:
        settings = dj_email_url.parse(url)
    except ValueError as error:
        # As above.
        raise ValueError("Not a valid email URL.") from error
    require("EMAIL_BACKEND" in settings, "Not a valid email URL.")
    return settings | {"EMAIL_TIMEOUT": settings["EMAIL_TIMEOUT"] or EMAIL_TIMEOUT}


def parse_cache_url(url):
    try:
        return django_cache_url.parse(url)
    except Exception as error:
        raise ValueError(f"{error}.") from error


def parse_emails(text):
    return [parse_email(email.strip()) for email in parse_list(text)]


def parse_email(text):
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("Not a valid email address.") from error
    return text


def parse_url(text, example="https://reports.example.edu/csp"):
    try:
        URLValidator(["http", "https"])(text)
    except ValidationError as error:
        raise ValueError(f'Not a URL such as "{example}".') from error
    return text


def parse_origin(text):
    """Return scheme and host without a trailing slash."""
    parse_url(text, "https://partners.example.edu")
    is_origin = urlsplit(text).path in ("", "/") and "?" not in text and "#" not in text
    require(is_origin, "Leave out what follows the host.")
    return text.rstrip("/")


def parse_oidc_issuer(text):
    return parse_url(text, "https://login.example.edu/realms/university")


def parse_log_format(text):
    require(text in ("plain", "json"), 'Write "plain" or "json".')
    return text


def parse_positive_int(text):
    require(parse_int(text) > 0, "At least one is needed.")
    return parse_int(text)


def parse_time_zone(text):
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError('Not a time zone such as "Europe/Berlin".') from error


SECRET_KEY = read_env("SECRET_KEY", parse_non_empty)
SECRET_KEY_FALLBACKS = read_env("SECRET_KEY_FALLBACKS", parse_list, default="")
DEBUG = read_env("DEBUG", parse_bool, default="off")
HTTPS = read_env("HTTPS", parse_bool, default="off" if DEBUG else "on")
BEHIND_PROXY = read_env("BEHIND_PROXY", parse_bool, default="off")
ALLOWED_HOSTS = read_env("ALLOWED_HOSTS", parse_list, default="localhost,127.0.0.1,[::1]")
DATABASE = read_env("DATABASE_URL", parse_database_url, default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
CACHE = read_env("CACHE_URL", parse_cache_url, default="locmem://")
EMAIL = read_env("EMAIL_URL", parse_email_url, default="console://")
OFFICE_NAME = read_env("OFFICE_NAME", parse_non_empty, default="Exchange Office")
OFFICE_EMAIL = read_env("OFFICE_EMAIL", lambda text: text and parse_email(text), default="")
SITE_URL = read_env("SITE_URL", lambda text: text and parse_origin(text), default="")
DOCUMENTS_DIR = read_env("DOCUMENTS_DIR", parse_directory, default=str(BASE_DIR / "documents"))
DOCUMENTS_S3_BUCKET = read_env("DOCUMENTS_S3_BUCKET", str, default="")
DOCUMENTS_S3_ACCESS_KEY = read_env("DOCUMENTS_S3_ACCESS_KEY", str, default="")
DOCUMENTS_S3_SECRET_KEY = read_env("DOCUMENTS_S3_SECRET_KEY", str, default="")
DOCUMENTS_S3_ENDPOINT = read_env("DOCUMENTS_S3_ENDPOINT", lambda text: text and parse_url(text), default="")
DOCUMENTS_S3_REGION = read_env("DOCUMENTS_S3_REGION", str, default="")
DOCUMENT_MAX_MB = read_env("DOCUMENT_MAX_MB", parse_int, default="20")
IMPORT_MAX_MB = read_env("IMPORT_MAX_MB", parse_int, default="10")
EMBED_ALLOWED_ORIGINS = read_env(
    "EMBED_ALLOWED_ORIGINS", lambda text: [parse_origin(origin) for origin in parse_list(text)], default=""
)
LANGUAGES = read_env("LANGUAGES", parse_languages, default="en,de,fr,es,he")
MFA_REQUIRED = read_env("MFA_REQUIRED", parse_bool, default="off")
OIDC_ISSUER = read_env("OIDC_ISSUER", lambda text: text and parse_oidc_issuer(text), default="")
OIDC_CLIENT_ID = read_env("OIDC_CLIENT_ID", parse_non_empty, default=None if OIDC_ISSUER else "none")
OIDC_CLIENT_SECRET = read_env("OIDC_CLIENT_SECRET", parse_non_empty, default=None if OIDC_ISSUER else "none")
OIDC_USERNAME_CLAIM = read_env("OIDC_USERNAME_CLAIM", parse_non_empty, default="preferred_username")
OIDC_GROUPS_CLAIM = read_env("OIDC_GROUPS_CLAIM", parse_non_empty, default="groups")
OIDC_COORDINATOR_GROUPS = read_env("OIDC_COORDINATOR_GROUPS", parse_list, default=None if OIDC_ISSUER else "")
OIDC_ASSISTANT_GROUPS = read_env("OIDC_ASSISTANT_GROUPS", parse_list, default="")
TIME_ZONE = read_env("TIME_ZONE", parse_time_zone, default="UTC")
CSP_REPORT_URI = read_env("CSP_REPORT_URI", lambda text: text and parse_url(text), default="")
WEB_CONCURRENCY = read_env("WEB_CONCURRENCY", parse_positive_int, default=str(2 * len(os.sched_getaffinity(0)) + 1))
ADMINS = read_env("ADMINS", parse_emails, default="")
SENTRY_DSN = read_env(
    "SENTRY_DSN", lambda text: text and parse_url(text, "https://key@sentry.example.edu/1"), default=""
)
LOG_FORMAT = read_env("LOG_FORMAT", parse_log_format, default="plain")

_required_s3 = DOCUMENTS_S3_BUCKET, DOCUMENTS_S3_ACCESS_KEY, DOCUMENTS_S3_SECRET_KEY
if any([*_required_s3, DOCUMENTS_S3_ENDPOINT, DOCUMENTS_S3_REGION]) and not all(_required_s3):
    raise improperly_configured(
        '"DOCUMENTS_S3_BUCKET", "DOCUMENTS_S3_ACCESS_KEY" and "DOCUMENTS_S3_SECRET_KEY" have to be set together, '
        'and "DOCUMENTS_S3_ENDPOINT" and "DOCUMENTS_S3_REGION" only with them.'
    )
