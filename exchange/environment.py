"""What the site's surroundings tell it: every environment variable is read here, once.

A missing or malformed variable stops the start with a sentence, so that a typing
mistake never turns into a site that runs with a default nobody chose.
"""

from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)


def hold(name, is_right, sentence):
    if not is_right:
        raise EnvError(f'Environment variable "{name}" invalid: {sentence}')


def is_email(text):
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


try:
    SECRET_KEY = env.str("SECRET_KEY")
    DEBUG = env.bool("DEBUG", default=False)
    HTTPS = env.bool("HTTPS", default=not DEBUG)
    BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    DATABASE = env.dj_db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    CACHE = env.dj_cache_url("CACHE_URL", default="locmem://")
    EMAIL = env.dj_email_url("EMAIL_URL", default="console://")
    OFFICE_NAME = env.str("OFFICE_NAME", default="Exchange Office")
    OFFICE_EMAIL = env.str("OFFICE_EMAIL", default="")
    IMPORT_MOST_MB = env.int("IMPORT_MOST_MB", default=10)
    TIME_ZONE = env.str("TIME_ZONE", default="UTC")

    hold("SECRET_KEY", SECRET_KEY, "It is empty.")
    hold("EMAIL_URL", EMAIL.get("EMAIL_BACKEND"), "Not a valid email URL.")
    hold("OFFICE_NAME", OFFICE_NAME, "It is empty.")
    hold("OFFICE_EMAIL", not OFFICE_EMAIL or is_email(OFFICE_EMAIL), "Not a valid email address.")
    hold("TIME_ZONE", TIME_ZONE in available_timezones(), 'Not a time zone such as "Europe/Berlin".')
except EnvError as error:
    message = f"{error} The variables are explained in .env.example."
    raise ImproperlyConfigured(message) from error
