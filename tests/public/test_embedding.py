import re

import pytest

from tests.factories import AgreementFactory
from tests.html import pieces, rows

UNIVERSITY_SITE = "https://www.example.edu"


@pytest.fixture(autouse=True)
def marburg(db, settings):
    settings.EMBED_ALLOWED_ORIGINS = [UNIVERSITY_SITE]
    return AgreementFactory(university__name="Marburg").university


def frame_policy(page):
    ancestors = re.search(r"frame-ancestors ([^;]+)", page["Content-Security-Policy"])[1]
    return ancestors, page.get("X-Frame-Options")


def test_embedded_list_may_be_framed_by_those_who_are_named(client):
    assert frame_policy(client.get("/?embed=1")) == (UNIVERSITY_SITE, None)


@pytest.mark.parametrize("address", ["/", "/?pick=marburg", "/universities/marburg/", "/universities/none/?embed=1"])
def test_everything_else_refuses_framing(client, address):
    assert frame_policy(client.get(address)) == ("'none'", "DENY")


def test_embedding_is_refused_where_nobody_is_named(client, settings):
    settings.EMBED_ALLOWED_ORIGINS = []

    assert frame_policy(client.get("/?embed=1")) == ("'none'", "DENY")


def test_kept_list_may_be_framed_by_the_same(client, monkeypatch):
    monkeypatch.setattr("partners.data_version.current_version", lambda: "of now")

    first, kept = client.get("/?embed=1&country=DE"), client.get("/?embed=1&country=DE")

    assert frame_policy(kept) == frame_policy(first) == (UNIVERSITY_SITE, None)


@pytest.mark.parametrize(
    ("columns", "listed"),
    [
        ("", ["Marburg Germany Bilateral"]),
        ("&columns=country", ["Marburg Germany"]),
        ("&columns=type", ["Marburg Bilateral"]),
        ("&columns=name", ["Marburg"]),
    ],
)
def test_columns_are_those_that_the_address_names(client, columns, listed):
    assert rows(client.get(f"/?embed=1{columns}")) == listed


def test_embedded_list_is_without_header_and_footer(client):
    page = client.get("/?embed=1")

    assert pieces(page, "header") == pieces(page, "footer") == []
    assert pieces(page, "h2") == ["1 university in 1 country"]
    assert 'href="/universities/marburg/" target="_top"' in page.content.decode()


def test_embedded_list_stays_embedded(client):
    source = client.get("/?embed=1&columns=type&country=DE&country=FR").content.decode()

    assert '<input type="hidden" name="embed" value="1">' in source
    assert '<input type="hidden" name="columns" value="type">' in source
    assert 'href="?country=DE&amp;embed=1&amp;columns=type"' in source
    assert 'class="clear" href="?embed=1&amp;columns=type"' in source
