import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils.timezone import now
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.models import RecoveryCodeDevice, UserSession
from tests.helpers.html import element_texts, elements, messages, text

LOGIN, VERIFY, SETUP = "/admin/login/?next=/admin/changes/", "/admin/mfa/verify/", "/admin/mfa/"
PASSWORD = "the right one"  # noqa: S105


@pytest.fixture
def clock():
    """A frozen clock, which tests shift to get a new code."""
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def account(clock, coordinator):
    coordinator.set_password(PASSWORD)
    coordinator.save()
    return coordinator


def log_in(client):
    return client.post(LOGIN, {"username": "coordinator", "password": PASSWORD}, follow=True)


def current_code(user):
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key):06}"


def enable_mfa(client, account, clock):
    """Enable MFA, log out, and return the recovery codes."""
    log_in(client)
    client.post(SETUP, {"action": "start"})
    page = client.post(SETUP, {"action": "confirm", "code": current_code(account)})
    client.logout()
    clock.shift(60)
    return element_texts(page, "li code")


def test_mfa_is_optional_unless_required(client, account):
    assert "Recent changes" in text(log_in(client))


def test_confirming_code_enables_mfa_and_shows_recovery_codes(client, account):
    log_in(client)
    page = client.post(SETUP, {"action": "start"}, follow=True)
    assert len(elements(page, "#content svg")) == 1

    page = client.post(SETUP, {"action": "confirm", "code": current_code(account)})

    assert "Your second factor is on." in text(page)
    codes, code_hashes = element_texts(page, "code"), RecoveryCodeDevice.objects.get().code_hashes
    assert len(codes) == 10
    assert all(map(check_password, codes, code_hashes))
    assert not set(codes) & set(code_hashes)


def test_wrong_code_does_not_enable_mfa(client, account):
    log_in(client)
    client.post(SETUP, {"action": "start"})

    page = client.post(SETUP, {"action": "confirm", "code": "abc"})

    assert "“abc” is not what the app shows now, or was used before." in text(page)
    assert not TOTPDevice.objects.get().confirmed


def test_password_alone_gives_no_access_with_mfa(client, account, clock):
    enable_mfa(client, account, clock)

    page = log_in(client)

    assert "Enter the code that the app on your phone shows" in text(page)
    assert [client.get(url).status_code for url in ("/admin/", "/admin/partners/university/", SETUP)] == [302] * 3


def test_code_redirects_to_next_url(client, account, clock):
    enable_mfa(client, account, clock)
    url = log_in(client).redirect_chain[-1][0]

    page = client.post(url, {"code": current_code(account)}, follow=True)

    assert page.redirect_chain[-1][0] == "/admin/changes/"
    assert "Recent changes" in text(page)


def test_session_key_is_cycled_after_code(client, account, clock):
    enable_mfa(client, account, clock)
    log_in(client)
    before = client.session.session_key

    client.post(VERIFY, {"code": current_code(account)})

    assert client.session.session_key not in {None, before}


def test_code_cannot_be_reused(client, account, clock):
    enable_mfa(client, account, clock)
    log_in(client)
    used = current_code(account)
    client.post(VERIFY, {"code": used})
    client.logout()
    log_in(client)

    page = client.post(VERIFY, {"code": used})

    assert f"“{used}” is not what the app shows now" in text(page)
    assert client.get("/admin/").status_code == 302


def test_wrong_codes_are_throttled(client, account, clock):
    enable_mfa(client, account, clock)
    log_in(client)
    for guess in range(5):
        client.post(VERIFY, {"code": f"{guess:06}"})

    client.post(VERIFY, {"code": current_code(account)})
    immediately = client.get("/admin/").status_code
    clock.shift(60)
    client.post(VERIFY, {"code": current_code(account)})

    assert (immediately, client.get("/admin/").status_code) == (302, 200)


def test_recovery_code_works_once(client, account, clock):
    recovery = enable_mfa(client, account, clock)
    statuses = []
    for _ in range(2):
        log_in(client)
        client.post(VERIFY, {"code": recovery[0].upper()})
        statuses.append(client.get("/admin/").status_code)
        client.logout()
        clock.shift(60)

    assert statuses == [200, 302]


def test_required_mfa_is_set_up_before_access(client, account, settings):
    settings.MFA_REQUIRED = True

    page = log_in(client)
    assert "This office requires one." in text(page)
    assert client.get("/admin/").status_code == 302

    client.post(SETUP, {"action": "start"})
    client.post(SETUP, {"action": "confirm", "code": current_code(account)})
    assert client.get("/admin/").status_code == 200


def test_disabling_mfa_makes_password_sufficient(client, account, clock):
    enable_mfa(client, account, clock)
    log_in(client)
    client.post(VERIFY, {"code": current_code(account)})

    page = client.post(SETUP, {"action": "disable"}, follow=True)

    assert messages(page) == ["Your second factor is off."]
    client.logout()
    assert "Recent changes" in text(log_in(client))


def test_session_key_is_cycled_when_mfa_is_enabled_or_disabled(client, account):
    log_in(client)
    keys = [client.session.session_key]
    client.post(SETUP, {"action": "start"})

    for form_data in ({"action": "confirm", "code": current_code(account)}, {"action": "disable"}):
        client.post(SETUP, form_data)
        keys.append(client.session.session_key)

    assert len(set(keys)) == 3
    assert [session.pk for session in UserSession.objects.all()] == keys[-1:]


def test_enabling_or_disabling_mfa_ends_other_sessions(client, account, clock):
    log_in(client)
    client.post(SETUP, {"action": "start"})
    counts = []
    for form in ({"action": "confirm", "code": current_code(account)}, {"action": "disable"}):
        type(client)().force_login(account)
        before = UserSession.objects.count()
        client.post(SETUP, form)
        counts.append((before, UserSession.objects.count()))

    assert counts == [(2, 1), (2, 1)]
    assert client.get("/admin/").status_code == 200


def test_mfa_pages_require_password(client, db):
    for url in (VERIFY, SETUP):
        assert client.get(url).url == "/admin/login/"
        assert client.post(url, {"action": "start", "code": "1"}).url == "/admin/login/"
    assert TOTPDevice.objects.count() == 0


def test_next_url_of_other_site_is_ignored(client, account, clock):
    enable_mfa(client, account, clock)
    log_in(client)

    page = client.post(f"{VERIFY}?next=https://elsewhere.example", {"code": current_code(account)})

    assert page.url == "/admin/"


def test_remove_mfa_command_disables_mfa_and_ends_sessions(client, account, clock, capsys):
    enable_mfa(client, account, clock)
    other_client = type(client)()
    other_client.force_login(account)

    call_command("remove_mfa", "coordinator")

    assert "_auth_user_id" not in other_client.session
    assert "Recent changes" in text(log_in(client))
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        call_command("remove_mfa", "nobody")
    assert User.objects.count() == 1
