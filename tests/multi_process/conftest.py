"""Sites with databases of their own, which processes share."""

from tests.backups.conftest import databases, filled, new_site, templates  # noqa: F401
