import pytest

from partners.models import Country
from tests.helpers.factories import AgreementFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, parse, text


@pytest.fixture
def marburg(db):
    return AgreementFactory(university__name="Marburg").university


def lang_and_dir(page):
    root = parse(page)
    return root.get("lang"), root.get("dir")


def language_switch(page):
    """Return URLs by language code."""
    links = elements(page, "ul.languages a")
    assert [link.get("lang") for link in links] == [link.get("hreflang") for link in links]
    return {link.get("lang"): link.get("href") for link in links}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", ("en", "ltr")),
        ("/de/", ("de", "ltr")),
        ("/fr/", ("fr", "ltr")),
        ("/es/", ("es", "ltr")),
        ("/he/", ("he", "rtl")),
        ("/he/universities/marburg/", ("he", "rtl")),
    ],
)
def test_url_prefix_selects_the_language(client, marburg, url, expected):
    page = client.get(url)

    assert (lang_and_dir(page), page["Content-Language"]) == (expected, expected[0])


def test_language_depends_on_neither_browser_nor_cookie(client, marburg):
    client.cookies["django_language"] = "fr"

    page = client.get("/", headers={"accept-language": "de"})

    assert lang_and_dir(page) == ("en", "ltr")
    assert {"accept-language", "cookie"} & {name.strip().lower() for name in page["Vary"].split(",")} == set()


def test_default_language_applies_to_public_urls_without_prefix_only(client, marburg, settings):
    settings.LANGUAGE_CODE = "de"

    default, other, login_page = client.get("/"), client.get("/en/"), client.get("/admin/login/")

    assert [lang_and_dir(default), lang_and_dir(other)] == [("de", "ltr"), ("en", "ltr")]
    assert [page["Content-Language"] for page in (default, other, login_page)] == ["de", "en", "en"]
    assert "Password:" in text(login_page)


@pytest.mark.parametrize(
    ("url", "location"),
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
def test_prefix_of_the_default_language_redirects_to_the_url_without_it(client, db, url, location):
    response = client.get(url)

    assert (response.status_code, response["Location"]) == (302, location)


@pytest.mark.parametrize("url", ["/it/", "/de/de/", "/de/admin/"])
def test_unknown_prefix_is_not_found(client, db, url):
    assert client.get(url).status_code == 404


def test_language_switch_names_every_language_and_marks_the_current_one(client, marburg):
    page = client.get("/de/")

    assert element_texts(page, "ul.languages") == ["English Deutsch Français Español עברית"]
    assert attributes(page, "ul.languages [aria-current=true]", "lang") == ["de"]


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["page", "htmx request"])
def test_language_switch_keeps_the_query_string(client, marburg, headers):
    page = client.get("/de/?q=m&country=DE&country=FR&sort=-name", headers=headers)

    query = "?q=m&country=DE&country=FR&sort=-name"
    assert language_switch(page) == {
        "en": f"/{query}",
        "de": f"/de/{query}",
        "fr": f"/fr/{query}",
        "es": f"/es/{query}",
        "he": f"/he/{query}",
    }


def test_language_switch_links_to_the_same_university(client, db):
    university = AgreementFactory(university__name="جامعة القاهرة").university

    page = client.get(university.get_absolute_url())

    assert client.get(language_switch(page)["fr"]).context["university"] == university


def test_language_switch_of_an_unknown_url_links_to_the_list(client, db):
    page = client.get("/no-such-page/")

    assert language_switch(page) == {"en": "/", "de": "/de/", "fr": "/fr/", "es": "/es/", "he": "/he/"}


def test_head_has_alternate_links_for_every_language(client, marburg):
    page = client.get("/de/universities/marburg/")

    alternates = elements(page, "head link[rel=alternate][hreflang]")
    assert [(link.get("hreflang"), link.get("href")) for link in alternates] == [
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


def country_headings(page):
    return element_texts(page, "th[scope=rowgroup]")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("/", ["Austria", "Germany", "Hong Kong", "USA"]),
        ("/de/", ["Deutschland", "Hongkong", "Österreich", "Vereinigte Staaten"]),
        ("/de/?sort=-country", ["Vereinigte Staaten", "Österreich", "Hongkong", "Deutschland"]),
        ("/fr/", ["Allemagne", "Autriche", "États-Unis", "Hong Kong"]),
        ("/de/?q=osterreich", ["Österreich"]),
        ("/fr/?q=UNIVERSITY+états&sort=country", ["États-Unis"]),
        ("/fr/?q=austria", ["Autriche"]),
        ("/de/?q=autriche", ["Österreich"]),
        ("/?q=deutschland", ["Germany"]),
    ],
)
def test_countries_are_named_sorted_and_searched_in_the_language(client, four_countries, url, found):
    assert country_headings(client.get(url)) == found


def test_country_is_localized_on_every_page(client, four_countries):
    page, selected = client.get("/fr/universities/university-of-us/"), client.get("/fr/?country=DE")

    assert element_texts(page, "nav.breadcrumb") == ["Universités partenaires États-Unis"]
    assert ("États-Unis" in text(page), "USA" in text(page)) == (True, False)
    assert ("Allemagne" in text(selected), "Germany" in text(selected)) == (True, False)


def test_country_that_the_office_renamed_keeps_its_name(client, four_countries):
    Country.objects.filter(code="DE").update(name="West Germany", name_key="west germany")

    assert country_headings(client.get("/de/")) == ["Hongkong", "Österreich", "Vereinigte Staaten", "West Germany"]


@pytest.mark.parametrize("url", ["/de/", "/he/?sort=-country&q=partner"])
def test_translated_list_makes_as_many_queries_with_300_universities_as_with_3(client, db, url):
    partners(3)
    with_3 = count_queries(client, url)

    partners(297, first=4)

    assert count_queries(client, url) == with_3
