"""What the site's surroundings tell it: every environment variable is read here, once.

A missing or malformed variable stops the start with a sentence, so that a typing
mistake never turns into a site that runs with a default nobody chose.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent


def known_time_zone(name):
    try:
        ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise ValidationError('Not a time zone such as "Europe/Berlin".') from error


def known_mail_backend(url):
    if not url["EMAIL_BACKEND"]:
        raise ImproperlyConfigured('"EMAIL_URL" invalid: Not a valid email URL.')
    return url


env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)
not_empty = validate.Length(min=1, error="It is empty.")

try:
    SECRET_KEY = env.str("SECRET_KEY", validate=not_empty)
    DEBUG = env.bool("DEBUG", default=False)
    HTTPS = env.bool("HTTPS", default=not DEBUG)
    BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    DATABASE = env.dj_db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    CACHE = env.dj_cache_url("CACHE_URL", default="locmem://")
    EMAIL = known_mail_backend(env.dj_email_url("EMAIL_URL", default="console://"))
    OFFICE_NAME = env.str("OFFICE_NAME", default="Exchange Office", validate=not_empty)
    OFFICE_EMAIL = env.str("OFFICE_EMAIL", default="", validate=validate.Email())
    TIME_ZONE = env.str("TIME_ZONE", default="UTC", validate=known_time_zone)
except EnvError as error:
    message = f"{error} The variables are explained in .env.example."
    raise ImproperlyConfigured(message) from error
