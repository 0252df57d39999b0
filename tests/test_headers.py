"""Security headers, cookies and other settings that concern every response."""

from runpy import run_path

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpResponse
from django.urls import path

from exchange import settings as site_settings
from exchange.urls import *  # noqa: F403
from exchange.urls import urlpatterns as site
from tests.helpers.factories import AgreementFactory
from tests.helpers.headers import HEADERS, security_headers
from tests.helpers.html import text


def failing_view(request):
    raise RuntimeError("for the test")


urlpatterns = [path("broken", failing_view), path("plain", lambda request: HttpResponse("plain")), *site]

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_headers")]


@pytest.mark.parametrize(
    ("url", "status"),
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
        (f"/?{'x&' * 10_001}", 400),
        ("/static/partners/public.css", 200),
        ("/broken", 500),
        ("/plain", 200),
    ],
)
def test_every_response_has_security_headers(client, url, status):
    AgreementFactory(university__name="Marburg", university__slug="marburg")
    client.raise_request_exception = False

    response = client.get(url)

    assert (response.status_code, security_headers(response)) == (status, HEADERS)
    response.close()


def test_admin_pages_have_security_headers(coordinator_client):
    for url in ("/admin/", "/admin/partners/agreement/", "/admin/partners/agreement/sign/", "/admin/calendar/"):
        assert security_headers(coordinator_client.get(url)) == HEADERS


def test_unknown_host_is_rejected_with_an_error_page(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert (response.status_code, security_headers(response)) == (400, HEADERS)
    assert "Not understood" in text(response)
    assert "evil.example" not in response.content.decode()


def test_http_is_redirected_to_https_with_security_headers(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/?q=x")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/?q=x")
    assert set(response["Content-Security-Policy"].split("; ")) == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("url", "encoding"),
    [
        ("/", "gzip"),
        ("/?pick=marburg", "gzip"),
        ("/nowhere", "gzip"),
        ("/admin/login/", "gzip"),
        ("/static/partners/land.svg", None),
    ],
)
def test_pages_are_compressed_and_static_files_are_not(client, url, encoding):
    AgreementFactory(university__name="Marburg")

    response = client.get(url, headers={"Accept-Encoding": "gzip"})

    assert response.get("Content-Encoding") == encoding
    response.close()


def test_page_cannot_be_framed(client):
    assert client.get("/")["X-Frame-Options"] == "DENY"


def test_hsts_lasts_a_year(client, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True

    assert client.get("/", secure=True)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_csp_report_uri_is_sent(client, settings):
    reported = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"report-uri": "https://reports.example.edu/csp"}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": reported}

    assert "report-uri https://reports.example.edu/csp" in client.get("/")["Content-Security-Policy"]


def test_csrf_failure_is_rejected_with_an_error_page(client):
    client.handler.enforce_csrf_checks = True

    response = client.post("/admin/login/", {"username": "x", "password": "y"})

    assert (response.status_code, security_headers(response)) == (403, HEADERS)
    assert "Not done, to be safe" in text(response)


def test_session_cookie_is_same_site_and_lasts_two_hours(client, settings):
    User.objects.create_user("ann", password="long enough", is_staff=True)

    client.post("/admin/login/", {"username": "ann", "password": "long enough"})

    cookie = client.cookies["sessionid"]
    assert {name: cookie[name] for name in ("samesite", "httponly", "max-age")} == {
        "samesite": "Lax",
        "httponly": True,
        "max-age": 7_200,
    }


def test_cookies_have_the_host_prefix_with_https(monkeypatch):
    monkeypatch.setenv("HTTPS", "on")
    secure = run_path(site_settings.__file__)

    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert [secure[name] for name in names] == ["__Host-sessionid", "__Host-csrftoken", True, True]


def test_admin_sets_two_cookies_and_both_are_httponly(client, settings):
    User.objects.create_superuser("ann", password="long enough")

    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "ann", "password": "long enough"})
    client.post("/admin/partners/country/add/", {"code": "XX", "name": "Atlantis", "other_names": ""}, follow=True)

    assert {name: cookie["httponly"] for name, cookie in client.cookies.items()} == {
        "csrftoken": True,
        "sessionid": True,
    }


def test_admin_pages_are_not_cached(coordinator_client):
    for url in ("/admin/", "/admin/mfa/", "/admin/password/", "/admin/jsi18n/", "/admin/logout/", "/x"):
        assert "no-store" in coordinator_client.get(url)["Cache-Control"]


def test_logout_ends_the_session_and_clears_the_browser_cache(coordinator_client):
    session = coordinator_client.cookies["sessionid"].value

    page = coordinator_client.post("/admin/logout/")

    assert page["Clear-Site-Data"] == '"cache"'
    coordinator_client.cookies["sessionid"] = session
    assert coordinator_client.get("/admin/").url.startswith("/admin/login/")


def test_trace_does_not_echo_headers(client):
    for url in ("/", "/healthz", "/admin/login/", "/partners.tsv"):
        assert "added-by-a-proxy" not in client.trace(url, headers={"X-Secret": "added-by-a-proxy"}).content.decode()


def test_signature_of_a_fallback_secret_key_is_valid(settings):
    signed = signing.dumps("x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert signing.loads(signed) == "x"


def test_pbkdf2_password_is_upgraded_to_argon2_on_login(client, settings):
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS
    ann = User(username="ann", is_staff=True, password=make_password("long enough", hasher="pbkdf2_sha256"))
    ann.save()

    client.post("/admin/login/", {"username": "ann", "password": "long enough"})

    assert identify_hasher(User.objects.get().password).algorithm == "argon2"
