import re

import pytest

from tests.helpers.factories import AgreementFactory
from tests.helpers.html import attributes, element_texts, elements, rows

UNIVERSITY_SITE = "https://www.example.edu"


@pytest.fixture(autouse=True)
def marburg(db, settings):
    settings.EMBED_ALLOWED_ORIGINS = [UNIVERSITY_SITE]
    return AgreementFactory(university__name="Marburg").university


def framing_headers(page):
    ancestors = re.search(r"frame-ancestors ([^;]+)", page["Content-Security-Policy"])[1]
    return ancestors, page.get("X-Frame-Options")


def test_embedded_list_may_be_framed_by_allowed_origins(client):
    assert framing_headers(client.get("/?embed=1")) == (UNIVERSITY_SITE, None)


@pytest.mark.parametrize("url", ["/", "/?pick=marburg", "/universities/marburg/", "/universities/none/?embed=1"])
def test_every_other_page_denies_framing(client, url):
    assert framing_headers(client.get(url)) == ("'none'", "DENY")


def test_embedding_is_denied_without_allowed_origins(client, settings):
    settings.EMBED_ALLOWED_ORIGINS = []

    assert framing_headers(client.get("/?embed=1")) == ("'none'", "DENY")


def test_cached_list_may_be_framed_by_allowed_origins(client, monkeypatch):
    monkeypatch.setattr("partners.data_version.current_version", lambda: "version")

    first, cached = client.get("/?embed=1&country=DE"), client.get("/?embed=1&country=DE")

    assert framing_headers(cached) == framing_headers(first) == (UNIVERSITY_SITE, None)


def test_embedded_list_has_country_and_agreements(client):
    assert rows(client.get("/?embed=1")) == ["Marburg Germany Bilateral"]


def test_embedded_list_has_no_header_and_footer(client):
    page = client.get("/?embed=1")

    assert element_texts(page, "header") == element_texts(page, "footer") == []
    assert element_texts(page, "h2") == ["1 university in 1 country"]
    assert attributes(page, 'a[href="/universities/marburg/"]', "target") == ["_top"]


def test_links_and_form_keep_the_list_embedded(client):
    page = client.get("/?embed=1&country=DE&country=FR")

    hidden = {field.name: field.value for field in elements(page, "input[type=hidden]")}
    assert hidden == {"embed": "1"}
    assert "?country=DE&embed=1" in attributes(page, "a", "href")
    assert attributes(page, "a.clear", "href") == ["?embed=1"]
