import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from partners import data_version
from partners.models import Agreement, Country, University
from tests.helpers.factories import UniversityFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]
TABLES = sorted(model._meta.db_table for model in apps.get_app_config("partners").get_models())
TRIGGERS_SQL = {
    "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT event_object_table, event_manipulation FROM information_schema.triggers",
}


def insert_by_sql():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO partners_agreementtype (name, other_names, name_key, search_text, slug, description, position)"
            " SELECT 'Twinning', '', 'twinning', 'twinning', 'twinning', description, position"
            " FROM partners_agreementtype WHERE slug = 'bilateral'"
        )


def save_unchanged():
    University.objects.get().save()


def update_in_bulk():
    University.objects.bulk_update(University.objects.all(), ["city"])


def create_in_bulk():
    germany = Country.objects.get(code="DE")
    University.objects.bulk_create([University(country=germany, name="Jena", slug="jena")], ignore_conflicts=True)


def roll_back_a_savepoint():
    with transaction.atomic():
        with transaction.atomic():
            save_unchanged()
            transaction.set_rollback(True)
        save_unchanged()


@pytest.mark.parametrize(
    "change",
    [
        save_unchanged,
        lambda: University.objects.update(city="Lahn"),
        lambda: University.objects.all().delete(),
        update_in_bulk,
        create_in_bulk,
        insert_by_sql,
        roll_back_a_savepoint,
        lambda: call_command("import_partners", "fixtures/partners.tsv", verbosity=0),
        lambda: call_command("migrate", verbosity=0),
    ],
    ids=[
        "save",
        "update",
        "delete",
        "bulk update",
        "bulk create",
        "SQL",
        "rolled-back savepoint",
        "import",
        "migration",
    ],
)
def test_change_bumps_the_version(change):
    UniversityFactory(name="Marburg")
    before = data_version.current_version()

    change()

    assert data_version.current_version() != before
    assert data_version.current_version() == data_version.current_version()


def test_reading_and_rolled_back_change_keep_the_version():
    UniversityFactory(name="Marburg")
    before = data_version.current_version()

    with transaction.atomic():
        University.objects.update(city="Lahn")
        transaction.set_rollback(True)
    list(Agreement.objects.all())

    assert data_version.current_version() == before


def test_version_within_a_transaction_is_none():
    with transaction.atomic():
        assert data_version.current_version() is None


@pytest.mark.postgresql
def test_concurrent_changes_do_not_wait_and_bump_at_commit():
    other = connection.copy()
    UniversityFactory(name="Marburg")
    versions = [data_version.current_version()]

    with other.cursor() as cursor:
        with transaction.atomic():
            University.objects.update(city="Lahn")
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute("UPDATE partners_country SET other_names = '' WHERE code = 'FR'")
            cursor.execute("SELECT token FROM partners_data_version ORDER BY id")
            versions.append(" ".join(str(token) for (token,) in cursor))
        versions.append(data_version.current_version())
    other.close()

    assert len({*versions}) == 3


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_the_register_has_triggers(table):
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS_SQL[connection.vendor])
        sql = " ".join(trigger_sql for name, trigger_sql in cursor.fetchall() if name == table)

    assert [event for event in ("INSERT", "UPDATE", "DELETE") if f" {event} " in f" {sql} "] == [
        "INSERT",
        "UPDATE",
        "DELETE",
    ]
