"""Fixtures of sites with their own databases."""

from tests.backups.conftest import databases, new_site, templates  # noqa: F401
