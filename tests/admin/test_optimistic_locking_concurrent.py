"""Two people who save the same page in the same instant: one of them does, the other is told."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import Client

from partners.models import Country, University
from tests.conftest import staff
from tests.factories import UniversityFactory
from tests.forms import sent
from tests.html import errors

ROOT = Path(__file__).resolve().parent.parent.parent
SAVE = """
import sys
from django.contrib.auth.models import User
from django.test import Client
from tests.forms import sent

city, address = sys.argv[-1], "/admin/partners/university/1/change/"
browser = Client()
browser.force_login(User.objects.get(username="coordinator"))
form = sent(browser.get(address), "university_form")
print("open", flush=True)
sys.stdin.readline()
print(browser.post(address, form | {"city": city}).status_code)
"""
PREPARE = """
from django.contrib.auth.models import User
from partners.models import Country, University
User.objects.create_superuser("coordinator")
University.objects.create(name="Marburg", country=Country.objects.get(code="DE"))
"""
only_on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="no PostgreSQL: name a server in TEST_DATABASE_URL"
)


def test_two_saves_at_once_are_one_save_on_sqlite(tmp_path):
    environment = os.environ | {
        "TEST_DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }

    def start(code, *arguments):
        code = f"import django\ndjango.setup()\n{code}"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, **pipes)

    start(
        "from django.core.management import call_command\ncall_command('migrate', verbosity=0)" + PREPARE
    ).communicate()
    both = [start(SAVE, city) for city in ("Kassel", "Fulda")]
    assert [each.stdout.readline() for each in both] == ["open\n"] * 2
    for each in both:
        each.stdin.write("\n")
        each.stdin.flush()

    assert sorted(each.communicate()[0] for each in both) == ["200\n", "302\n"]


@only_on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_two_saves_at_once_are_one_save_on_postgresql():
    university = UniversityFactory(name="Marburg")
    address = f"/admin/partners/university/{university.pk}/change/"

    def opened(browser):
        return address, sent(browser.get(address), "university_form")

    pages = at_once(opened, [{"city": "Kassel"}, {"city": "Fulda"}])

    assert sorted(page.status_code for page in pages) == [200, 302]
    assert University.objects.get().history.count() == 2


@only_on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_university_that_two_add_at_once_is_added_once_on_postgresql():
    germany = Country.objects.get(code="DE")

    def opened(browser):
        page = browser.get("/admin/partners/university/add/")
        return "/admin/partners/university/add/", sent(page, "university_form") | {"country": germany.pk}

    pages = at_once(opened, [{"name": "Marburg"}, {"name": "MARBURG"}])

    refused = [errors(page) for page in pages if page.status_code == 200]
    assert [list(each) for each in refused] == [["name"]]
    assert University.objects.count() == 1


def at_once(opened, typed):
    """The answers to two people who have a page open and save it in the same instant."""
    users, barrier, answers = (
        [staff(name, "Exchange coordinators") for name in ("anna", "berta")],
        threading.Barrier(2),
        [],
    )

    def save(user, values):
        browser = Client()
        browser.force_login(user)
        try:
            address, form = opened(browser)
            barrier.wait()
            answers.append(browser.post(address, form | values))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=each) for each in zip(users, typed, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
