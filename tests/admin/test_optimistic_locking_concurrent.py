"""Two users save the same object at the same moment; only one succeeds."""

import sys
import threading
from shutil import copy

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from partners.groups import Role
from partners.models import Country, University
from tests.helpers.factories import UniversityFactory, create_staff
from tests.helpers.html import errors, form_data
from tests.helpers.processes import report
from tests.helpers.sites import Site


def add_university():
    User.objects.create_superuser("coordinator")
    University.objects.create(name="Marburg", country=Country.objects.get(code="DE"))


def save_city_on_signal(city):
    """Open the university's form, wait for a line, save the city, and report the status code."""
    url = "/admin/partners/university/1/change/"
    browser = Client()
    browser.force_login(User.objects.get(username="coordinator"))
    form = form_data(browser.get(url), "#university_form")
    report("open")
    sys.stdin.readline()
    report(browser.post(url, form | {"city": city}).status_code)


@pytest.mark.slow
def test_concurrent_saves_save_once_on_sqlite(migrated_file, tmp_path):
    site = Site(f"sqlite:///{copy(migrated_file, tmp_path)}", tmp_path / "documents")
    site.call(add_university)
    processes = [site.start_call(save_city_on_signal, city) for city in ("Kassel", "Fulda")]
    assert [process.stdout.readline() for process in processes] == ["open\n"] * 2
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()

    assert sorted(process.communicate()[0] for process in processes) == ["200\n", "302\n"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_concurrent_saves_save_once_on_postgresql():
    university = UniversityFactory(name="Marburg")
    url = f"/admin/partners/university/{university.pk}/change/"

    def open_form(browser):
        return url, form_data(browser.get(url), "#university_form")

    pages = save_concurrently(open_form, [{"city": "Kassel"}, {"city": "Fulda"}])

    assert sorted(page.status_code for page in pages) == [200, 302]
    assert University.objects.get().history.count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_concurrent_adds_add_once_on_postgresql():
    germany = Country.objects.get(code="DE")

    def open_form(browser):
        page = browser.get("/admin/partners/university/add/")
        return "/admin/partners/university/add/", form_data(page, "#university_form") | {"country": germany.pk}

    pages = save_concurrently(open_form, [{"name": "Marburg"}, {"name": "MARBURG"}])

    rejected = [errors(page) for page in pages if page.status_code == 200]
    assert [list(field_errors) for field_errors in rejected] == [["name"]]
    assert University.objects.count() == 1


def save_concurrently(open_form, submissions):
    """Submit the form as two users at the same moment, and return the responses."""
    users, barrier, responses = (
        [create_staff(name, Role.COORDINATOR) for name in ("anna", "berta")],
        threading.Barrier(2),
        [],
    )

    def save(user, values):
        browser = Client()
        browser.force_login(user)
        try:
            url, form = open_form(browser)
            barrier.wait()
            responses.append(browser.post(url, form | values))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=args) for args in zip(users, submissions, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses
