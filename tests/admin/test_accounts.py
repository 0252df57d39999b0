import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from partners.logins.models import UniversityIdentity
from tests.pages import errors, messages, text

pytestmark = pytest.mark.django_db

ADD, LIST = "/admin/auth/user/add/", "/admin/auth/user/"


@pytest.fixture
def superuser(client):
    superuser = User.objects.create_superuser("superuser")
    client.force_login(superuser)
    return superuser


@pytest.fixture
def assistants():
    return Group.objects.get(name="Assistants")


def test_new_account_s_person_chooses_the_password(client, superuser, assistants, mailoutbox):
    page = client.get(ADD)
    client.post(ADD, {"username": "berta", "email": "berta@example.edu", "groups": [assistants.pk]})
    [mail] = mailoutbox
    link = re.search(r"https://partners.example.edu(/admin/password/\S+)", mail.body)[1]
    berta = Client()
    form = berta.get(link, follow=True).redirect_chain[-1][0]

    berta.post(form, {"new_password1": "a new and long one", "new_password2": "a new and long one"})
    opened = berta.post("/admin/login/", {"username": "berta", "password": "a new and long one"}, follow=True)

    assert 'type="password"' not in page.content.decode()
    assert (mail.to, mail.subject) == (["berta@example.edu"], "Your account at partners.example.edu")
    assert "Welcome, berta" in text(opened)
    assert [user.username for user in assistants.user_set.filter(is_staff=True, is_superuser=False)] == ["berta"]


def test_new_account_needs_an_address(client, superuser, mailoutbox):
    page = client.post(ADD, {"username": "berta", "email": ""})

    assert errors(page) == {"email": "This field is required."}
    assert (User.objects.count(), mailoutbox) == (1, [])


def test_link_goes_to_the_selected_account_and_to_no_other_of_its_address(client, superuser, mailoutbox):
    berta = User.objects.create_user("berta", email="office@example.edu")
    User.objects.create_user("clara", email="office@example.edu")
    dora = User.objects.create_user("dora")
    closed = User.objects.create_user("eva", email="eva@example.edu", is_active=False)
    chosen = {"action": "send_link", "_selected_action": [berta.pk, dora.pk, closed.pk]}

    page = client.post(LIST, chosen, follow=True)

    assert messages(page) == [
        "A link has been mailed to 1 account.",
        "Closed, without an address, or signed in by the university: dora, eva.",
    ]
    assert [(mail.to, "Your user name is berta." in mail.body) for mail in mailoutbox] == [
        (["office@example.edu"], True)
    ]


def test_superuser_signs_an_account_out_everywhere(client, superuser, coordinator):
    elsewhere = [Client(), Client()]
    for browser in elsewhere:
        browser.force_login(coordinator)

    chosen = {"action": "sign_out", "_selected_action": [coordinator.pk, superuser.pk]}
    page = client.post(LIST, chosen, follow=True)

    assert messages(page) == ["2 sessions have been ended."]
    assert [browser.get("/admin/").status_code for browser in elsewhere] == [302, 302]


@pytest.mark.parametrize(("issuer", "reached"), [("https://login.example.edu", 0), ("", 1)])
def test_no_link_goes_to_an_account_that_the_university_signs_on(
    client, superuser, mailoutbox, settings, issuer, reached
):
    settings.OIDC_ISSUER = issuer
    ada = User.objects.create_user("ada", email="ada@example.edu")
    UniversityIdentity.objects.create(user=ada, issuer="https://login.example.edu", subject="1")

    client.post(LIST, {"action": "send_link", "_selected_action": [ada.pk]})

    assert [mail.to for mail in mailoutbox] == [["ada@example.edu"]] * reached
