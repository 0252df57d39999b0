"""The database's constraint that signed agreements of one university, type and scope do not overlap.

PostgreSQL has an exclusion constraint, SQLite triggers. A violation raises IntegrityError with the constraint's name.
"""

from django.db import IntegrityError, connection, connections
from django.utils.translation import gettext as _

NAME = "agreement_periods_apart"

POSTGRESQL_EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
POSTGRESQL_CONSTRAINT = f"""
    ALTER TABLE partners_agreement ADD CONSTRAINT {NAME} EXCLUDE USING gist (
        university_id WITH =, agreement_type_id WITH =, scope_key WITH =,
        daterange(valid_from, valid_until, '[]') WITH &&
    ) WHERE (status = 'signed') DEFERRABLE INITIALLY IMMEDIATE
"""
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
        schema_editor.execute(POSTGRESQL_EXTENSION)
        schema_editor.execute(POSTGRESQL_CONSTRAINT)


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


def check_installed() -> list[str]:
    """Return a sentence, with what to do, if the database has lost the constraint or one of the triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if NAME in connection.introspection.get_constraints(cursor, "partners_agreement"):
                return []
            remedy = f"Execute as the owner of the tables: {' '.join(POSTGRESQL_CONSTRAINT.split())};"
        else:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{NAME}%"])
            if cursor.fetchone() == (2,):
                return []
            remedy = "Run manage.py migrate."
    return [f"{NAME} is missing, so periods of signed agreements may overlap. {remedy}"]


def describe_integrity_error(error: IntegrityError) -> str:
    """Return a sentence for a write that was valid until somebody else wrote at the same moment."""
    if NAME in str(error):
        return _(
            "Somebody changed an agreement of the same type and scope at the same moment, and both would be signed "
            "for the same days."
        )
    return _("Somebody changed the register at the same moment.")
