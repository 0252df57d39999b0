import pytest
import time_machine
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.helpers.html import errors, text

PAGE, MFA_SETUP = "/admin/reauthenticate/?next=/admin/mfa/", "/admin/mfa/"
PASSWORD = "the right one"  # noqa: S105
PASSWORD_CHANGE = "/admin/password_change/"  # noqa: S105
SENSITIVE_URLS = [
    MFA_SETUP,
    PASSWORD_CHANGE,
    *("/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/user/1/password/"),
    *(f"/admin/auth/user/1/{page}/" for page in ("change", "history", "delete")),
    *("/admin/auth/group/", "/admin/auth/group/add/"),
    *(f"/admin/auth/group/1/{page}/" for page in ("change", "history", "delete")),
]


@pytest.fixture
def stale_client(client, coordinator):
    """A client of a superuser who logged in 15 minutes ago."""
    coordinator.set_password(PASSWORD)
    coordinator.is_superuser = True
    coordinator.save()
    with time_machine.travel("2026-11-24T08:00Z", tick=False) as clock:
        client.post("/admin/login/", {"username": "coordinator", "password": PASSWORD})
        clock.shift(15 * 60)
        yield client


@pytest.mark.parametrize("url", SENSITIVE_URLS)
def test_sensitive_page_requires_reauthentication_after_15_minutes(stale_client, url):
    assert stale_client.get(url).url == f"/admin/reauthenticate/?next={url.replace('/', '%2F')}"
    assert stale_client.post(url, {"action": "disable"}).url.startswith("/admin/reauthenticate/")


def test_other_pages_require_no_reauthentication(stale_client):
    assert [stale_client.get(url).status_code for url in ("/admin/", "/admin/partners/agreement/")] == [200, 200]


def test_password_reauthenticates_and_cycles_session_key(stale_client):
    before = stale_client.session.session_key

    page = stale_client.post(PAGE, {"password": PASSWORD}, follow=True)

    assert page.redirect_chain[-1][0] == MFA_SETUP
    assert stale_client.session.session_key not in {None, before}
    assert stale_client.get("/admin/auth/user/").status_code == 200


def test_wrong_password_is_refused_and_counted(stale_client):
    page = stale_client.post(PAGE, {"password": "a wrong one"})

    assert errors(page) == {"password": "This is not your password."}
    assert stale_client.get(MFA_SETUP).status_code == 302
    assert [stale_client.post(PAGE, {"password": "a wrong one"}).status_code for _number in range(9)] == [200] * 8 + [
        429
    ]


def test_code_is_required_with_mfa(stale_client, coordinator):
    app = TOTPDevice.objects.create(user=coordinator)
    page = stale_client.get(PAGE)
    without_code = stale_client.post(PAGE, {"password": PASSWORD})

    done = stale_client.post(PAGE, {"password": PASSWORD, "code": f"{totp(app.bin_key):06}"})

    assert "Code:" in text(page)
    assert errors(without_code) == {"code": "This field is required."}
    assert done.url == MFA_SETUP


def test_mfa_cannot_be_disabled_without_reauthentication(stale_client, coordinator):
    TOTPDevice.objects.create(user=coordinator)

    stale_client.post(MFA_SETUP, {"action": "disable"})

    assert TOTPDevice.objects.count() == 1


def change_password(browser, old, new="a new and long one"):
    return browser.post(PASSWORD_CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_password_can_be_changed_after_reauthentication(stale_client):
    stale_client.post(PAGE, {"password": PASSWORD})

    done = change_password(stale_client, PASSWORD)

    assert done.url == "/admin/password_change/done/"
    assert stale_client.get("/admin/").status_code == 200


def test_wrong_current_passwords_are_counted_and_logged(stale_client, caplog):
    stale_client.post(PAGE, {"password": PASSWORD})
    caplog.set_level("INFO", "partners.security")
    caplog.clear()

    responses = [change_password(stale_client, "a wrong one") for _number in range(10)]

    assert errors(responses[0]) == {
        "old_password": "Your old password was entered incorrectly. Please enter it again.",
    }
    assert [response.status_code for response in responses] == [200] * 9 + [429]
    assert change_password(stale_client, PASSWORD).status_code == 429
    events = [record.event for record in caplog.records if record.name == "partners.security"]
    assert events[:2] == ["login_failed", "password_change_failed"]
    assert "lockout" in events


def test_next_url_of_other_site_is_ignored(stale_client):
    assert (
        stale_client.post("/admin/reauthenticate/?next=https://elsewhere.example/", {"password": PASSWORD}).url
        == "/admin/"
    )


def test_anonymous_user_is_redirected_to_login(client, db):
    for response in (client.get(PAGE), client.post(PAGE, {"password": PASSWORD})):
        assert response.url == "/admin/login/"
