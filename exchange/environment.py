"""What the site's surroundings tell it: every environment variable is read here, once.

A missing or malformed variable stops the start with a sentence, so that a typing
mistake never turns into a site that runs with a default nobody chose.
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
BOOLEANS = dict.fromkeys(["1", "on", "t", "true", "y", "yes"], True) | dict.fromkeys(
    ["0", "off", "f", "false", "n", "no"], False
)
EMAIL_TIMEOUT = 20
"""Before a mail server that does not answer is given up."""


def read(name, meaning, default=None):
    """What a variable means. The default is written as a value in ``.env`` is; without one, it has to be set."""
    told = [text for text in (os.environ.get(name), ENV_FILE.get(name), default) if text is not None]
    if not told:
        raise refusal(f'Environment variable "{name}" not set.')
    try:
        return meaning(told[0])
    except ValueError as error:
        raise refusal(f'Environment variable "{name}" invalid: {error}') from error


def refusal(sentence):
    return ImproperlyConfigured(f"{sentence} The variables are explained in .env.example.")


def hold(is_right, sentence):
    if not is_right:
        raise ValueError(sentence)


def filled(text):
    hold(text, "It is empty.")
    return text


def switch(text):
    hold(text.lower() in BOOLEANS, "Not a valid boolean.")
    return BOOLEANS[text.lower()]


def number(text):
    try:
        return int(text)
    except ValueError as error:
        raise ValueError("Not a valid integer.") from error


def names(text):
    return text.split(",") if text else []


def folder(text):
    hold(Path(text).is_absolute(), "Not an absolute path.")
    return Path(text)


def languages(text):
    """Codes, the first of which is that of addresses without one. English needs no catalogue."""
    catalogues = {folder.name for folder in LOCALE.iterdir() if folder.is_dir()}
    chosen = text.split(",")
    for code in chosen:
        hold(code in catalogues | {"en"}, f'No catalogue for "{code}". There are: {", ".join(sorted(catalogues))}.')
    hold(len(chosen) == len(set(chosen)), "A language is named twice.")
    return chosen


def database(url):
    """Without the parser's own words, which may have the password in them, as may those about mail."""
    try:
        return dj_database_url.parse(url)
    except ValueError as error:
        raise ValueError("Not a valid database URL.") from error


def mail(url):
    try:
        settings = dj_email_url.parse(url)
    except ValueError as error:
        raise ValueError("Not a valid email URL.") from error
    hold("EMAIL_BACKEND" in settings, "Not a valid email URL.")
    return settings | {"EMAIL_TIMEOUT": settings["EMAIL_TIMEOUT"] or EMAIL_TIMEOUT}


def cache(url):
    try:
        return django_cache_url.parse(url)
    except Exception as error:
        raise ValueError(f"{error}.") from error


def email_addresses(text):
    return [email_address(each.strip()) for each in names(text)]


def email_address(text):
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("Not a valid email address.") from error
    return text


def web_address(text, example="https://reports.example.edu/csp"):
    try:
        URLValidator(["http", "https"])(text)
    except ValidationError as error:
        raise ValueError(f'Not an address such as "{example}".') from error
    return text


def site_address(text):
    """Scheme and host, to which absolute links add a path."""
    web_address(text, "https://partners.example.edu")
    hold(urlsplit(text).path in ("", "/") and "?" not in text and "#" not in text, "Leave out what follows the host.")
    return text.rstrip("/")


def issuer(text):
    """The address under which a server of OpenID Connect tells of itself."""
    return web_address(text, "https://login.example.edu/realms/university")


def log_format(text):
    hold(text in ("plain", "json"), 'Write "plain" or "json".')
    return text


def workers(text):
    hold(number(text) > 0, "At least one is needed.")
    return number(text)


def time_zone(text):
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError('Not a time zone such as "Europe/Berlin".') from error


SECRET_KEY = read("SECRET_KEY", filled)
SECRET_KEY_FALLBACKS = read("SECRET_KEY_FALLBACKS", names, default="")
DEBUG = read("DEBUG", switch, default="off")
HTTPS = read("HTTPS", switch, default="off" if DEBUG else "on")
BEHIND_PROXY = read("BEHIND_PROXY", switch, default="off")
ALLOWED_HOSTS = read("ALLOWED_HOSTS", names, default="localhost,127.0.0.1,[::1]")
DATABASE = read("DATABASE_URL", database, default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
CACHE = read("CACHE_URL", cache, default="locmem://")
EMAIL = read("EMAIL_URL", mail, default="console://")
OFFICE_NAME = read("OFFICE_NAME", filled, default="Exchange Office")
OFFICE_EMAIL = read("OFFICE_EMAIL", lambda text: text and email_address(text), default="")
SITE_URL = read("SITE_URL", lambda text: text and site_address(text), default="")
DOCUMENTS_DIR = read("DOCUMENTS_DIR", folder, default=str(BASE_DIR / "documents"))
DOCUMENTS_S3_BUCKET = read("DOCUMENTS_S3_BUCKET", str, default="")
DOCUMENTS_S3_ACCESS_KEY = read("DOCUMENTS_S3_ACCESS_KEY", str, default="")
DOCUMENTS_S3_SECRET_KEY = read("DOCUMENTS_S3_SECRET_KEY", str, default="")
DOCUMENTS_S3_ENDPOINT = read("DOCUMENTS_S3_ENDPOINT", lambda text: text and web_address(text), default="")
DOCUMENTS_S3_REGION = read("DOCUMENTS_S3_REGION", str, default="")
DOCUMENT_MAX_MB = read("DOCUMENT_MAX_MB", number, default="20")
IMPORT_MAX_MB = read("IMPORT_MAX_MB", number, default="10")
EMBED_ALLOWED_ORIGINS = read(
    "EMBED_ALLOWED_ORIGINS", lambda text: [site_address(each) for each in names(text)], default=""
)
LANGUAGES = read("LANGUAGES", languages, default="en,de,fr,es,he")
SECOND_FACTOR_REQUIRED = read("SECOND_FACTOR_REQUIRED", switch, default="off")
OIDC_ISSUER = read("OIDC_ISSUER", lambda text: text and issuer(text), default="")
OIDC_CLIENT_ID = read("OIDC_CLIENT_ID", filled, default=None if OIDC_ISSUER else "none")
OIDC_CLIENT_SECRET = read("OIDC_CLIENT_SECRET", filled, default=None if OIDC_ISSUER else "none")
OIDC_USERNAME_CLAIM = read("OIDC_USERNAME_CLAIM", filled, default="preferred_username")
OIDC_GROUPS_CLAIM = read("OIDC_GROUPS_CLAIM", filled, default="groups")
OIDC_COORDINATOR_GROUPS = read("OIDC_COORDINATOR_GROUPS", names, default=None if OIDC_ISSUER else "")
OIDC_ASSISTANT_GROUPS = read("OIDC_ASSISTANT_GROUPS", names, default="")
TIME_ZONE = read("TIME_ZONE", time_zone, default="UTC")
CSP_REPORT_URI = read("CSP_REPORT_URI", lambda text: text and web_address(text), default="")
WEB_CONCURRENCY = read("WEB_CONCURRENCY", workers, default=str(2 * len(os.sched_getaffinity(0)) + 1))
ADMINS = read("ADMINS", email_addresses, default="")
SENTRY_DSN = read("SENTRY_DSN", lambda text: text and web_address(text, "https://key@sentry.example.edu/1"), default="")
LOG_FORMAT = read("LOG_FORMAT", log_format, default="plain")

_needed = DOCUMENTS_S3_BUCKET, DOCUMENTS_S3_ACCESS_KEY, DOCUMENTS_S3_SECRET_KEY
if any([*_needed, DOCUMENTS_S3_ENDPOINT, DOCUMENTS_S3_REGION]) and not all(_needed):
    raise refusal(
        '"DOCUMENTS_S3_BUCKET", "DOCUMENTS_S3_ACCESS_KEY" and "DOCUMENTS_S3_SECRET_KEY" have to be set together, '
        'and "DOCUMENTS_S3_ENDPOINT" and "DOCUMENTS_S3_REGION" only with them.'
    )
