import re

import pytest

from partners.models import Country
from tests.factories import AgreementFactory, partners
from tests.html import pieces, queries, text

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


def test_first_language_is_that_of_addresses_without_one_but_not_of_the_office(client, marburg, settings):
    settings.LANGUAGE_CODE = "de"

    first, other, office = client.get("/"), client.get("/en/"), client.get("/admin/login/")

    assert [language(first), language(other)] == [("de", "ltr"), ("en", "ltr")]
    assert [each["Content-Language"] for each in (first, other, office)] == ["de", "en", "en"]
    assert "Password:" in text(office)


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/en/", "/"),
        ("/en/?q=x%20y&type=bilateral", "/?q=x%20y&type=bilateral"),
        ("/en/universities/marburg/", "/universities/marburg/"),
        ("/en/universities/\u0142\u00f3d\u017a/", "/universities/%C5%82%C3%B3d%C5%BA/"),
        ("/en//evil.example/", "/evil.example/"),
        ("/en/%5Cevil.example/", "/%5Cevil.example/"),
        ("/en/https://evil.example/", "/https://evil.example/"),
    ],
)
def test_address_with_the_code_of_the_first_language_leads_to_that_without_it(client, db, address, location):
    answer = client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, location)


@pytest.mark.parametrize("address", ["/it/", "/de/de/", "/de/admin/"])
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

    assert re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)">', head) == [
        ("en", "http://testserver/universities/marburg/"),
        ("x-default", "http://testserver/universities/marburg/"),
        ("de", "http://testserver/de/universities/marburg/"),
        ("fr", "http://testserver/fr/universities/marburg/"),
        ("es", "http://testserver/es/universities/marburg/"),
        ("he", "http://testserver/he/universities/marburg/"),
    ]


@pytest.fixture
def four_countries(db):
    for code in ("US", "DE", "AT", "HK"):
        country = Country.objects.get(code=code)
        AgreementFactory(university__country=country, university__name=f"University of {code}")


def countries(page):
    """The headings of the list's groups."""
    groups = re.findall(r'<th scope="rowgroup".*?</th>', page.content.decode(), re.DOTALL)
    return [text(group) for group in groups]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/", ["Austria", "Germany", "Hong Kong", "USA"]),
        ("/de/", ["Deutschland", "Hongkong", "Österreich", "Vereinigte Staaten"]),
        ("/de/?sort=-country", ["Vereinigte Staaten", "Österreich", "Hongkong", "Deutschland"]),
        ("/fr/", ["Allemagne", "Autriche", "États-Unis", "Hong Kong"]),
        ("/de/?q=osterreich", ["Österreich"]),
        ("/fr/?q=UNIVERSITY+états", ["États-Unis"]),
        ("/fr/?q=austria", ["Autriche"]),
        ("/de/?q=autriche", []),
        ("/?q=deutschland", ["Germany"]),
    ],
)
def test_countries_are_named_sorted_and_found_in_the_language(client, four_countries, address, found):
    assert countries(client.get(address)) == found


def test_country_is_named_in_the_language_wherever_it_stands(client, four_countries):
    page, chosen = client.get("/fr/universities/university-of-us/"), client.get("/fr/?country=DE")

    assert pieces(page, "nav") == ["Universités partenaires États-Unis"]
    assert ("États-Unis" in text(page), "USA" in text(page)) == (True, False)
    assert ("Allemagne" in text(chosen), "Germany" in text(chosen)) == (True, False)


def test_country_that_the_office_renamed_keeps_its_name(client, four_countries):
    Country.objects.filter(code="DE").update(name="West Germany", name_key="west germany")

    assert countries(client.get("/de/")) == ["Hongkong", "Österreich", "Vereinigte Staaten", "West Germany"]


@pytest.mark.parametrize("address", ["/de/", "/he/?sort=-country&q=partner"])
def test_translated_list_makes_as_many_queries_with_300_universities_as_with_3(client, db, address):
    partners(3)
    with_3 = queries(client, address)

    partners(297, first=4)

    assert queries(client, address) == with_3
