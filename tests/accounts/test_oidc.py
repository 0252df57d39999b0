"""Signing in by a real OpenID Connect provider, in a process of its own."""

import html
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import time_machine
from django.contrib.auth.models import User
from django.utils.timezone import now

from partners.accounts import oidc
from partners.accounts.models import UserSession
from tests.html import text

START = "/admin/university/"
PEOPLE = [
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
    """The address of a provider, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [Path(sys.executable).with_name("oidc-provider-mock"), "--port", port]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
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
def sign_on(client, configured):
    """Goes through the provider as a person, and gives the page one comes back to."""

    def through(sub, following="/admin/changes/", **form):
        asked = client.get(START, {"next": following}).url
        return client.get(answer_of_provider(asked, sub, **form), follow=True)

    return through


def answer_of_provider(asked, sub, **form):
    """The address that the provider leads back to."""
    answer = requests.post(asked, data={"sub": sub} | form, allow_redirects=False, timeout=10)
    return answer.headers["location"].removeprefix("http://testserver")


def standing(name):
    user = User.objects.get(username=name)
    return user.is_staff, [group.name for group in user.groups.all()]


def test_member_of_the_office_becomes_a_coordinator_and_lands_where_asked(sign_on):
    page = sign_on("1")

    assert page.redirect_chain[-1][0] == "/admin/changes/"
    assert "Welcome, Ada" in text(page)
    assert standing("ada") == (True, ["Exchange coordinators"])
    assert User.objects.get().email == "ada@example.edu"


def test_second_time_finds_the_same_account(sign_on):
    sign_on("1")
    sign_on("1")

    assert User.objects.count() == 1


def test_other_group_becomes_an_assistant(sign_on):
    sign_on("2")

    assert standing("bob") == (True, ["Assistants"])


def test_stranger_is_refused_in_words(sign_on):
    page = sign_on("3")

    assert page.status_code == 403
    assert "“student” is not in a group of the exchange office." in text(page)
    assert User.objects.count() == 0


def test_who_left_the_office_loses_it(sign_on, settings):
    sign_on("1")
    settings.OIDC_COORDINATOR_GROUPS = ["others"]

    assert sign_on("1").status_code == 403
    assert standing("ada")[0] is False


def test_name_that_was_given_to_somebody_else_does_not_open_the_account(sign_on):
    sign_on("1")

    pages = [sign_on(sub) for sub in ("7", "8")]

    assert ["The account “ada” is somebody else's." in text(page) for page in pages] == [True, True]
    assert standing("ada") == (True, ["Exchange coordinators"])


def test_person_keeps_the_account_under_another_name(sign_on):
    sign_on("1")
    User.objects.update(username="ada.lovelace")

    assert "Welcome, Ada" in text(sign_on("1"))
    assert [user.username for user in User.objects.all()] == ["ada.lovelace"]


def test_stranger_of_the_same_name_takes_nothing_from_an_account(sign_on, client):
    User.objects.create_user("student", is_staff=True)

    assert sign_on("3").status_code == 403
    assert User.objects.get().is_staff


def test_who_is_signed_on_confirms_at_the_university(sign_on, client):
    with time_machine.travel(now(), tick=False) as clock:
        sign_on("1")
        clock.shift(16 * 60)
        asked = client.get("/admin/second-factor/", follow=True)
    [link] = re.findall(r'href="(/admin/university/\?again=1&amp;next=[^"]*)"', asked.content.decode())

    assert html.unescape(link) == "/admin/university/?again=1&next=/admin/second-factor/"
    assert "prompt=login" in client.get(html.unescape(link)).url


def test_superuser_is_never_signed_on(sign_on):
    User.objects.create_superuser("root")

    page = sign_on("4")

    assert "“root” administers this site, and signs in with a password." in text(page)
    assert "_auth_user_id" not in page.wsgi_request.session


def test_closed_account_stays_closed(sign_on):
    User.objects.create_user("ada", is_active=False)

    assert "The account “ada” has been closed." in text(sign_on("1"))


def test_name_that_is_no_user_name_is_refused(sign_on):
    assert "“two words” cannot be a user name here" in text(sign_on("5"))


@pytest.mark.parametrize(("sub", "form"), [("6", {}), ("1", {"action": "deny"})])
def test_answer_without_a_name_or_a_consent_is_told(sign_on, sub, form):
    page = sign_on(sub, **form)

    assert page.status_code == 502
    assert "Signing in with your university account did not work just now." in text(page)


def test_answer_that_was_not_asked_for_is_refused(client, configured):
    page = client.get("/admin/university/back/?code=stolen&state=invented")

    assert page.status_code == 502
    assert User.objects.count() == 0


def test_provider_that_is_down_is_told(client, configured, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    oidc.get_oidc_client.cache_clear()

    page = client.get(START)

    assert page.status_code == 502
    assert "Try again in a minute." in text(page)


def test_second_factor_is_the_university_s_business(sign_on, settings):
    settings.SECOND_FACTOR_REQUIRED = True

    assert "Welcome, Ada" in text(sign_on("1"))


def test_no_other_site_is_gone_on_to(sign_on):
    page = sign_on("1", following="https://elsewhere.example/")

    assert page.redirect_chain[-1][0] == "/admin/"


def test_login_page_offers_it_only_where_it_is_set_up(client, configured, settings):
    offered = client.get("/admin/login/?next=/admin/changes/").content.decode()
    settings.OIDC_ISSUER = ""
    oidc.get_oidc_client.cache_clear()
    otherwise = client.get("/admin/login/").content.decode()

    assert re.findall(r'href="(/admin/university/[^"]*)"', offered) == ["/admin/university/?next=/admin/changes/"]
    assert START not in otherwise
    assert client.get(START).status_code == 404


@pytest.mark.parametrize(
    ("told", "led_to"),
    [("cross-site", "/admin/login/"), ("same-site", "/admin/login/"), ("same-origin", "http:"), ("none", "http:")],
)
def test_link_on_another_site_signs_nobody_on(client, configured, told, led_to):
    assert client.get(START, headers={"Sec-Fetch-Site": told}).url.startswith(led_to)


def test_server_that_calls_itself_otherwise_is_not_believed(client, configured, settings, caplog):
    settings.OIDC_ISSUER += "/"
    oidc.get_oidc_client.cache_clear()

    page = client.get(START)

    assert page.status_code == 502
    assert f"OIDC_ISSUER is {settings.OIDC_ISSUER}." in caplog.text


@pytest.mark.parametrize(
    ("told", "is_taken"),
    [(["RS256", "none", "HS256"], ["RS256"]), (["ES256"], ["ES256"]), (["none"], [])],
)
def test_tokens_are_signed_by_a_key_of_the_server_alone(settings, told, is_taken):
    settings.OIDC_ISSUER = "https://login.example.edu"
    metadata = {"issuer": "https://login.example.edu", "id_token_signing_alg_values_supported": told}

    oidc.validate_provider_metadata(metadata)

    assert metadata["id_token_signing_alg_values_supported"] == is_taken


@pytest.mark.parametrize("told", [{"sub": "4", "roles": "office"}, {"sub": ["1"]}, {}, [], 5, None])
def test_server_that_tells_of_somebody_else_is_not_believed(configured, settings, sign_on, monkeypatch, told):
    settings.OIDC_GROUPS_CLAIM = "roles"
    monkeypatch.setattr(type(oidc.get_oidc_client()), "userinfo", lambda self, token: told)

    assert sign_on("1").status_code == 502
    assert User.objects.count() == 0


@pytest.mark.parametrize(("sub", "name"), [("9", "number"), ("10", "objects"), ("11", "mapping"), ("12", "nested")])
def test_groups_that_are_none_are_answered_as_no_group(sign_on, sub, name):
    page = sign_on(sub)

    assert page.status_code == 403
    assert f"“{name}” is not in a group of the exchange office." in text(page)


@pytest.mark.parametrize(
    ("sub", "name", "stored"),
    [("13", "eve", ("", "")), ("14", "nul", ("", "Nul")), ("18", "long", ("", "L" * 150))],
)
def test_of_other_claims_only_what_an_account_can_hold_is_taken(sign_on, sub, name, stored):
    assert sign_on(sub).status_code == 200
    assert User.objects.values_list("username", "email", "first_name").get() == (name, *stored)


@pytest.mark.parametrize(("sub", "status"), [("15", 502), ("16", 502), ("17", 403)])
def test_claim_that_is_no_name_makes_no_account(sign_on, sub, status):
    assert sign_on(sub).status_code == status
    assert User.objects.count() == 0


@pytest.mark.parametrize("address", [START, "/admin/university/back/?code=stolen&state=invented", "/admin/login/"])
def test_address_that_anybody_may_ask_for_writes_no_session(client, configured, address):
    for _number in range(3):
        client.get(address)

    assert UserSession.objects.count() == 0


def test_answer_is_good_only_in_the_browser_that_asked_and_only_once(client, configured):
    back = answer_of_provider(client.get(START).url, "1")

    answers = [type(client)().get(back).status_code, client.get(back).status_code, client.get(back).status_code]

    assert answers == [502, 302, 502]


def test_sign_ons_in_three_tabs_end_each_where_it_was_begun(client, configured):
    pages = ["/admin/changes/", "/admin/overview/", "/admin/calendar/"]
    backs = [answer_of_provider(client.get(START, {"next": page}).url, "1") for page in pages]

    assert [client.get(back).url for back in backs] == pages


def test_cookie_of_a_sign_on_is_signed_hidden_from_scripts_and_short_lived(client, configured):
    with time_machine.travel(now(), tick=False) as clock:
        back = answer_of_provider(client.get(START, {"next": "/" + "a" * 5000}).url, "1")
        [cookie] = client.cookies.values()
        clock.shift(601)
        late = client.get(back)

    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["path"]) == (True, "Lax", 600, "/")
    assert len(cookie.value) < 4000
    assert late.status_code == 502


def test_cookie_that_was_altered_is_as_none(client, configured):
    back = answer_of_provider(client.get(START).url, "1")
    [name] = client.cookies
    client.cookies[name] = client.cookies[name].value[:-1] + "~"

    assert client.get(back).status_code == 502


def test_account_that_the_university_signs_on_has_no_password_to_reset(sign_on, client, mailoutbox):
    User.objects.create_user("ada", email="ada@example.edu", password="an earlier password")
    sign_on("1")

    client.post("/admin/password/", {"email": "ada@example.edu"})

    assert mailoutbox == []
    assert not client.login(request=client.get("/").wsgi_request, username="ada", password="an earlier password")
    assert User.objects.get().has_usable_password() is False


def test_who_is_signed_on_again_stays_signed_in_elsewhere(sign_on, client, configured):
    sign_on("1")
    elsewhere = type(client)()
    elsewhere.get(answer_of_provider(elsewhere.get(START).url, "1"))

    sign_on("1")

    assert elsewhere.get("/admin/").status_code == 200
