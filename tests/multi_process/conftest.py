"""Fixtures of sites with their own databases, shared by several processes."""

from tests.backups.conftest import databases, filled, new_site, templates  # noqa: F401
