"""Who would change what signing in rests on says once more who she is."""

import pytest
import time_machine
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.html import errors, text

PAGE, SECOND_FACTOR = "/admin/confirm/?next=/admin/second-factor/", "/admin/second-factor/"
PASSWORD = "the right one"  # noqa: S105
PASSWORD_CHANGE = "/admin/password_change/"  # noqa: S105
SENSITIVE = [SECOND_FACTOR, PASSWORD_CHANGE, "/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/"]


@pytest.fixture
def late(client, coordinator):
    """A coordinator who administers as well, a quarter of an hour after signing in."""
    coordinator.set_password(PASSWORD)
    coordinator.is_superuser = True
    coordinator.save()
    with time_machine.travel("2026-11-24T08:00Z", tick=False) as clock:
        client.post("/admin/login/", {"username": "coordinator", "password": PASSWORD})
        clock.shift(15 * 60)
        yield client


@pytest.mark.parametrize("address", SENSITIVE)
def test_page_asks_a_quarter_of_an_hour_after_signing_in(late, address):
    assert late.get(address).url == f"/admin/confirm/?next={address.replace('/', '%2F')}"
    assert late.post(address, {"step": "off"}).url.startswith("/admin/confirm/")


def test_other_pages_do_not_ask(late):
    assert [late.get(address).status_code for address in ("/admin/", "/admin/partners/agreement/")] == [200, 200]


def test_password_opens_it_and_the_session_has_another_key(late):
    before = late.session.session_key

    page = late.post(PAGE, {"password": PASSWORD}, follow=True)

    assert page.redirect_chain[-1][0] == SECOND_FACTOR
    assert late.session.session_key not in {None, before}
    assert late.get("/admin/auth/user/").status_code == 200


def test_wrong_password_opens_nothing_and_is_counted(late):
    page = late.post(PAGE, {"password": "a wrong one"})

    assert errors(page) == {"password": "This is not your password."}
    assert late.get(SECOND_FACTOR).status_code == 302
    assert [late.post(PAGE, {"password": "a wrong one"}).status_code for _number in range(9)] == [200] * 8 + [429]


def test_who_has_a_second_factor_gives_that_too(late, coordinator):
    app = TOTPDevice.objects.create(user=coordinator)
    asked = late.get(PAGE)
    without = late.post(PAGE, {"password": PASSWORD})

    done = late.post(PAGE, {"password": PASSWORD, "code": f"{totp(app.bin_key):06}"})

    assert "Code:" in text(asked)
    assert errors(without) == {"code": "This field is required."}
    assert done.url == SECOND_FACTOR


def test_second_factor_stays_on_without_it(late, coordinator):
    TOTPDevice.objects.create(user=coordinator)

    late.post(SECOND_FACTOR, {"step": "off"})

    assert TOTPDevice.objects.count() == 1


def change_password(browser, old, new="a new and long one"):
    return browser.post(PASSWORD_CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_own_password_is_changed_by_who_has_confirmed(late):
    late.post(PAGE, {"password": PASSWORD})

    done = change_password(late, PASSWORD)

    assert done.url == "/admin/password_change/done/"
    assert late.get("/admin/").status_code == 200


def test_guesses_of_the_password_that_is_changed_are_counted_and_logged(late, caplog):
    late.post(PAGE, {"password": PASSWORD})
    caplog.set_level("INFO", "partners.security")
    caplog.clear()

    answers = [change_password(late, "a wrong one") for _number in range(10)]

    assert errors(answers[0]) == {
        "old_password": "Your old password was entered incorrectly. Please enter it again.",
    }
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert change_password(late, PASSWORD).status_code == 429
    events = [record.event for record in caplog.records if record.name == "partners.security"]
    assert events[:2] == ["not signed in", "password not changed"]
    assert "has to wait" in events


def test_no_other_site_is_gone_on_to(late):
    assert late.post("/admin/confirm/?next=https://elsewhere.example/", {"password": PASSWORD}).url == "/admin/"


def test_who_has_not_signed_in_is_led_to_the_login(client, db):
    for answer in (client.get(PAGE), client.post(PAGE, {"password": PASSWORD})):
        assert answer.url == "/admin/login/"
