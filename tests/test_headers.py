"""What every answer tells the browser, whoever gives it."""

from runpy import run_path

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpResponse
from django.urls import path

from exchange import environment as env
from exchange import settings as site_settings
from exchange.urls import *  # noqa: F403
from exchange.urls import urlpatterns as site
from tests.factories import AgreementFactory

CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": set(CSP.split("; ")),
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Permissions-Policy": {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    "Referrer-Policy": {"same-origin"},
    "X-Content-Type-Options": {"nosniff"},
}


def broken(request):
    raise RuntimeError("for the test")


urlpatterns = [path("broken", broken), path("plain", lambda request: HttpResponse("plain")), *site]

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_headers")]


def told(response):
    return {name: set(response[name].split("; ")) for name in HEADERS}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/universities/marburg/", 200),
        ("/universities/atlantis/", 404),
        ("/nowhere", 404),
        ("/universities/marburg", 301),
        ("/admin/", 302),
        ("/admin/login/", 200),
        ("/admin/nowhere/", 302),
        ("/calendar/x.ics", 404),
        ("/en/", 302),
        (f"/?{'type=x&' * 301}", 400),
        (f"/partners.json?{'type=x&' * 301}", 400),
        (f"/?{'x&' * 1_001}", 400),
        ("/static/partners/public.css", 200),
        ("/broken", 500),
        ("/plain", 200),
    ],
)
def test_every_answer_is_guarded(client, address, status):
    AgreementFactory(university__name="Marburg", university__slug="marburg")
    client.raise_request_exception = False

    response = client.get(address)

    assert (response.status_code, told(response)) == (status, HEADERS)
    response.close()


def test_pages_of_the_office_are_guarded(office):
    for address in ("/admin/", "/admin/partners/agreement/", "/admin/partners/agreement/sign/", "/admin/calendar/"):
        assert told(office.get(address)) == HEADERS


def test_unknown_host_is_answered_with_a_guarded_page_of_the_site(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert (response.status_code, told(response)) == (400, HEADERS)
    assert "Not understood" in response.content.decode()
    assert "evil.example" not in response.content.decode()


def test_plain_http_is_led_to_https_and_guarded(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/?q=x")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/?q=x")
    assert set(response["Content-Security-Policy"].split("; ")) == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "encoding"),
    [
        ("/", "gzip"),
        ("/?pick=marburg", "gzip"),
        ("/nowhere", "gzip"),
        ("/admin/login/", "gzip"),
        ("/static/partners/land.svg", None),
    ],
)
def test_pages_are_compressed_on_their_way_and_files_are_as_they_lie(client, address, encoding):
    AgreementFactory(university__name="Marburg")

    answer = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert answer.get("Content-Encoding") == encoding
    answer.close()


def test_page_may_not_be_framed(client):
    assert client.get("/")["X-Frame-Options"] == "DENY"


def test_https_is_remembered_for_a_year(client, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True

    assert client.get("/", secure=True)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_violations_are_reported_where_the_setting_says(client, settings):
    reported = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"report-uri": "https://reports.example.edu/csp"}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": reported}

    assert "report-uri https://reports.example.edu/csp" in client.get("/")["Content-Security-Policy"]


def test_form_from_elsewhere_is_refused_with_a_guarded_page_of_the_site(client):
    client.handler.enforce_csrf_checks = True

    response = client.post("/admin/login/", {"username": "x", "password": "y"})

    assert (response.status_code, told(response)) == (403, HEADERS)
    assert "Not done, to be safe" in response.content.decode()


def test_session_cookie_is_of_the_site_alone_and_of_two_hours(client, settings):
    User.objects.create_user("ann", password="long enough", is_staff=True)

    client.post("/admin/login/", {"username": "ann", "password": "long enough"})

    cookie = client.cookies["sessionid"]
    assert {name: cookie[name] for name in ("samesite", "httponly", "max-age")} == {
        "samesite": "Lax",
        "httponly": True,
        "max-age": 7_200,
    }


def test_cookies_are_of_this_host_alone_where_there_is_https(monkeypatch):
    monkeypatch.setattr(env, "HTTPS", True)
    secure = run_path(site_settings.__file__)

    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert [secure[name] for name in names] == ["__Host-sessionid", "__Host-csrftoken", True, True]


def test_office_sets_no_cookies_but_two_which_scripts_do_not_read(client, settings):
    User.objects.create_superuser("ann", password="long enough")

    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "ann", "password": "long enough"})
    client.post("/admin/partners/country/add/", {"code": "XX", "name": "Atlantis", "other_names": ""}, follow=True)

    assert {name: cookie["httponly"] for name, cookie in client.cookies.items()} == {
        "csrftoken": True,
        "sessionid": True,
    }


def test_pages_of_the_office_are_kept_by_nobody(office):
    for address in ("/admin/", "/admin/second-factor/", "/admin/password/", "/admin/jsi18n/", "/admin/logout/", "/x"):
        assert "no-store" in office.get(address)["Cache-Control"]


def test_signing_out_ends_the_session_and_clears_what_browsers_kept(office):
    session = office.cookies["sessionid"].value

    page = office.post("/admin/logout/")

    assert page["Clear-Site-Data"] == '"cache"'
    office.cookies["sessionid"] = session
    assert office.get("/admin/").url.startswith("/admin/login/")


def test_trace_gives_nothing_back(client):
    for address in ("/", "/healthz", "/admin/login/", "/partners.tsv"):
        assert "told-by-a-proxy" not in client.trace(address, headers={"X-Secret": "told-by-a-proxy"}).content.decode()


def test_link_signed_with_the_secret_before_is_believed(settings):
    signed = signing.dumps("x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert signing.loads(signed) == "x"


def test_password_is_kept_as_argon2_and_an_older_one_becomes_it(client, settings):
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS
    ann = User(username="ann", is_staff=True, password=make_password("long enough", hasher="pbkdf2_sha256"))
    ann.save()

    client.post("/admin/login/", {"username": "ann", "password": "long enough"})

    assert identify_hasher(User.objects.get().password).algorithm == "argon2"
