"""Sites with databases of their own."""

from tests.backups.conftest import databases, new_site, templates  # noqa: F401
