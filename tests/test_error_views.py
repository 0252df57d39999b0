import subprocess
import sys

import pytest
from django.conf import settings as site
from django.db import InterfaceError, OperationalError, connection

from tests.factories import AgreementFactory
from tests.html import pieces, text
from tests.serving import surroundings
from tests.test_headers import HEADERS, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(client):
    """Asks for a page while the database answers with an error."""

    def get(address, error):
        def fail(*args):
            raise error

        client.raise_request_exception = False
        with connection.execute_wrapper(fail):
            return client.get(address)

    return get


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_database_that_is_gone_is_said_kindly(failing, settings, error):
    settings.OFFICE_EMAIL = "exchange@example.edu"

    page = failing("/", error)

    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "30", "no-store")
    assert pieces(page, "h1") == ["Back in a moment"]
    assert told(page) == HEADERS
    assert "exchange@example.edu" in text(page)
    assert "gone" not in text(page)


def test_database_that_is_gone_is_said_in_the_language_of_the_page(failing):
    assert pieces(failing("/de/", OperationalError("gone")), "h1") == ["Gleich wieder da"]


def test_page_that_fails_says_so(failing):
    page = failing("/", ZeroDivisionError("inside"))

    assert (page.status_code, pieces(page, "h1"), "inside" in text(page)) == (500, ["This page has failed"], False)


def test_cache_that_is_gone_keeps_nobody_from_the_list(client, settings):
    settings.CACHES = {
        "default": {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "LOCATION": "redis://127.0.0.1:9"}
    }
    AgreementFactory(university__name="Marburg")

    pages = [client.get("/") for _ in range(2)]

    assert [(page.status_code, "Marburg" in text(page)) for page in pages] == [(200, True), (200, True)]


def test_cache_that_processes_share_is_one_that_may_be_gone():
    ask = "from django.core.cache import cache; print(cache.get('key', 'nothing kept'))"
    variables = surroundings(CACHE_URL="redis://127.0.0.1:9", DJANGO_SETTINGS_MODULE="exchange.settings")

    told = subprocess.run([sys.executable, "-c", ask], cwd=site.BASE_DIR, env=variables, capture_output=True, text=True)

    assert (told.stdout, told.stderr.partition(",")[0]) == ("nothing kept\n", "The cache cannot be reached")
