"""Login through a real OpenID Connect provider, which runs in a process of its own."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import time_machine
from authlib.integrations.django_client import DjangoOAuth2App
from django.contrib.auth.models import Group, User
from django.utils.timezone import now

from partners.accounts import oidc
from partners.accounts.models import UserSession
from tests.helpers.html import attributes, text

START = "/admin/oidc/"
USER_CLAIMS = [
    {"sub": "1", "preferred_username": "ada", "given_name": "Ada", "email": "ada@example.edu", "groups": ["office"]},
    {"sub": "2", "preferred_username": "bob", "groups": "helpers"},
    {"sub": "3", "preferred_username": "student", "groups": ["students"]},
    {"sub": "4", "preferred_username": "root", "groups": ["office"]},
    {"sub": "5", "preferred_username": "two words", "groups": ["office"]},
    {"sub": "6", "groups": ["office"]},
    {"sub": "7", "preferred_username": "ada", "groups": ["office"]},
    {"sub": "8", "preferred_username": "ada", "groups": ["students"]},
    {"sub": "9", "preferred_username": "number", "groups": 5},
    {"sub": "10", "preferred_username": "objects", "groups": [{}]},
    {"sub": "11", "preferred_username": "mapping", "groups": {"office": True}},
    {"sub": "12", "preferred_username": "nested", "groups": [["office"], None]},
    {"sub": "13", "preferred_username": "eve", "email": ["eve@example.edu"], "given_name": {}, "groups": ["office"]},
    {"sub": "14", "preferred_username": "nul", "email": "no address", "given_name": "N\0ul", "groups": ["office"]},
    {"sub": "15", "preferred_username": ["office"], "groups": ["office"]},
    {"sub": "16", "preferred_username": None, "groups": ["office"]},
    {"sub": "17", "preferred_username": "n\0l", "groups": ["office"]},
    {"sub": "18", "preferred_username": "long", "given_name": "L" * 400, "groups": ["office"]},
]


@pytest.fixture(scope="session")
def provider():
    """Return the issuer URL of a running provider."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [Path(sys.executable).with_name("oidc-provider-mock"), "--port", port]
    for claims in USER_CLAIMS:
        command += ["--user-claims", json.dumps(claims)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if "Uvicorn running" in line:
            break
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.communicate()


@pytest.fixture
def configured(settings, monkeypatch, provider, db):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    settings.OIDC_ISSUER = provider
    settings.OIDC_COORDINATOR_GROUPS, settings.OIDC_ASSISTANT_GROUPS = ["office"], ["helpers"]
    oidc.get_oidc_client.cache_clear()
    yield
    oidc.get_oidc_client.cache_clear()


@pytest.fixture
def oidc_login(client, configured):
    """Return a function that signs in as a subject at the provider, and returns the final page."""

    def oidc_login(sub, next_url="/admin/changes/", **form):
        authorization_url = client.get(START, {"next": next_url}).url
        return client.get(authorize(authorization_url, sub, **form), follow=True)

    return oidc_login


def authorize(authorization_url, sub, **form):
    """Return the callback URL, without the host, to which the provider redirects."""
    answer = requests.post(authorization_url, data={"sub": sub} | form, allow_redirects=False, timeout=10)
    return answer.headers["location"].removeprefix("http://testserver")


def staff_and_groups(username):
    user = User.objects.get(username=username)
    return user.is_staff, [group.name for group in user.groups.all()]


def test_member_of_coordinator_group_becomes_coordinator(oidc_login):
    page = oidc_login("1")

    assert page.redirect_chain[-1][0] == "/admin/changes/"
    assert "Welcome, Ada" in text(page)
    assert staff_and_groups("ada") == (True, ["Exchange coordinators"])
    assert User.objects.get().email == "ada@example.edu"


def test_second_login_reuses_the_account(oidc_login):
    oidc_login("1")
    oidc_login("1")

    assert User.objects.count() == 1


def test_member_of_assistant_group_becomes_assistant(oidc_login):
    oidc_login("2")

    assert staff_and_groups("bob") == (True, ["Assistants"])


def test_renamed_group_is_joined(oidc_login):
    Group.objects.filter(name="Exchange coordinators").update(name="International office")

    page = oidc_login("1")

    assert "Welcome, Ada" in text(page)
    assert staff_and_groups("ada") == (True, ["International office"])


def test_deleted_group_is_refused_with_explanation(oidc_login):
    Group.objects.get(name="Assistants").delete()

    page = oidc_login("2")

    assert page.status_code == 403
    assert "No group has the role “Assistants”. Ask whoever administers this site to choose one." in text(page)
    assert User.objects.count() == 0


def test_user_without_group_is_refused_with_explanation(oidc_login):
    page = oidc_login("3")

    assert page.status_code == 403
    assert "“student” is not in a group of the exchange office." in text(page)
    assert User.objects.count() == 0


def test_user_who_left_the_group_loses_access(oidc_login, settings):
    oidc_login("1")
    settings.OIDC_COORDINATOR_GROUPS = ["others"]

    assert oidc_login("1").status_code == 403
    assert staff_and_groups("ada")[0] is False


def test_reassigned_username_does_not_open_the_account(oidc_login):
    oidc_login("1")

    pages = [oidc_login(sub) for sub in ("7", "8")]

    assert ["The account “ada” is somebody else's." in text(page) for page in pages] == [True, True]
    assert staff_and_groups("ada") == (True, ["Exchange coordinators"])


def test_account_is_kept_when_username_changes(oidc_login):
    oidc_login("1")
    User.objects.update(username="ada.lovelace")

    assert "Welcome, Ada" in text(oidc_login("1"))
    assert [user.username for user in User.objects.all()] == ["ada.lovelace"]


def test_refused_user_with_same_username_leaves_account_unchanged(oidc_login, client):
    User.objects.create_user("student", is_staff=True)

    assert oidc_login("3").status_code == 403
    assert User.objects.get().is_staff


def test_reauthentication_uses_the_provider(oidc_login, client):
    with time_machine.travel(now(), tick=False) as clock:
        oidc_login("1")
        clock.shift(16 * 60)
        page = client.get("/admin/mfa/", follow=True)
    [link] = attributes(page, 'a[href^="/admin/oidc/"]', "href")

    assert link == "/admin/oidc/?again=1&next=/admin/mfa/"
    assert "prompt=login" in client.get(link).url


def test_superuser_cannot_log_in(oidc_login):
    User.objects.create_superuser("root")

    page = oidc_login("4")

    assert "“root” administers this site, and signs in with a password." in text(page)
    assert "_auth_user_id" not in page.wsgi_request.session


def test_closed_account_cannot_log_in(oidc_login):
    User.objects.create_user("ada", is_active=False)

    assert "The account “ada” has been closed." in text(oidc_login("1"))


def test_invalid_username_is_refused(oidc_login):
    assert "“two words” cannot be a user name here" in text(oidc_login("5"))


@pytest.mark.parametrize(("sub", "form"), [("6", {}), ("1", {"action": "deny"})])
def test_missing_claim_or_consent_shows_error(oidc_login, sub, form):
    page = oidc_login(sub, **form)

    assert page.status_code == 502
    assert "Signing in with your university account did not work just now." in text(page)


def test_unsolicited_callback_is_refused(client, configured):
    page = client.get("/admin/oidc/callback/?code=stolen&state=invented")

    assert page.status_code == 502
    assert User.objects.count() == 0


def test_unreachable_provider_shows_error(client, configured, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    oidc.get_oidc_client.cache_clear()

    page = client.get(START)

    assert page.status_code == 502
    assert "Try again in a minute." in text(page)


def test_mfa_is_not_required_for_oidc_sessions(oidc_login, settings):
    settings.MFA_REQUIRED = True

    assert "Welcome, Ada" in text(oidc_login("1"))


def test_next_url_of_other_site_is_ignored(oidc_login):
    page = oidc_login("1", next_url="https://elsewhere.example/")

    assert page.redirect_chain[-1][0] == "/admin/"


def test_login_page_offers_oidc_only_if_configured(client, configured, settings):
    enabled = client.get("/admin/login/?next=/admin/changes/")
    settings.OIDC_ISSUER = ""
    oidc.get_oidc_client.cache_clear()
    disabled = client.get("/admin/login/")

    assert attributes(enabled, 'a[href^="/admin/oidc/"]', "href") == ["/admin/oidc/?next=/admin/changes/"]
    assert START not in disabled.content.decode()
    assert client.get(START).status_code == 404


@pytest.mark.parametrize(
    ("fetch_site", "url_start"),
    [("cross-site", "/admin/login/"), ("same-site", "/admin/login/"), ("same-origin", "http:"), ("none", "http:")],
)
def test_cross_site_request_does_not_start_login(client, configured, fetch_site, url_start):
    assert client.get(START, headers={"Sec-Fetch-Site": fetch_site}).url.startswith(url_start)


def test_provider_with_other_issuer_is_refused(client, configured, settings, caplog):
    settings.OIDC_ISSUER += "/"
    oidc.get_oidc_client.cache_clear()

    page = client.get(START)

    assert page.status_code == 502
    assert f"OIDC_ISSUER is {settings.OIDC_ISSUER}." in caplog.text


@pytest.mark.parametrize(
    ("supported", "allowed"),
    [(["RS256", "none", "HS256"], ["RS256"]), (["ES256"], ["ES256"]), (["none"], [])],
)
def test_only_asymmetric_algorithms_are_allowed(configured, settings, monkeypatch, supported, allowed):
    metadata = {"issuer": settings.OIDC_ISSUER, "id_token_signing_alg_values_supported": supported}
    monkeypatch.setattr(DjangoOAuth2App, "load_server_metadata", lambda self: metadata)

    oidc.get_oidc_client()

    assert metadata["id_token_signing_alg_values_supported"] == allowed


@pytest.mark.parametrize("userinfo", [{"sub": "4", "roles": "office"}, {"sub": ["1"]}, {}, [], 5, None])
def test_userinfo_of_other_subject_is_refused(configured, settings, oidc_login, monkeypatch, userinfo):
    settings.OIDC_GROUPS_CLAIM = "roles"
    monkeypatch.setattr(type(oidc.get_oidc_client()), "userinfo", lambda self, token: userinfo)

    assert oidc_login("1").status_code == 502
    assert User.objects.count() == 0


@pytest.mark.parametrize(("sub", "name"), [("9", "number"), ("10", "objects"), ("11", "mapping"), ("12", "nested")])
def test_malformed_groups_count_as_no_group(oidc_login, sub, name):
    page = oidc_login(sub)

    assert page.status_code == 403
    assert f"“{name}” is not in a group of the exchange office." in text(page)


@pytest.mark.parametrize(
    ("sub", "name", "stored"),
    [("13", "eve", ("", "")), ("14", "nul", ("", "Nul")), ("18", "long", ("", "L" * 150))],
)
def test_invalid_optional_claims_are_ignored(oidc_login, sub, name, stored):
    assert oidc_login(sub).status_code == 200
    assert User.objects.values_list("username", "email", "first_name").get() == (name, *stored)


@pytest.mark.parametrize(("sub", "status"), [("15", 502), ("16", 502), ("17", 403)])
def test_malformed_username_claim_creates_no_account(oidc_login, sub, status):
    assert oidc_login(sub).status_code == status
    assert User.objects.count() == 0


@pytest.mark.parametrize("url", [START, "/admin/oidc/callback/?code=stolen&state=invented", "/admin/login/"])
def test_anonymous_requests_create_no_session(client, configured, url):
    for _number in range(3):
        client.get(url)

    assert UserSession.objects.count() == 0


def test_callback_works_once_and_in_the_same_browser_only(client, configured):
    callback_url = authorize(client.get(START).url, "1")

    statuses = [browser.get(callback_url).status_code for browser in (type(client)(), client, client)]

    assert statuses == [502, 302, 502]


def test_parallel_logins_keep_their_next_url(client, configured):
    pages = ["/admin/changes/", "/admin/statistics/", "/admin/calendar/"]
    callback_urls = [authorize(client.get(START, {"next": page}).url, "1") for page in pages]

    assert [client.get(url).url for url in callback_urls] == pages


def test_login_cookie_is_http_only_and_expires(client, configured):
    with time_machine.travel(now(), tick=False) as clock:
        callback_url = authorize(client.get(START, {"next": "/" + "a" * 5000}).url, "1")
        [cookie] = client.cookies.values()
        clock.shift(601)
        late = client.get(callback_url)

    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["path"]) == (True, "Lax", 600, "/")
    assert len(cookie.value) < 4000
    assert late.status_code == 502


def test_tampered_login_cookie_is_ignored(client, configured):
    callback_url = authorize(client.get(START).url, "1")
    [name] = client.cookies
    client.cookies[name] = client.cookies[name].value[:-1] + "~"

    assert client.get(callback_url).status_code == 502


def test_oidc_account_has_no_password_to_reset(oidc_login, client, mailoutbox):
    User.objects.create_user("ada", email="ada@example.edu", password="an earlier password")
    oidc_login("1")

    client.post("/admin/password/", {"email": "ada@example.edu"})

    assert mailoutbox == []
    assert not client.login(request=client.get("/").wsgi_request, username="ada", password="an earlier password")
    assert User.objects.get().has_usable_password() is False


def test_second_login_keeps_other_sessions(oidc_login, client, configured):
    oidc_login("1")
    other_client = type(client)()
    other_client.get(authorize(other_client.get(START).url, "1"))

    oidc_login("1")

    assert other_client.get("/admin/").status_code == 200
