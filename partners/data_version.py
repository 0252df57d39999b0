"""The revision of the register: something else after every change, whoever makes it and by whatever path.

Triggers of the database move it, so that a bulk update, an import's own SQL and a shell on the
database do as a form does. It is seen to move when the change itself is seen: with its commit.
"""

from django.apps import apps as apps_of_today
from django.db import connection, connections, transaction

SQLITE_SETUP = [
    "CREATE TABLE IF NOT EXISTS partners_revision (id integer PRIMARY KEY, token integer NOT NULL)",
    "INSERT OR IGNORE INTO partners_revision (id, token) VALUES (1, 0)",
]
SQLITE_TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS "partners_revision_insert_{0}" AFTER INSERT ON "{0}"
    BEGIN UPDATE partners_revision SET token = random(); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS "partners_revision_update_{0}" AFTER UPDATE ON "{0}"
    BEGIN UPDATE partners_revision SET token = random(); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS "partners_revision_delete_{0}" AFTER DELETE ON "{0}"
    BEGIN UPDATE partners_revision SET token = random(); END
    """,
]
POSTGRESQL_SETUP = [
    "CREATE TABLE IF NOT EXISTS partners_revision (id bigserial PRIMARY KEY, token double precision NOT NULL)",
    "INSERT INTO partners_revision (token) SELECT 0 WHERE NOT EXISTS (SELECT FROM partners_revision)",
    # Once in a transaction, and of the rows one that no other transaction is moving, so that none waits for another.
    """
    CREATE OR REPLACE FUNCTION partners_move_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('partners.data_version', true) IS DISTINCT FROM 'moved' THEN
            UPDATE partners_revision SET token = random()
                WHERE id = (SELECT id FROM partners_revision ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
            IF NOT FOUND THEN
                INSERT INTO partners_revision (token) VALUES (random());
            END IF;
            PERFORM set_config('partners.data_version', 'moved', true);
        END IF;
        RETURN NULL;
    END $$
    """,
]
POSTGRESQL_TRIGGERS = [
    """
    CREATE OR REPLACE TRIGGER partners_revision AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{0}"
    FOR EACH STATEMENT EXECUTE FUNCTION partners_move_revision()
    """
]
STATEMENTS = {"sqlite": (SQLITE_SETUP, SQLITE_TRIGGERS), "postgresql": (POSTGRESQL_SETUP, POSTGRESQL_TRIGGERS)}
BUMP_SQL = "UPDATE partners_revision SET token = random()"


def current_version():
    """What is read after this is of the revision that it tells, or newer. None in a transaction, which sees its own."""
    return None if connection.in_atomic_block else read_version()


def read_version():
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM partners_revision ORDER BY id")
        return " ".join(str(token) for (token,) in cursor.fetchall())


def install_triggers(sender, using, apps=apps_of_today, **kwargs):
    """Sees to the triggers of every table, after each migration: SQLite loses those of a table that one alters."""
    table, triggers = STATEMENTS[connections[using].vendor]
    models = apps.get_app_config(sender.label).get_models(include_auto_created=True)
    watching = [trigger.format(model._meta.db_table) for model in models for trigger in triggers]
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for statement in [*table, *watching, BUMP_SQL]:
            cursor.execute(statement)
