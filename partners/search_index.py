"""The index of names on PostgreSQL: ``search_text LIKE '% word%'`` finds the same rows without reading all.

It needs the extension pg_trgm. Without, searches take longer.
"""

from contextlib import suppress

from django.db import DatabaseError, connection, connections, transaction

NAME = "partners_university_search_text_trigrams"
STATEMENTS = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS {NAME} ON partners_university USING gin (search_text gin_trgm_ops)",
]


def install_index(sender, using, **kwargs):
    """Create the index on PostgreSQL, after each migration. `doctor` reports if the database refused it."""
    if connections[using].vendor == "postgresql":
        with suppress(DatabaseError), transaction.atomic(using), connections[using].cursor() as cursor:
            for statement in STATEMENTS:
                cursor.execute(statement)


def check_installed() -> list[str]:
    """Return a sentence, with what to do, if PostgreSQL does not have the index."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        if NAME in connection.introspection.get_constraints(cursor, "partners_university"):
            return []
    return [
        "The index of names is missing, so searches take longer. "
        "Execute CREATE EXTENSION IF NOT EXISTS pg_trgm in the database as a superuser, and run manage.py migrate."
    ]
