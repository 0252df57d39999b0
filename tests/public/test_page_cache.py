import gzip

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partners import data_version
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.public.page_cache import hash_source_files
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.headers import HEADERS
from tests.helpers.html import count_queries, form_data, rows, text
from tests.helpers.serving import copy_site

MARBURG = "/universities/marburg/"


@pytest.fixture(autouse=True)
def marburg(db, monkeypatch):
    """A public university; the data version is read although the test runs in a transaction."""
    cache.clear()
    AgreementFactory(university__name="Marburg")
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)


@pytest.fixture
def get_with_query_count(client):
    """Return a function that gives a response and its number of queries."""

    def get(url, **headers):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url, headers=headers)
        return response, len(captured)

    return get


@pytest.mark.parametrize("url", ["/", "/?country=DE&sort=name", MARBURG])
def test_page_is_rendered_once(get_with_query_count, url):
    first, queries = get_with_query_count(url)
    second, second_queries = get_with_query_count(url)

    assert queries > second_queries == 1
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]


@pytest.mark.parametrize(
    ("query", "is_cached"),
    [("?type=bilateral", True), ("?type=erasmus", False), ("?type=bilateral&type=erasmus", False)],
)
def test_university_is_cached_for_each_of_its_types(get_with_query_count, query, is_cached):
    get_with_query_count(f"{MARBURG}{query}")

    _page, queries = get_with_query_count(f"{MARBURG}{query}")

    assert (queries == 1) == is_cached


@pytest.mark.parametrize("url", ["/", "/?q=marburg", MARBURG])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_matching_etag_is_answered_with_304_without_rendering(get_with_query_count, url, encoding):
    first, _queries = get_with_query_count(url, accept_encoding=encoding)
    cache.clear()

    again, queries = get_with_query_count(url, accept_encoding=encoding, if_none_match=f'"other", W/{first["ETag"]}')

    assert (again.status_code, again.content, queries) == (304, b"", 1)
    assert [again[name] for name in ("ETag", "Cache-Control", "Vary")] == [
        first[name] for name in ("ETag", "Cache-Control", "Vary")
    ]


@time_machine.travel("2026-06-30 12:00")
def test_page_has_cache_headers(client):
    page = client.get("/")

    assert page["Cache-Control"] == "public, max-age=0, must-revalidate, s-maxage=30, stale-while-revalidate=30"
    assert page["CDN-Cache-Control"] == "public, max-age=30, stale-while-revalidate=30"
    assert page["Vary"] == "Accept-Encoding"
    assert page.cookies == {}


def test_compressed_page_has_its_own_etag(client):
    plain, compressed = client.get("/"), client.get("/", headers={"accept-encoding": "gzip, br"})

    assert gzip.decompress(compressed.content) == plain.content
    assert [plain.get("Content-Encoding"), compressed["Content-Encoding"]] == [None, "gzip"]
    assert compressed["ETag"] == plain["ETag"][:-1] + '-gzip"'


def test_cached_page_has_security_headers(client):
    fresh, cached = client.get("/"), client.get("/")

    names = {*HEADERS, "X-Frame-Options", "Content-Language", "Content-Type"}
    assert {name: cached[name] for name in names} == {name: fresh[name] for name in names}


def test_cached_page_expires_at_midnight(client):
    Agreement.objects.update(valid_until="2026-06-30")

    with time_machine.travel("2026-06-30 23:59", tick=False):
        assert rows(client.get("/")) == ["Germany", "Marburg Bilateral"]
    with time_machine.travel("2026-07-01 00:00", tick=False):
        assert rows(client.get("/")) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/", ["signed, from 1 Jul 2026"]),
        (MARBURG, ["Signed, from 1 Jul 2026"]),
        ("/?status=upcoming", ["signed, from 1 Jul 2026", "In force (0)"]),
    ],
)
def test_cached_page_of_an_upcoming_agreement_changes_at_midnight(client, url, shown):
    Agreement.objects.update(valid_from="2026-07-01")

    with time_machine.travel("2026-06-30 23:59", tick=False):
        before = client.get(url), client.get(url)
    with time_machine.travel("2026-07-01 00:00", tick=False):
        after = client.get(url)

    assert before[0]["ETag"] == before[1]["ETag"] != after["ETag"]
    assert [[part in text(page) for part in shown] for page in (before[1], after)] == [
        [True] * len(shown),
        [False] * len(shown),
    ]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("/", "/?utm_source=mail&fbclid=1"),
        ("/", "/?q=&country=&page="),
        ("/?q=uni+marburg", "/?q=%20uni%20%20marburg&q2="),
        ("/?country=DE&country=FR&sort=name", "/?sort=name&country=FR&country=DE&country=FR"),
        (MARBURG, f"{MARBURG}?country=DE"),
    ],
)
def test_equivalent_urls_share_a_page(client, url, same):
    assert client.get(same)["ETag"] == client.get(url)["ETag"]
    assert client.get(same).content == client.get(url).content


@pytest.mark.parametrize("other", ["/?q=marburg", "/?country=DE", "/?sort=name", "/?page=2", MARBURG])
def test_different_urls_do_not_share_a_page(client, other):
    assert client.get(other)["ETag"] != client.get("/")["ETag"]


def test_hosts_do_not_share_a_page(client):
    tags = {client.get("/", headers={"host": host})["ETag"] for host in ("testserver", "localhost")}

    assert len(tags) == 2
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400


def test_script_names_do_not_share_a_page(client):
    page, with_script_name = client.get("/de/"), client.get("/", SCRIPT_NAME="/de")

    assert (page["Content-Language"], with_script_name["Content-Language"]) == ("de", "en")
    assert page["ETag"] != with_script_name["ETag"]


def test_redirect_to_https_is_not_bypassed_by_cached_pages(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    responses = [client.get("/", secure=is_secure) for is_secure in (True, True, False, False)]

    assert [response.status_code for response in responses] == [200, 200, 301, 301]
    assert responses[-1]["Location"] == "https://testserver/"


def is_cached(client, url):
    """Return True if a second request of the page reads nothing but the data version."""
    return count_queries(client, url) == 1


@pytest.mark.parametrize(
    "url",
    [
        "/?q=marburg {}",
        "/?q={}",
        "/?country={}",
        "/?country=DE&country={}",
        "/?type={}",
        "/?status=in-force&type=bilateral&country=DE&page={}",
        "/?sort={}",
        "/?page={}",
        "/?page=0{}",
        "/?anything={}",
        "/universities/{}/",
        "/universities/marburg/?page={}",
        "/universities/marburg/?pick={}",
    ],
)
def test_endless_urls_do_not_fill_the_cache(client, url):
    urls = [url.format(number) for number in range(15)]

    cached_pages = {client.get(url)["ETag"] for url in urls if is_cached(client, url)}

    assert len(cached_pages) <= 5


@pytest.mark.parametrize("url", ["/", "/?country=DE", "/?type=bilateral&sort=name", "/?page=2", MARBURG])
def test_linked_pages_are_cached(client, url):
    partners(251)

    assert is_cached(client, url)


@pytest.mark.parametrize("url", ["/universities/none/", "/admin/login/"])
def test_other_pages_are_not_cached(client, url):
    response = client.get(url)

    assert {"ETag", "CDN-Cache-Control"} & response.headers.keys() == set()


def test_unknown_university_is_looked_up_each_time(client):
    assert count_queries(client, "/universities/none/") > 1


def test_login_form_is_rendered_each_time(client):
    first, second = client.get("/admin/login/"), client.get("/admin/login/")

    assert form_data(first, "#login-form") != form_data(second, "#login-form")


def test_preview_is_never_cached(client, coordinator):
    AgreementFactory(university=UniversityFactory(name="Hidden"), status=AgreementStatus.ENDED)
    client.force_login(coordinator)

    page = client.get("/universities/hidden/")

    assert "Students don't see this page." in text(page)
    assert "private" in page["Cache-Control"]
    assert not page.has_header("ETag")
    assert not is_cached(client, "/universities/hidden/")
    client.logout()
    assert client.get("/universities/hidden/").status_code == 404


def test_page_is_the_same_for_signed_in_users(client, coordinator):
    anonymous = client.get("/")
    client.force_login(coordinator)

    assert client.get("/")["ETag"] == anonymous["ETag"]


def test_nothing_is_cached_in_debug_mode(get_with_query_count, settings):
    settings.DEBUG = True

    (_page, queries), (again, second_queries) = get_with_query_count("/"), get_with_query_count("/")

    assert min(queries, second_queries) > 1
    assert not again.has_header("ETag")


@pytest.mark.parametrize("url", ["/?type=nowhere", "/?country=XX", "/?sort=nowhere", "/?page=zwei", "/?term=winter"])
def test_page_with_an_unknown_value_is_stored_nowhere(client, url):
    page = client.get(url)

    assert "no-store" in page["Cache-Control"]
    assert not page.has_header("ETag")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OFFICE_NAME", "Another office"),
        ("OFFICE_EMAIL", "office@example.edu"),
        ("SITE_URL", "https://other.example.edu"),
        ("LANGUAGES", [("en", "English"), ("de", "Deutsch")]),
        ("TIME_ZONE", "Europe/Berlin"),
        ("EMBED_ALLOWED_ORIGINS", ["https://www.example.edu"]),
    ],
)
def test_etag_depends_on_settings_that_change_pages(client, settings, name, value):
    before = client.get("/")["ETag"]

    setattr(settings, name, value)

    assert Client().get("/")["ETag"] != before


def test_etag_depends_on_the_code_and_not_on_its_folder(client, settings, tmp_path):
    tag = client.get("/")["ETag"]
    settings.BASE_DIR = copy_site(tmp_path, "requirements.txt", "constraints.txt")

    elsewhere = Client().get("/")["ETag"]
    (tmp_path / "partners/enums.py").write_text("")
    hash_source_files.cache_clear()  # as a new process has none
    changed = Client().get("/")["ETag"]

    assert (elsewhere == tag, changed == tag) == (True, False)
