import re
from threading import Event

import pytest
from django.core.mail.backends import locmem
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.password_reset import mail_executor
from tests.helpers.html import attributes, errors, text

RESET = "/admin/password/"


@pytest.fixture
def account(coordinator):
    coordinator.email = "coordinator@example.edu"
    coordinator.set_password("forgotten")
    coordinator.save()
    return coordinator


def wait_for_mail():
    """Block until the mail thread has worked off its queue."""
    mail_executor.submit(lambda: None).result(timeout=10)


def request_reset(client, email):
    page = text(client.post(RESET, {"email": email}, follow=True))
    wait_for_mail()
    return page


def test_login_page_links_to_reset(client, db):
    assert "/admin/password/" in attributes(client.get("/admin/login/"), "a", "href")


def test_response_does_not_reveal_accounts(client, account, mailoutbox):
    assert request_reset(client, "coordinator@example.edu") == request_reset(client, "stranger@example.edu")
    assert [mail.to for mail in mailoutbox] == [["coordinator@example.edu"]]


def test_link_sets_password_once_and_ends_sessions(client, account, mailoutbox):
    other_client = type(client)()
    other_client.force_login(account)
    request_reset(client, "coordinator@example.edu")
    link = re.search(r"https://partners.example.edu(/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    passwords = {"new_password1": "a new and long one", "new_password2": "a new and long one"}

    client.post(form.redirect_chain[-1][0], passwords)

    assert other_client.get("/admin/").url.startswith("/admin/login/")
    assert client.login(request=form.wsgi_request, username="coordinator", password="a new and long one")
    client.logout()
    assert "The password reset link was invalid" in text(client.get(link, follow=True))


def test_reset_keeps_mfa_enabled(client, account, mailoutbox):
    TOTPDevice.objects.create(user=account, confirmed=True)
    request_reset(client, "coordinator@example.edu")
    link = re.search(r"https://partners.example.edu(/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = "a new and long one"

    done = client.post(form, {"new_password1": new, "new_password2": new}, follow=True)
    page = client.post("/admin/login/", {"username": "coordinator", "password": new}, follow=True)

    assert "/admin/login/" in attributes(done, "a", "href")
    assert "_auth_user_id" not in done.wsgi_request.session
    assert "Enter the code that the app on your phone shows" in text(page)
    assert client.get("/admin/").status_code == 302


def test_link_uses_site_url_instead_of_host_header(client, account, settings, mailoutbox):
    for settings.SITE_URL in ("https://partners.example.edu", "http://partners.example.edu:8000", ""):
        client.post(RESET, {"email": account.email}, headers={"Host": "localhost"})
    wait_for_mail()

    assert [re.search(r"(\S+)/admin/password/", mail.body)[1] for mail in mailoutbox] == [
        "https://partners.example.edu",
        "http://partners.example.edu:8000",
        "http://localhost",
    ]


@pytest.mark.parametrize("email", ["coordinator@example.edu", "stranger@example.edu"])
def test_fourth_request_for_email_in_an_hour_is_refused(client, account, mailoutbox, email):
    spellings = [email, email.upper(), email.title(), email]

    pages = [
        client.post(RESET, {"email": spelling}, REMOTE_ADDR=f"203.0.113.{number}")
        for number, spelling in enumerate(spellings)
    ]

    wait_for_mail()
    assert [page.status_code for page in pages] == [302, 302, 302, 429]
    assert errors(pages[3]) == {
        "email": "Too many links were requested for this address, or from where you are. "
        "Look for an earlier mail, also in the spam folder, or try again in an hour."
    }
    assert len(mailoutbox) == 3 * (email == account.email)


def test_requests_of_one_network_are_limited(client, account, mailoutbox):
    for number in range(20):
        client.post(RESET, {"email": f"{number}@example.edu"}, REMOTE_ADDR=f"2001:db8:1:1::{number}")

    refused = client.post(RESET, {"email": account.email}, REMOTE_ADDR="2001:db8:1:1::99")
    accepted = client.post(RESET, {"email": account.email}, REMOTE_ADDR="2001:db8:1:2::1")

    wait_for_mail()
    assert (refused.status_code, accepted.status_code, len(mailoutbox)) == (429, 302, 1)


class SlowMail(locmem.EmailBackend):
    """A mail backend that sends once ``may_send`` is set."""

    steps = []
    may_send = Event()

    def send_messages(self, messages):
        self.may_send.wait(5)
        self.steps.append("sent")
        return super().send_messages(messages)


def test_response_does_not_wait_for_mail_server(client, account, settings, mailoutbox):
    settings.EMAIL_BACKEND = "tests.accounts.test_password_reset.SlowMail"

    client.post(RESET, {"email": account.email})
    SlowMail.steps.append("answered")
    SlowMail.may_send.set()
    wait_for_mail()

    assert SlowMail.steps == ["answered", "sent"]
    assert len(mailoutbox) == 1


def test_known_and_unknown_email_cause_same_queries(client, account):
    client.post(RESET, {"email": "first@example.edu"})
    statements = []
    for email in (account.email, "stranger@example.edu"):
        with CaptureQueriesContext(connection) as queries:
            client.post(RESET, {"email": email})
        statements.append([query["sql"].split()[0] for query in queries])
    wait_for_mail()

    assert statements[0] == statements[1]


def test_request_is_logged_without_submitted_email(client, account, caplog):
    caplog.set_level("INFO", "partners.security")

    for email in [account.email, *["stranger@example.edu"] * 4]:
        client.post(RESET, {"email": email})

    wait_for_mail()
    events = [(record.event, record.user) for record in caplog.records if record.name == "partners.security"]
    assert events == [
        ("password_reset_requested", "coordinator"),
        *[("password_reset_requested", "nobody")] * 3,
        ("password_reset_throttled", "nobody"),
    ]
    assert "example.edu" not in caplog.text


def test_mail_uses_language_of_page(client, account, settings, mailoutbox):
    settings.LANGUAGE_CODE = "de"

    request_reset(client, account.email)

    assert "Please go to the following page and choose a new password:" in mailoutbox[0].body


def test_mail_failure_is_logged_with_same_response(client, account, settings, caplog):
    settings.EMAIL_BACKEND = "tests.accounts.test_password_reset.NoMail"

    page = request_reset(client, account.email)

    assert page == request_reset(client, "stranger@example.edu")
    assert f"Failed to send password reset email to {account.pk}" in caplog.text


class NoMail(locmem.EmailBackend):
    def send_messages(self, messages):
        raise OSError("no mail today")
