import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from partners.accounts.models import OIDCIdentity
from tests.factories import AgreementFactory
from tests.html import errors, messages, pieces, text

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
    OIDCIdentity.objects.create(user=ada, issuer="https://login.example.edu", subject="1")

    client.post(LIST, {"action": "send_link", "_selected_action": [ada.pk]})

    assert [mail.to for mail in mailoutbox] == [["ada@example.edu"]] * reached


@pytest.fixture
def anna(superuser):
    """Somebody whom history names, as she has changed something."""
    anna = User.objects.create_user("anna")
    agreement = AgreementFactory()
    agreement._history_user = anna
    agreement.end(None, "ended: No interest")
    return anna


def test_account_in_history_is_closed_instead_of_deleted(client, anna):
    elsewhere = Client()
    elsewhere.force_login(anna)

    page = client.post(f"{LIST}{anna.pk}/delete/", {"post": "yes"})
    closed = client.post(LIST, hidden_fields(page), follow=True)

    assert "History names this account, so it cannot be deleted. Close it instead." in text(page)
    assert messages(closed) == ["Closed: anna. To open one again, tick “Active” on its page."]
    anna.refresh_from_db()
    assert (anna.is_active, anna.sessions.count()) == (False, 0)
    assert "anna" in text(client.get("/admin/changes/"))
    assert "closed already" in text(client.get(f"{LIST}{anna.pk}/delete/"))


def test_accounts_in_history_are_not_deleted_with_others(client, anna):
    berta = User.objects.create_user("berta")
    chosen = {"action": "delete_selected", "_selected_action": [anna.pk, berta.pk], "post": "yes"}

    page = client.post(LIST, chosen)

    assert pieces(page, "li")[-1] == "anna"
    assert hidden_fields(page)["action"] == "close_accounts"
    assert "Nothing has been deleted. The other accounts can be deleted without these." in text(page)
    assert set(User.objects.values_list("username", flat=True)) == {"superuser", "anna", "berta"}


def test_account_that_history_does_not_name_is_deleted(client, superuser):
    berta = User.objects.create_user("berta")

    client.post(f"{LIST}{berta.pk}/delete/", {"post": "yes"})

    assert [user.username for user in User.objects.all()] == ["superuser"]


def test_nobody_closes_her_own_account(client, superuser):
    page = client.post(LIST, {"action": "close_accounts", "_selected_action": [superuser.pk]}, follow=True)

    assert messages(page) == ["Your own account stays open. Only somebody else can close it."]
    superuser.refresh_from_db()
    assert superuser.is_active


def hidden_fields(page):
    """Of the form in the page's content."""
    content = page.content.decode().partition('id="content"')[2]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', content))
