"""The HTML of the public pages, as a strict parser takes it, in each of their states."""

import re

import pytest
from html5lib import HTMLParser

from partners.models import University
from tests.factories import AgreementFactory, partners

HOSTILE = ["<script>alert(1)</script>", '"><img src=x>', "W" * 200, "Emoji 🎓", "right\u202eto left", "& &amp; &lt;"]
ADDRESSES = [
    "/",
    "/?q=technical&country=DE&type=erasmus&status=in-force",
    "/?q=nowhere&country=FR",
    "/?sort=name&pick=czech-technical-university&pick=politecnico-di-milano",
    "/?pick=czech-technical-university&pick=politecnico-di-milano&pick=unknown",
    "/?pick=unknown",
    "/universities/politecnico-di-milano/",
    "/universities/czech-technical-university/",
    "/universities/politecnico-di-milano/report/",
    "/universities/politecnico-di-milano/report/sent/",
    "/universities/unknown/",
    "/he/?sort=name",
]


@pytest.fixture(autouse=True)
def office_email(settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"


def faults(page):
    source = page.content.decode()
    parser = HTMLParser()
    parser.parse(source)
    ids = re.findall(r'\bid="([^"]*)"', source)
    return [code for _place, code, _data in parser.errors] + [name for name in {*ids} if ids.count(name) > 1]


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_is_valid(client, register, address):
    assert faults(client.get(address)) == []


def test_refused_form_is_valid(client, register):
    page = client.post("/universities/politecnico-di-milano/report/", {"message": "", "email": "x"})

    assert "Enter a valid email address." in page.content.decode()
    assert faults(page) == []


def test_page_of_a_paged_list_is_valid(client, db):
    partners(251)

    assert faults(client.get("/?page=2")) == []


def test_pages_with_hostile_names_are_valid(client, db):
    for name in HOSTILE:
        AgreementFactory(university__name=name, university__city=name, language_requirement=name, fields_of_study=name)
    slugs = University.objects.values_list("slug", flat=True)
    addresses = ["/", "/?" + "&".join(f"pick={slug}" for slug in slugs)]

    pages = [client.get(address) for address in (*addresses, *(f"/universities/{slug}/" for slug in slugs))]

    assert [faults(page) for page in pages] == [[]] * 8
    assert re.findall("<script>|<img", "".join(page.content.decode() for page in pages)) == []


def test_fault_is_found(client, db):
    page = client.get("/")
    page.content = page.content.replace(b"</h1>", b'</h2><i id="count"></i>')

    assert faults(page) == ["end-tag-too-early", "count"]
