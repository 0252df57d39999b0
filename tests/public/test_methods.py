"""Public addresses are for reading: every other method is refused in the same way, with or without a cookie."""

import pytest

from tests.factories import AgreementFactory

READ = "GET, HEAD, OPTIONS"
ALLOWED = {
    "/": READ,
    "/de/": READ,
    "/?pick=marburg": READ,
    "/universities/marburg/": READ,
    "/partners.json": READ,
    "/partners.tsv": READ,
    "/feed/": READ,
    "/robots.txt": READ,
    "/sitemap.xml": READ,
    "/sitemap-list.xml": READ,
    "/universities/marburg/report/": "GET, HEAD, POST, OPTIONS",
    "/universities/marburg/report/sent/": "GET, HEAD, OPTIONS",
    "/healthz": "GET, HEAD",
    "/calendar/token.ics": "GET, HEAD",
    "/en/": "GET, HEAD",
}


@pytest.fixture(autouse=True)
def marburg(db, client, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    client.handler.enforce_csrf_checks = True
    AgreementFactory(university__name="Marburg")


@pytest.mark.parametrize(("address", "allowed"), ALLOWED.items())
def test_method_that_would_change_something_is_not_allowed(client, address, allowed):
    refused = [method for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE") if method not in allowed]

    answers = [client.generic(method, address) for method in refused]

    assert [(answer.status_code, answer["Allow"]) for answer in answers] == [(405, allowed)] * len(refused)


@pytest.mark.parametrize("address", ["/", "/universities/marburg/report/sent/", "/feed/", "/healthz"])
def test_page_can_be_asked_for_its_head(client, address):
    assert client.head(address).status_code == 200


def test_page_that_is_kept_is_not_given_to_who_posts(client):
    client.get("/")

    assert client.post("/").content == b""
