import re

import pytest

from tests.factories import AgreementFactory
from tests.pages import text

SWITCH = re.compile(r'<ul class="languages".*?</ul>', re.DOTALL)


@pytest.fixture
def marburg(db):
    return AgreementFactory(university__name="Marburg").university


def language(page):
    """What the page says its language and direction are."""
    return re.search(r'<html lang="(\w+)" dir="(\w+)">', page.content.decode()).groups()


def switch(page):
    """Where the switch leads, by the names in it."""
    links = re.findall(r'<a href="([^"]+)" lang="(\w+)" hreflang="\2"', SWITCH.search(page.content.decode())[0])
    return {code: address for address, code in links}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/", ("en", "ltr")),
        ("/de/", ("de", "ltr")),
        ("/fr/", ("fr", "ltr")),
        ("/es/", ("es", "ltr")),
        ("/he/", ("he", "rtl")),
        ("/he/universities/marburg/", ("he", "rtl")),
    ],
)
def test_address_tells_the_language(client, marburg, address, said):
    page = client.get(address)

    assert (language(page), page["Content-Language"]) == (said, said[0])


def test_language_is_neither_asked_of_the_browser_nor_of_a_cookie(client, marburg):
    client.cookies["django_language"] = "fr"

    page = client.get("/", headers={"accept-language": "de"})

    assert language(page) == ("en", "ltr")
    assert {"accept-language", "cookie"} & {name.strip().lower() for name in page["Vary"].split(",")} == set()


@pytest.mark.parametrize("address", ["/en/", "/it/", "/de/de/", "/de/admin/"])
def test_address_of_no_page_in_no_language_is_not_found(client, db, address):
    assert client.get(address).status_code == 404


def test_switch_names_each_language_in_itself_and_marks_the_page_s_own(client, marburg):
    source = SWITCH.search(client.get("/de/").content.decode())[0]

    assert text(source) == "English Deutsch Français Español עברית"
    assert re.findall(r'lang="(\w+)" aria-current="true"', source) == ["de"]


@pytest.mark.parametrize("script", [{}, {"hx-request": "true"}], ids=["page", "part put in place"])
def test_switch_keeps_what_is_asked_for(client, marburg, script):
    page = client.get("/de/?q=m&country=DE&country=FR&sort=-name", headers=script)

    asked = "?q=m&amp;country=DE&amp;country=FR&amp;sort=-name"
    assert switch(page) == {
        "en": f"/{asked}",
        "de": f"/de/{asked}",
        "fr": f"/fr/{asked}",
        "es": f"/es/{asked}",
        "he": f"/he/{asked}",
    }


def test_switch_leads_to_the_same_university(client, db):
    university = AgreementFactory(university__name="جامعة القاهرة").university

    page = client.get(university.get_absolute_url())

    assert client.get(switch(page)["fr"]).context["university"] == university


def test_switch_of_a_wrong_address_leads_to_the_first_page(client, db):
    page = client.get("/no-such-page/")

    assert switch(page) == {"en": "/", "de": "/de/", "fr": "/fr/", "es": "/es/", "he": "/he/"}


def test_head_names_the_page_in_each_language(client, marburg):
    head = client.get("/de/universities/marburg/").content.decode().split("</head>")[0]

    assert re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', head) == [
        ("en", "http://testserver/universities/marburg/"),
        ("de", "http://testserver/de/universities/marburg/"),
        ("fr", "http://testserver/fr/universities/marburg/"),
        ("es", "http://testserver/es/universities/marburg/"),
        ("he", "http://testserver/he/universities/marburg/"),
    ]
