import re

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils.timezone import now
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.models import RecoveryCodeDevice, UserSession
from tests.html import messages, text

LOGIN, CODE, PAGE = "/admin/login/?next=/admin/changes/", "/admin/code/", "/admin/second-factor/"
PASSWORD = "the right one"  # noqa: S105


@pytest.fixture
def moment():
    """A clock that stands still, and that tests put forward: a code is good once."""
    with time_machine.travel(now(), tick=False) as moment:
        yield moment


@pytest.fixture
def account(moment, coordinator):
    coordinator.set_password(PASSWORD)
    coordinator.save()
    return coordinator


def signed_in(client):
    return client.post(LOGIN, {"username": "coordinator", "password": PASSWORD}, follow=True)


def code(user):
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key):06}"


def turned_on(client, account, moment):
    """The recovery codes of an account with a second factor, in a browser that signs in anew."""
    signed_in(client)
    client.post(PAGE, {"step": "begin"})
    page = client.post(PAGE, {"step": "confirm", "code": code(account)})
    client.logout()
    moment.shift(60)
    return re.findall("<li><code>(.*?)</code></li>", page.content.decode())


def test_office_opens_without_a_second_factor_unless_it_is_required(client, account):
    assert "Recent changes" in text(signed_in(client))


def test_code_from_the_app_turns_it_on_and_gives_recovery_codes(client, account):
    signed_in(client)
    page = client.post(PAGE, {"step": "begin"}, follow=True)
    assert "<svg" in page.content.decode()

    page = client.post(PAGE, {"step": "confirm", "code": code(account)})

    assert "Your second factor is on." in text(page)
    codes, hashes = re.findall("<code>(.*?)</code>", page.content.decode()), RecoveryCodeDevice.objects.get().hashes
    assert len(codes) == 10
    assert all(map(check_password, codes, hashes))
    assert not set(codes) & set(hashes)


def test_wrong_code_does_not_turn_it_on(client, account):
    signed_in(client)
    client.post(PAGE, {"step": "begin"})

    page = client.post(PAGE, {"step": "confirm", "code": "abc"})

    assert "“abc” is not what the app shows now, or was used before." in text(page)
    assert not TOTPDevice.objects.get().confirmed


def test_password_alone_opens_nothing_once_it_is_on(client, account, moment):
    turned_on(client, account, moment)

    page = signed_in(client)

    assert "Type the code that the app on your phone shows" in text(page)
    assert [client.get(address).status_code for address in ("/admin/", "/admin/partners/university/", PAGE)] == [
        302
    ] * 3


def test_password_and_code_lead_where_one_was_going(client, account, moment):
    turned_on(client, account, moment)
    asked = signed_in(client).redirect_chain[-1][0]

    page = client.post(asked, {"code": code(account)}, follow=True)

    assert page.redirect_chain[-1][0] == "/admin/changes/"
    assert "Recent changes" in text(page)


def test_session_has_another_key_once_the_code_is_given(client, account, moment):
    turned_on(client, account, moment)
    signed_in(client)
    before = client.session.session_key

    client.post(CODE, {"code": code(account)})

    assert client.session.session_key not in {None, before}


def test_code_is_good_once(client, account, moment):
    turned_on(client, account, moment)
    signed_in(client)
    used = code(account)
    client.post(CODE, {"code": used})
    client.logout()
    signed_in(client)

    page = client.post(CODE, {"code": used})

    assert f"“{used}” is not what the app shows now" in text(page)
    assert client.get("/admin/").status_code == 302


def test_guessing_codes_is_slowed_down(client, account, moment):
    turned_on(client, account, moment)
    signed_in(client)
    for guess in range(5):
        client.post(CODE, {"code": f"{guess:06}"})

    client.post(CODE, {"code": code(account)})
    at_once = client.get("/admin/").status_code
    moment.shift(60)
    client.post(CODE, {"code": code(account)})

    assert (at_once, client.get("/admin/").status_code) == (302, 200)


def test_recovery_code_opens_once(client, account, moment):
    recovery = turned_on(client, account, moment)
    opened = []
    for _ in range(2):
        signed_in(client)
        client.post(CODE, {"code": recovery[0].upper()})
        opened.append(client.get("/admin/").status_code)
        client.logout()
        moment.shift(60)

    assert opened == [200, 302]


def test_required_one_is_set_up_before_the_office_opens(client, account, settings):
    settings.SECOND_FACTOR_REQUIRED = True

    page = signed_in(client)
    assert "This office requires one." in text(page)
    assert client.get("/admin/").status_code == 302

    client.post(PAGE, {"step": "begin"})
    client.post(PAGE, {"step": "confirm", "code": code(account)})
    assert client.get("/admin/").status_code == 200


def test_turning_it_off_makes_the_password_enough(client, account, moment):
    turned_on(client, account, moment)
    signed_in(client)
    client.post(CODE, {"code": code(account)})

    page = client.post(PAGE, {"step": "off"}, follow=True)

    assert messages(page) == ["Your second factor is off."]
    client.logout()
    assert "Recent changes" in text(signed_in(client))


def test_turning_it_on_or_off_ends_the_sessions_elsewhere(client, account, moment):
    signed_in(client)
    client.post(PAGE, {"step": "begin"})
    found = []
    for step in ({"step": "confirm", "code": code(account)}, {"step": "off"}):
        type(client)().force_login(account)
        before = UserSession.objects.count()
        client.post(PAGE, step)
        found.append((before, UserSession.objects.count()))

    assert found == [(2, 1), (2, 1)]
    assert client.get("/admin/").status_code == 200


def test_pages_are_for_those_who_have_given_the_password(client, db):
    for address in (CODE, PAGE):
        assert client.get(address).url == "/admin/login/"
        assert client.post(address, {"step": "begin", "code": "1"}).url == "/admin/login/"
    assert TOTPDevice.objects.count() == 0


def test_code_leads_to_no_other_site(client, account, moment):
    turned_on(client, account, moment)
    signed_in(client)

    page = client.post(f"{CODE}?next=https://elsewhere.example", {"code": code(account)})

    assert page.url == "/admin/"


def test_lost_phone_is_helped_by_a_command(client, account, moment, capsys):
    turned_on(client, account, moment)
    whoever_has_the_phone = type(client)()
    whoever_has_the_phone.force_login(account)

    call_command("remove_mfa", "coordinator")

    assert "_auth_user_id" not in whoever_has_the_phone.session
    assert "Recent changes" in text(signed_in(client))
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        call_command("remove_mfa", "nobody")
    assert User.objects.count() == 1
