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


@pytest.mark.parametrize(
    ("params", "theme", "scheme"),
    [
        ("", ["light"], "light"),
        ("&theme=light", ["light"], "light"),
        ("&theme=dark", ["dark"], "dark"),
        ("&theme=auto", [], "light dark"),
        ("&theme=pink", ["light"], "light"),
    ],
)
def test_embedding_page_chooses_the_theme(client, params, theme, scheme):
    page = client.get(f"/?embed=1{params}")

    assert [element.get("data-theme") for element in elements(page, "html[data-theme]")] == theme
    assert attributes(page, "meta[name=color-scheme]", "content") == [scheme]


def test_form_and_links_keep_the_theme(client):
    page = client.get("/?embed=1&theme=dark&country=DE&country=FR")

    hidden = {field.name: field.value for field in elements(page, "input[type=hidden]")}
    assert hidden == {"embed": "1", "theme": "dark"}
    assert "?country=DE&embed=1&theme=dark" in attributes(page, "a", "href")


def test_embedded_list_without_filters_has_the_list_alone(client):
    page = client.get("/?embed=1&filters=no&country=DE")

    assert elements(page, "form, select, input, .active-filters") == []
    assert element_texts(page, "h2") == ["1 university in 1 country"]
    assert rows(page) == ["Marburg Germany Bilateral"]
    assert elements(client.get("/?embed=1&filters=no&q=none"), "form, .active-filters, .suggestions") == []
