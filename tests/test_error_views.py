import subprocess

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection

from tests.helpers.factories import AgreementFactory
from tests.helpers.headers import HEADERS, security_headers
from tests.helpers.html import element_texts, text
from tests.helpers.processes import function_command, report
from tests.helpers.serving import site_environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def get_failing(client):
    """A function that requests a page while every database query raises an error."""

    def get(url, error):
        def fail(*args):
            raise error

        client.raise_request_exception = False
        with connection.execute_wrapper(fail):
            return client.get(url)

    return get


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_unreachable_database_is_answered_with_503(get_failing, settings, error):
    settings.OFFICE_EMAIL = "exchange@example.edu"

    page = get_failing("/", error)

    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "30", "no-store")
    assert element_texts(page, "h1") == ["Back in a moment"]
    assert security_headers(page) == HEADERS
    assert "exchange@example.edu" in text(page)
    assert "gone" not in text(page)


def test_error_page_is_in_the_language_of_the_url(get_failing):
    assert element_texts(get_failing("/de/", OperationalError("gone")), "h1") == ["Gleich wieder da"]


def test_exception_is_answered_with_500_without_its_message(get_failing):
    page = get_failing("/", ZeroDivisionError("inside"))

    assert (page.status_code, element_texts(page, "h1"), "inside" in text(page)) == (
        500,
        ["This page has failed"],
        False,
    )


def test_unreachable_cache_does_not_affect_pages(client, settings):
    settings.CACHES = {
        "default": {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "LOCATION": "redis://127.0.0.1:9"}
    }
    AgreementFactory(university__name="Marburg")

    pages = [client.get("/") for _ in range(2)]

    assert [(page.status_code, "Marburg" in text(page)) for page in pages] == [(200, True), (200, True)]


def report_cached_value():
    report(cache.get("key", "nothing stored"))


def test_unreachable_cache_of_cache_url_is_logged_and_empty():
    variables = site_environment(CACHE_URL="redis://127.0.0.1:9", DJANGO_SETTINGS_MODULE="exchange.settings")
    command = function_command(report_cached_value)

    process = subprocess.run(command, cwd=site_settings.BASE_DIR, env=variables, capture_output=True, text=True)

    _time, _, logged = process.stderr.partition(" ")
    assert (process.stdout, logged.partition(",")[0]) == ("nothing stored\n", "WARNING [-] The cache cannot be reached")
