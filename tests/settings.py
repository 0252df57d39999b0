"""The site's settings with fixed environment variables, independent of a developer's .env."""

import os

os.environ |= {
    "SECRET_KEY": "for tests only",
    "DEBUG": "off",
    "HTTPS": "off",
    "BEHIND_PROXY": "off",
    "ALLOWED_HOSTS": "testserver,localhost",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"),
    "CACHE_URL": "locmem://",
    "EMAIL_URL": "memory://",
    "OFFICE_NAME": "Exchange Office",
    "SITE_URL": "https://partners.example.edu",
    "DOCUMENTS_DIR": os.environ.get("TEST_DOCUMENTS_DIR", "/dev/null/documents"),
    "LANGUAGES": "en,de,fr,es,he",
    "TIME_ZONE": "UTC",
    "ACADEMIC_YEAR_START": "09-01",
}

from exchange.settings import *  # noqa: F403
from exchange.settings import STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Static files are served from their source folders, without collectstatic.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
