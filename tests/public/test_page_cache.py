"""Pages kept as bytes: for whom, for how long, and how many of them."""

import gzip

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners import data_version
from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import rows, text
from tests.test_headers import HEADERS

MARBURG = "/universities/marburg/"


@pytest.fixture(autouse=True)
def marburg(db, monkeypatch):
    """A register that does not change, asked for its revision although a test is a transaction."""
    cache.clear()
    AgreementFactory(university__name="Marburg")
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)


@pytest.fixture
def asked(client):
    """An answer, and how many queries it took."""

    def ask(address, **headers):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address, headers=headers)
        return answer, len(captured)

    return ask


@pytest.mark.parametrize("address", ["/", "/?country=DE&sort=name", MARBURG])
def test_page_is_rendered_once(asked, address):
    first, queries = asked(address)
    second, queries_then = asked(address)

    assert queries > queries_then == 1
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]


@pytest.mark.parametrize("address", ["/", "/?q=marburg", MARBURG])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_has_the_page_is_told_so_without_rendering(asked, address, encoding):
    first, _queries = asked(address, accept_encoding=encoding)
    cache.clear()

    again, queries = asked(address, accept_encoding=encoding, if_none_match=f'"other", W/{first["ETag"]}')

    assert (again.status_code, again.content, queries) == (304, b"", 1)
    assert [again[name] for name in ("ETag", "Cache-Control", "Vary")] == [
        first[name] for name in ("ETag", "Cache-Control", "Vary")
    ]


@time_machine.travel("2026-06-30 12:00")
def test_page_says_how_caches_may_keep_it(client):
    page = client.get("/")

    assert page["Cache-Control"] == "public, max-age=0, must-revalidate, s-maxage=60, stale-while-revalidate=600"
    assert page["CDN-Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert page["Vary"] == "Accept-Encoding"
    assert page.cookies == {}


def test_compressed_page_is_the_page_under_a_tag_of_its_own(client):
    plain, compressed = client.get("/"), client.get("/", headers={"accept-encoding": "gzip, br"})

    assert gzip.decompress(compressed.content) == plain.content
    assert [plain.get("Content-Encoding"), compressed["Content-Encoding"]] == [None, "gzip"]
    assert compressed["ETag"] == plain["ETag"][:-1] + '-gzip"'


def test_kept_page_has_the_headers_that_keep_it_safe(client):
    fresh, kept = client.get("/"), client.get("/")

    names = {*HEADERS, "X-Frame-Options", "Content-Language", "Content-Type"}
    assert {name: kept[name] for name in names} == {name: fresh[name] for name in names}


def test_page_is_of_its_day(client):
    Agreement.objects.update(valid_until="2026-06-30")

    with time_machine.travel("2026-06-30 23:59", tick=False):
        assert rows(client.get("/")) == ["Germany", "Marburg Bilateral"]
    with time_machine.travel("2026-07-01 00:00", tick=False):
        assert rows(client.get("/")) == []


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("/", "/?utm_source=mail&fbclid=1"),
        ("/", "/?q=&country=&page="),
        ("/?q=uni+marburg", "/?q=%20uni%20%20marburg&q2="),
        ("/?country=DE&country=FR&sort=name", "/?sort=name&country=FR&country=DE&country=FR"),
        (MARBURG, f"{MARBURG}?country=DE"),
    ],
)
def test_addresses_that_ask_the_same_are_one(client, address, same):
    assert client.get(same)["ETag"] == client.get(address)["ETag"]
    assert client.get(same).content == client.get(address).content


@pytest.mark.parametrize("other", ["/?q=marburg", "/?country=DE", "/?sort=name", "/?page=2", MARBURG])
def test_addresses_that_ask_otherwise_are_not(client, other):
    assert client.get(other)["ETag"] != client.get("/")["ETag"]


def test_page_of_one_name_of_the_site_is_not_given_under_another(client):
    tags = {client.get("/", headers={"host": host})["ETag"] for host in ("testserver", "localhost")}

    assert len(tags) == 2
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400


def test_page_under_the_name_of_a_script_is_another_one(client):
    page, under_a_name = client.get("/de/"), client.get("/", SCRIPT_NAME="/de")

    assert (page["Content-Language"], under_a_name["Content-Language"]) == ("de", "en")
    assert page["ETag"] != under_a_name["ETag"]


def test_https_is_asked_for_however_often_its_page_was_kept(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answers = [client.get("/", secure=is_secure) for is_secure in (True, True, False, False)]

    assert [answer.status_code for answer in answers] == [200, 200, 301, 301]
    assert answers[-1]["Location"] == "https://testserver/"


@pytest.fixture
def kept(monkeypatch):
    """The names of what is kept."""
    names = set()
    monkeypatch.setattr("partners.public.middleware.cache.set", lambda name, *others: names.add(name))
    return names


@pytest.mark.parametrize(
    "address",
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
def test_a_thousand_addresses_do_not_fill_the_cache(client, kept, address):
    for number in range(100):
        client.get(address.format(number))

    assert len(kept) <= 5


@pytest.mark.parametrize("address", ["/", "/?country=DE", "/?type=bilateral&sort=name", "/?page=2", MARBURG])
def test_what_the_site_leads_to_is_kept(client, kept, address):
    partners(251)

    client.get(address)

    assert len(kept) == 1


@pytest.mark.parametrize("address", ["/universities/none/", "/admin/login/"])
def test_what_is_no_public_page_is_not_kept(client, kept, address):
    answer = client.get(address)

    assert not answer.has_header("CDN-Cache-Control")
    assert kept == set()


def test_hidden_page_is_for_the_office_only_and_never_kept(client, coordinator, kept):
    AgreementFactory(university=UniversityFactory(name="Hidden"), status=AgreementStatus.ENDED)
    client.force_login(coordinator)

    page = client.get("/universities/hidden/")

    assert "Students don't see this page." in text(page)
    assert "private" in page["Cache-Control"]
    assert not page.has_header("ETag")
    client.logout()
    assert client.get("/universities/hidden/").status_code == 404
    assert kept == set()


def test_page_for_who_is_signed_in_is_the_page_for_all(client, coordinator):
    for_all = client.get("/")
    client.force_login(coordinator)

    assert client.get("/")["ETag"] == for_all["ETag"]


def test_nothing_is_kept_while_the_site_is_being_built(asked, settings):
    settings.DEBUG = True

    (_page, queries), (again, queries_then) = asked("/"), asked("/")

    assert min(queries, queries_then) > 1
    assert not again.has_header("ETag")
