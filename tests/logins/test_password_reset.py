import re

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.pages import text

ASK = "/admin/password/"


@pytest.fixture
def account(coordinator):
    coordinator.email = "coordinator@example.edu"
    coordinator.set_password("forgotten")
    coordinator.save()
    return coordinator


def asked(client, address):
    return text(client.post(ASK, {"email": address}, follow=True))


def test_login_page_leads_to_the_reset(client, db):
    assert 'href="/admin/password/"' in client.get("/admin/login/").content.decode()


def test_answer_does_not_tell_who_has_an_account(client, account, mailoutbox):
    assert asked(client, "coordinator@example.edu") == asked(client, "stranger@example.edu")
    assert [mail.to for mail in mailoutbox] == [["coordinator@example.edu"]]


def test_link_in_the_mail_sets_a_password_once_and_ends_what_is_open(client, account, mailoutbox):
    somebody = type(client)()
    somebody.force_login(account)
    asked(client, "coordinator@example.edu")
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
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
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = "a new and long one"

    done = client.post(form, {"new_password1": new, "new_password2": new}, follow=True)
    page = client.post("/admin/login/", {"username": "coordinator", "password": new}, follow=True)

    assert 'href="/admin/login/"' in done.content.decode()
    assert "_auth_user_id" not in done.wsgi_request.session
    assert "Type the code that the app on your phone shows" in text(page)
    assert client.get("/admin/").status_code == 302
