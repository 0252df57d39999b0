import pytest
from django.core.management import call_command
from django.db import connection

from partners.models import University
from partners.search_index import NAME, check_installed

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_search_reads_the_index():
    # The planner would rather read a small table in another way.
    execute("SET LOCAL enable_seqscan = off")
    execute("SET LOCAL enable_indexscan = off")

    assert f"Bitmap Index Scan on {NAME}" in University.objects.search("haven north").order_by().explain()


def test_doctor_reports_a_missing_index_until_it_is_migrated():
    execute(f"DROP INDEX {NAME}")
    before = check_installed()

    call_command("migrate", verbosity=0)

    assert (before, check_installed()) == (
        [
            "The index of names is missing, so searches take longer. "
            "Execute CREATE EXTENSION IF NOT EXISTS pg_trgm in the database as a superuser, and run manage.py migrate."
        ],
        [],
    )
