"""The database's constraint that signed agreements of one university, type and scope do not overlap.

PostgreSQL has an exclusion constraint, SQLite triggers. A violation raises IntegrityError with the constraint's name.
"""

from django.db import connections

NAME = "agreement_periods_apart"

POSTGRESQL_SETUP = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
    ALTER TABLE partners_agreement ADD CONSTRAINT {NAME} EXCLUDE USING gist (
        university_id WITH =, agreement_type_id WITH =, scope_key WITH =,
        daterange(valid_from, valid_until, '[]') WITH &&
    ) WHERE (status = 'signed') DEFERRABLE INITIALLY IMMEDIATE
    """,
]
SQLITE_TRIGGER = """
    CREATE TRIGGER "agreement_periods_apart_{event}" BEFORE {event} ON partners_agreement WHEN NEW.status = 'signed'
    BEGIN
        SELECT RAISE(ABORT, 'agreement_periods_apart') WHERE EXISTS (
            SELECT 1 FROM partners_agreement WHERE university_id = NEW.university_id AND id IS NOT NEW.id
                AND status = 'signed' AND +agreement_type_id = NEW.agreement_type_id AND scope_key = NEW.scope_key
                AND coalesce(valid_from, '0001-01-01') <= coalesce(NEW.valid_until, '9999-12-31')
                AND coalesce(NEW.valid_from, '0001-01-01') <= coalesce(valid_until, '9999-12-31')
        );
    END
"""
"""The plus sign keeps the planner from the index of the type, which has a third of the table."""


def add_exclusion_constraint(apps, schema_editor):
    """Add the constraint on PostgreSQL, in a migration. The extension needs CREATE on the database."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL_SETUP:
            schema_editor.execute(statement)


def remove_exclusion_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE partners_agreement DROP CONSTRAINT {NAME}")


def install_triggers(sender, using, **kwargs):
    """Install the triggers on SQLite, after each migration: SQLite drops those of a table that it alters."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for event in ("INSERT", "UPDATE"):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{NAME}_{event}"')
                cursor.execute(SQLITE_TRIGGER.format(event=event))
