"""HTTP methods of public URLs: all but the allowed ones are answered with 405."""

import pytest

from tests.helpers.factories import AgreementFactory

READ_METHODS = "GET, HEAD, OPTIONS"
ALLOWED = {
    "/": READ_METHODS,
    "/de/": READ_METHODS,
    "/?pick=marburg": READ_METHODS,
    "/universities/marburg/": READ_METHODS,
    "/partners.json": READ_METHODS,
    "/partners.tsv": READ_METHODS,
    "/feed/": READ_METHODS,
    "/robots.txt": READ_METHODS,
    "/sitemap.xml": READ_METHODS,
    "/sitemap-list.xml": READ_METHODS,
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


@pytest.mark.parametrize(("url", "allowed"), ALLOWED.items())
def test_unsafe_method_is_not_allowed(client, url, allowed):
    disallowed = [method for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE") if method not in allowed]

    responses = [client.generic(method, url) for method in disallowed]

    assert [(response.status_code, response["Allow"]) for response in responses] == [(405, allowed)] * len(disallowed)


@pytest.mark.parametrize("url", ["/", "/universities/marburg/", "/partners.json", "/feed/", "/sitemap.xml"])
def test_options_names_the_allowed_methods(client, url):
    response = client.options(url)

    assert (response["Allow"], response.content) == (READ_METHODS, b"")


@pytest.mark.parametrize("url", ["/", "/universities/marburg/report/sent/", "/feed/", "/healthz"])
def test_head_is_allowed(client, url):
    assert client.head(url).status_code == 200


def test_cached_page_does_not_answer_post(client):
    client.get("/")

    assert client.post("/").content == b""
