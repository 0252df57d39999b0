import re
from threading import Event

import pytest
from django.core.mail.backends import locmem
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.password_reset import mail_executor
from tests.html import errors, text

ASK = "/admin/password/"


@pytest.fixture
def account(coordinator):
    coordinator.email = "coordinator@example.edu"
    coordinator.set_password("forgotten")
    coordinator.save()
    return coordinator


def wait_for_mail():
    """Until the mails that are to be written are written."""
    mail_executor.submit(lambda: None).result(timeout=10)


def asked(client, address):
    page = text(client.post(ASK, {"email": address}, follow=True))
    wait_for_mail()
    return page


def test_login_page_leads_to_the_reset(client, db):
    assert 'href="/admin/password/"' in client.get("/admin/login/").content.decode()


def test_answer_does_not_tell_who_has_an_account(client, account, mailoutbox):
    assert asked(client, "coordinator@example.edu") == asked(client, "stranger@example.edu")
    assert [mail.to for mail in mailoutbox] == [["coordinator@example.edu"]]


def test_link_in_the_mail_sets_a_password_once_and_ends_what_is_open(client, account, mailoutbox):
    somebody = type(client)()
    somebody.force_login(account)
    asked(client, "coordinator@example.edu")
    link = re.search(r"https://partners.example.edu(/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    typed = {"new_password1": "a new and long one", "new_password2": "a new and long one"}

    client.post(form.redirect_chain[-1][0], typed)

    assert somebody.get("/admin/").url.startswith("/admin/login/")
    assert client.login(request=form.wsgi_request, username="coordinator", password="a new and long one")
    client.logout()
    assert "The password reset link was invalid" in text(client.get(link, follow=True))


def test_reset_leaves_the_second_factor_on(client, account, mailoutbox):
    TOTPDevice.objects.create(user=account, confirmed=True)
    asked(client, "coordinator@example.edu")
    link = re.search(r"https://partners.example.edu(/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = "a new and long one"

    done = client.post(form, {"new_password1": new, "new_password2": new}, follow=True)
    page = client.post("/admin/login/", {"username": "coordinator", "password": new}, follow=True)

    assert 'href="/admin/login/"' in done.content.decode()
    assert "_auth_user_id" not in done.wsgi_request.session
    assert "Type the code that the app on your phone shows" in text(page)
    assert client.get("/admin/").status_code == 302


def test_link_leads_to_the_site_s_own_address_wherever_it_was_requested(client, account, settings, mailoutbox):
    for settings.SITE_URL in ("https://partners.example.edu", "http://partners.example.edu:8000", ""):
        client.post(ASK, {"email": account.email}, headers={"Host": "localhost"})
    wait_for_mail()

    assert [re.search(r"(\S+)/admin/password/", mail.body)[1] for mail in mailoutbox] == [
        "https://partners.example.edu",
        "http://partners.example.edu:8000",
        "http://localhost",
    ]


@pytest.mark.parametrize("address", ["coordinator@example.edu", "stranger@example.edu"])
def test_fourth_link_in_an_hour_is_refused_whether_there_is_an_account_or_not(client, account, mailoutbox, address):
    spelled = [address, address.upper(), address.title(), address]

    pages = [client.post(ASK, {"email": each}, REMOTE_ADDR=f"203.0.113.{n}") for n, each in enumerate(spelled)]

    wait_for_mail()
    assert [page.status_code for page in pages] == [302, 302, 302, 429]
    assert errors(pages[3]) == {
        "email": "Too many links were requested for this address, or from where you are. "
        "Look for an earlier mail, also in the spam folder, or try again in an hour."
    }
    assert len(mailoutbox) == 3 * (address == account.email)


def test_client_that_tries_many_addresses_is_refused_and_others_are_not(client, account, mailoutbox):
    for number in range(20):
        client.post(ASK, {"email": f"{number}@example.edu"}, REMOTE_ADDR=f"2001:db8:1:1::{number}")

    refused = client.post(ASK, {"email": account.email}, REMOTE_ADDR="2001:db8:1:1::99")
    answered = client.post(ASK, {"email": account.email}, REMOTE_ADDR="2001:db8:1:2::1")

    wait_for_mail()
    assert (refused.status_code, answered.status_code, len(mailoutbox)) == (429, 302, 1)


class SlowMail(locmem.EmailBackend):
    """A mail server that answers when it is let."""

    steps = []
    is_let = Event()

    def send_messages(self, messages):
        self.is_let.wait(5)
        self.steps.append("sent")
        return super().send_messages(messages)


def test_answer_does_not_wait_for_the_mail_server(client, account, settings, mailoutbox):
    settings.EMAIL_BACKEND = "tests.accounts.test_password_reset.SlowMail"

    client.post(ASK, {"email": account.email})
    SlowMail.steps.append("answered")
    SlowMail.is_let.set()
    wait_for_mail()

    assert SlowMail.steps == ["answered", "sent"]
    assert len(mailoutbox) == 1


def test_database_does_the_same_for_every_address(client, account):
    client.post(ASK, {"email": "first@example.edu"})
    statements = []
    for address in (account.email, "stranger@example.edu"):
        with CaptureQueriesContext(connection) as queries:
            client.post(ASK, {"email": address})
        statements.append([query["sql"].split()[0] for query in queries])
    wait_for_mail()

    assert statements[0] == statements[1]


def test_request_is_logged_with_the_account_and_never_with_what_was_typed(client, account, caplog):
    caplog.set_level("INFO", "partners.security")

    for address in [account.email, *["stranger@example.edu"] * 4]:
        client.post(ASK, {"email": address})

    wait_for_mail()
    events = [(record.event, record.user) for record in caplog.records if record.name == "partners.security"]
    assert events == [
        ("reset requested", "coordinator"),
        *[("reset requested", "nobody")] * 3,
        ("too many resets", "nobody"),
    ]
    assert "example.edu" not in caplog.text


def test_mail_is_in_the_language_of_the_page(client, account, settings, mailoutbox):
    settings.LANGUAGE_CODE = "de"

    asked(client, account.email)

    assert "Please go to the following page and choose a new password:" in mailoutbox[0].body


def test_mail_server_that_refuses_is_logged_and_the_answer_is_the_same(client, account, settings, caplog):
    settings.EMAIL_BACKEND = "tests.accounts.test_password_reset.NoMail"

    page = asked(client, account.email)

    assert page == asked(client, "stranger@example.edu")
    assert f"Failed to send password reset email to {account.pk}" in caplog.text


class NoMail(locmem.EmailBackend):
    def send_messages(self, messages):
        raise OSError("no mail today")
