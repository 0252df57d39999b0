"""A version of the register's data that differs after every committed change, for caches and ETags.

Database triggers change it, so that bulk updates, raw SQL and a database shell count like forms. A new
version becomes visible together with the change itself, at commit.
"""

from functools import lru_cache, wraps

from django.apps import apps as current_apps
from django.db import connection, connections, transaction

SQLITE_SETUP = [
    "CREATE TABLE IF NOT EXISTS partners_data_version (id integer PRIMARY KEY, token integer NOT NULL)",
    "INSERT OR IGNORE INTO partners_data_version (id, token) VALUES (1, 0)",
]
SQLITE_TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS "partners_data_version_insert_{0}" AFTER INSERT ON "{0}"
    BEGIN UPDATE partners_data_version SET token = random(); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS "partners_data_version_update_{0}" AFTER UPDATE ON "{0}"
    BEGIN UPDATE partners_data_version SET token = random(); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS "partners_data_version_delete_{0}" AFTER DELETE ON "{0}"
    BEGIN UPDATE partners_data_version SET token = random(); END
    """,
]
POSTGRESQL_SETUP = [
    "CREATE TABLE IF NOT EXISTS partners_data_version (id bigserial PRIMARY KEY, token double precision NOT NULL)",
    "INSERT INTO partners_data_version (token) SELECT 0 WHERE NOT EXISTS (SELECT FROM partners_data_version)",
    # Once per transaction, on a row that no other transaction has locked, so that writers do not wait for each other.
    """
    CREATE OR REPLACE FUNCTION partners_bump_data_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('partners.data_version', true) IS DISTINCT FROM 'bumped' THEN
            UPDATE partners_data_version SET token = random()
                WHERE id = (SELECT id FROM partners_data_version ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
            IF NOT FOUND THEN
                INSERT INTO partners_data_version (token) VALUES (random());
            END IF;
            PERFORM set_config('partners.data_version', 'bumped', true);
        END IF;
        RETURN NULL;
    END $$
    """,
]
POSTGRESQL_TRIGGERS = [
    """
    CREATE OR REPLACE TRIGGER partners_data_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{0}"
    FOR EACH STATEMENT EXECUTE FUNCTION partners_bump_data_version()
    """
]
STATEMENTS = {"sqlite": (SQLITE_SETUP, SQLITE_TRIGGERS), "postgresql": (POSTGRESQL_SETUP, POSTGRESQL_TRIGGERS)}
BUMP_SQL = "UPDATE partners_data_version SET token = random()"


def current_version():
    """Return the data version, or None inside a transaction, which sees its own changes.

    Read it before the data: later reads are at least that new.
    """
    return None if connection.in_atomic_block else read_version()


def read_version():
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM partners_data_version ORDER BY id")
        return " ".join(str(token) for (token,) in cursor.fetchall())


def cached_for_version(size):
    """Return a decorator that keeps the last results of a function for each version of the data.

    Inside a transaction, which sees its own changes, nothing is kept. The arguments have to be hashable.
    """

    def decorate(build):
        build_once = lru_cache(size)(lambda _version, *args: build(*args))

        @wraps(build)
        def get(*args):
            version = current_version()
            return build(*args) if version is None else build_once(version, *args)

        return get

    return decorate


def install_triggers(sender, using, apps=current_apps, **kwargs):
    """Install the triggers on every table after each migration: SQLite drops those of a table that it alters."""
    setup, triggers = STATEMENTS[connections[using].vendor]
    models = apps.get_app_config(sender.label).get_models(include_auto_created=True)
    trigger_sql = [trigger.format(model._meta.db_table) for model in models for trigger in triggers]
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for statement in [*setup, *trigger_sql, BUMP_SQL]:
            cursor.execute(statement)
