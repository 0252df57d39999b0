from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from partners.models import Agreement, Country, Mobility, University
from tests.helpers.factories import MobilityFactory, UniversityFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]
TABLES = sorted(model._meta.db_table for model in apps.get_app_config("partners").get_models())
TRIGGERS_SQL = {
    "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT event_object_table, event_manipulation FROM information_schema.triggers",
}


def etag():
    """Return the ETag of the list, None if it has none."""
    return Client().get("/").headers.get("ETag")


def etag_in_thread():
    """Return the ETag as another process would see it, with a connection of its own."""
    try:
        return etag()
    finally:
        connection.close()


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
def test_change_gives_pages_another_etag(change):
    UniversityFactory(name="Marburg")
    before = etag()

    change()

    assert etag() != before
    assert etag() == etag()


def test_change_of_a_mobility_gives_pages_another_etag():
    MobilityFactory(places=4)
    before = etag()

    Mobility.objects.update(places=5)

    assert etag() != before


def test_reading_and_rolled_back_change_keep_the_etag():
    UniversityFactory(name="Marburg")
    before = etag()

    with transaction.atomic():
        University.objects.update(city="Lahn")
        transaction.set_rollback(True)
    list(Agreement.objects.all())

    assert etag() == before


def test_page_within_a_transaction_has_no_etag():
    with transaction.atomic():
        assert etag() is None


@pytest.mark.postgresql
def test_concurrent_changes_do_not_wait_and_show_at_commit():
    other = connection.copy()
    UniversityFactory(name="Marburg")
    etags = [etag()]

    with other.cursor() as cursor:
        with transaction.atomic():
            University.objects.update(city="Lahn")
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute("UPDATE partners_country SET other_names = '' WHERE code = 'FR'")
            with ThreadPoolExecutor(1) as threads:
                etags += [threads.submit(etag_in_thread).result() for _ in range(2)]
        etags.append(etag())
    other.close()

    before, committed_by_other, again, committed_by_both = etags
    assert committed_by_other == again
    assert len({before, committed_by_other, committed_by_both}) == 3


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
