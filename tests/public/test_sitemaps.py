import xml.etree.ElementTree as ElementTree

import time_machine

from partners.enums import AgreementStatus
from partners.public.sitemaps import Universities
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import count_queries

SITEMAP, XHTML = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"


def find_elements(page, name):
    return list(ElementTree.fromstring(page.content).iter(name))  # noqa: S314


def locations(page):
    return [element.text.removeprefix("http://testserver") for element in find_elements(page, f"{SITEMAP}loc")]


def test_sitemap_has_the_list_its_countries_and_public_universities_in_every_language(client, db):
    AgreementFactory(university__name="Marburg", valid_from="2999-09-01")
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university=UniversityFactory(name="Kept off", is_listed=False))

    files = [client.get(url) for url in locations(client.get("/sitemap.xml"))]

    assert [locations(file) for file in files] == [
        [f"{path}{query}" for query in ("", "?country=DE") for path in ("/", "/de/", "/fr/", "/es/", "/he/")],
        [f"{language}/universities/marburg/" for language in ("", "/de", "/fr", "/es", "/he")],
    ]
    alternates = find_elements(files[0], f"{XHTML}link")
    others = [(link.get("hreflang"), link.get("href")) for link in alternates if link.get("rel") == "alternate"]
    assert others[:2] == [("en", "http://testserver/"), ("de", "http://testserver/de/")]
    assert others[30:32] == [
        ("en", "http://testserver/?country=DE"),
        ("de", "http://testserver/de/?country=DE"),
    ]
    assert others[5] == ("x-default", "http://testserver/")


def test_large_sitemap_is_split_into_files(client, db, monkeypatch):
    monkeypatch.setattr(Universities, "limit", 10)
    partners(3)

    files = locations(client.get("/sitemap.xml"))

    assert files == ["/sitemap-list.xml", "/sitemap-universities.xml", "/sitemap-universities.xml?p=2"]
    assert [len(locations(client.get(file))) for file in files] == [10, 10, 5]
    assert client.get("/sitemap-universities.xml?p=3").status_code == 404


def test_sitemap_makes_as_many_queries_with_300_universities_as_with_3(client, db):
    partners(3)
    with_3 = count_queries(client, "/sitemap-universities.xml")

    partners(297, first=4)

    assert count_queries(client, "/sitemap-universities.xml") == with_3


def test_robots_txt_disallows_the_admin_and_shortlists(client, db):
    robots = client.get("/robots.txt")

    assert robots["Content-Type"] == "text/plain; charset=utf-8"
    assert robots.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /*pick=",
        "Sitemap: http://testserver/sitemap.xml",
    ]


def test_sitemap_has_dates_of_last_changes(client, db):
    with time_machine.travel("2026-03-01 12:00", tick=False):
        marburg, jena = (AgreementFactory(university__name=name) for name in ("Marburg", "Jena"))
    with time_machine.travel("2026-04-02 12:00", tick=False):
        jena.save()
    with time_machine.travel("2026-05-03 12:00", tick=False):
        marburg.university.save()

    index, pages, universities = (
        [element.text[:10] for element in find_elements(client.get(f"/sitemap{part}.xml"), f"{SITEMAP}lastmod")]
        for part in ("", "-list", "-universities")
    )

    assert set(index) == set(pages) == {"2026-05-03"}
    assert universities == ["2026-05-03"] * 5 + ["2026-04-02"] * 5
