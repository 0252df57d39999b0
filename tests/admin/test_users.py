import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.mail.backends import locmem
from django.test import Client

from partners.accounts.models import OIDCIdentity
from partners.groups import Role, get_group
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import element_texts, elements, errors, form_data, messages, text, title

pytestmark = pytest.mark.django_db

HOUR = 3600
ADD, LIST = "/admin/auth/user/add/", "/admin/auth/user/"


@pytest.fixture
def superuser(client):
    superuser = User.objects.create_superuser("superuser")
    client.force_login(superuser)
    return superuser


@pytest.fixture
def assistants():
    return get_group(Role.ASSISTANT)


def test_invited_user_sets_the_password(client, superuser, assistants, mailoutbox):
    page = client.get(ADD)
    added = client.post(
        ADD, {"username": "berta", "email": "berta@example.edu", "groups": [assistants.pk]}, follow=True
    )
    [mail] = mailoutbox
    link = re.search(r"https://partners.example.edu(/admin/password/\S+)", mail.body)[1]
    invited_client = Client()
    form_url = invited_client.get(link, follow=True).redirect_chain[-1][0]

    invited_client.post(form_url, {"new_password1": "a new and long one", "new_password2": "a new and long one"})
    welcome_page = invited_client.post(
        "/admin/login/", {"username": "berta", "password": "a new and long one"}, follow=True
    )

    assert elements(page, "input[type=password]") == []
    assert "Assistants: Can see everything in the register and export lists. Cannot change anything." in text(page)
    assert title(added) == "Invitation | Exchange Office"
    assert (mail.to, mail.subject) == (["berta@example.edu"], "Your account: Exchange Office")
    assert mail.from_email == "Exchange Office <webmaster@localhost>"
    assert "Welcome, berta" in text(welcome_page)
    assert [user.username for user in assistants.user_set.filter(is_staff=True, is_superuser=False)] == ["berta"]


def test_page_of_an_invitation_says_until_when_it_is_valid_and_sends_it_again(client, superuser, mailoutbox):
    with time_machine.travel(datetime(2026, 11, 28, 10, tzinfo=UTC), tick=False) as clock:
        client.force_login(superuser)
        added = client.post(ADD, {"username": "berta", "email": "berta@example.edu"}, follow=True)
        [(page, _status)] = added.redirect_chain
        clock.shift(HOUR)
        client.force_login(superuser)
        expired, again = text(client.get(page)), text(client.post(page, follow=True))

    sent = "The account berta exists. The invitation was sent to berta@example.edu on 28 Nov 2026, "
    assert f"{sent}10:00. Its link is valid until 28 Nov 2026, 11:00." in text(added)
    assert f"{sent}10:00. Its link was valid until 28 Nov 2026, 11:00, and nobody has signed in." in expired
    assert f"{sent}11:00. Its link is valid until 28 Nov 2026, 12:00." in again
    assert len(mailoutbox) == 2


def test_invitation_that_cannot_be_mailed_is_said_to_be_unsent(client, superuser, settings):
    settings.EMAIL_BACKEND = "tests.admin.test_users.NoMail"

    page = client.post(ADD, {"username": "berta", "email": "berta@example.edu"}, follow=True)

    assert messages(page) == [
        "The mail to berta@example.edu could not be sent. Check the address, or ask your IT staff."
    ]
    assert "No invitation has been sent." in text(page)


class NoMail(locmem.EmailBackend):
    def send_messages(self, messages):
        raise OSError("no mail today")


def test_new_user_requires_email(client, superuser, mailoutbox):
    page = client.post(ADD, {"username": "berta", "email": ""})

    assert errors(page) == {"email": "This field is required."}
    assert (User.objects.count(), mailoutbox) == (1, [])


def test_password_link_is_mailed_to_selected_users_only(client, superuser, mailoutbox):
    berta = User.objects.create_user("berta", email="office@example.edu")
    User.objects.create_user("clara", email="office@example.edu")
    dora = User.objects.create_user("dora")
    closed = User.objects.create_user("eva", email="eva@example.edu", is_active=False)
    form_data = {"action": "send_password_link", "_selected_action": [berta.pk, dora.pk, closed.pk]}

    page = client.post(LIST, form_data, follow=True)

    assert messages(page) == [
        "A link has been mailed to 1 account.",
        "Closed, without an address, or signed in by the university: dora, eva.",
    ]
    assert [(mail.to, "Your user name is berta." in mail.body) for mail in mailoutbox] == [
        (["office@example.edu"], True)
    ]


def test_superuser_ends_all_sessions_of_a_user(client, superuser, coordinator):
    other_clients = [Client(), Client()]
    for other_client in other_clients:
        other_client.force_login(coordinator)

    form_data = {"action": "end_sessions", "_selected_action": [coordinator.pk, superuser.pk]}
    page = client.post(LIST, form_data, follow=True)

    assert messages(page) == ["2 sessions have been ended."]
    assert [other_client.get("/admin/").status_code for other_client in other_clients] == [302, 302]


@pytest.mark.parametrize(("issuer", "mail_count"), [("https://login.example.edu", 0), ("", 1)])
def test_password_link_is_not_mailed_to_oidc_users(client, superuser, mailoutbox, settings, issuer, mail_count):
    settings.OIDC_ISSUER = issuer
    ada = User.objects.create_user("ada", email="ada@example.edu")
    OIDCIdentity.objects.create(user=ada, issuer="https://login.example.edu", subject="1")

    client.post(LIST, {"action": "send_password_link", "_selected_action": [ada.pk]})

    assert [mail.to for mail in mailoutbox] == [["ada@example.edu"]] * mail_count


@pytest.fixture
def anna(superuser):
    """A user who has made a change in the register's history."""
    anna = User.objects.create_user("anna")
    agreement = AgreementFactory()
    agreement._history_user = anna
    agreement.end(None, "ended: No interest")
    return anna


def test_user_in_history_is_closed_instead_of_deleted(client, anna):
    other_client = Client()
    other_client.force_login(anna)

    page = client.post(f"{LIST}{anna.pk}/delete/", {"post": "yes"})
    closed = client.post(LIST, hidden_fields(page), follow=True)

    assert "History names this account, so it cannot be deleted. Close it instead." in text(page)
    assert messages(closed) == ["Closed: anna. To open one again, tick “Active” on its page."]
    anna.refresh_from_db()
    assert (anna.is_active, anna.sessions.count()) == (False, 0)
    assert "anna" in text(client.get("/admin/changes/"))
    assert "closed already" in text(client.get(f"{LIST}{anna.pk}/delete/"))


def test_sessions_of_an_account_closed_on_its_page_do_not_come_back(client, anna):
    other_client = Client()
    other_client.force_login(anna)

    for is_active in (False, True):
        anna.is_active = is_active
        anna.is_staff = True
        anna.save()

    assert anna.sessions.count() == 0
    assert other_client.get("/admin/").status_code == 302


def test_users_in_history_block_bulk_delete(client, anna):
    berta = User.objects.create_user("berta")
    form_data = {"action": "delete_selected", "_selected_action": [anna.pk, berta.pk], "post": "yes"}

    page = client.post(LIST, form_data)

    assert element_texts(page, "li")[-1] == "anna"
    assert hidden_fields(page)["action"] == "close_accounts"
    assert "Nothing has been deleted. The other accounts can be deleted without these." in text(page)
    assert set(User.objects.values_list("username", flat=True)) == {"superuser", "anna", "berta"}


def test_user_without_history_is_deleted(client, superuser):
    berta = User.objects.create_user("berta")

    client.post(f"{LIST}{berta.pk}/delete/", {"post": "yes"})

    assert [user.username for user in User.objects.all()] == ["superuser"]


def test_superuser_cannot_close_own_account(client, superuser):
    page = client.post(LIST, {"action": "close_accounts", "_selected_action": [superuser.pk]}, follow=True)

    assert messages(page) == ["Your own account stays open. Only somebody else can close it."]
    superuser.refresh_from_db()
    assert superuser.is_active


def hidden_fields(page):
    """Return names and values of the hidden inputs in the page's content."""
    return {field.name: field.value for field in elements(page, "#content input[type=hidden]")}


def test_group_keeps_its_role_when_it_is_renamed(client, superuser, assistants):
    url = f"/admin/auth/group/{assistants.pk}/change/"

    page = client.post(url, form_data(client.get(url), "#group_form") | {"name": "Student helpers"}, follow=True)

    assert messages(page) == ["The group “Student helpers” was changed successfully."]
    assert get_group(Role.ASSISTANT).name == "Student helpers"


def test_new_group_takes_the_role_of_a_deleted_one(client, superuser, assistants):
    assistants.delete()
    add = "/admin/auth/group/add/"

    form = form_data(client.get(add), "#group_form") | {"name": "Helpers", "permissions": [], "role-0-key": "assistant"}
    client.post(add, form)

    assert get_group(Role.ASSISTANT).name == "Helpers"


def test_two_groups_cannot_have_one_role(client, superuser):
    add = "/admin/auth/group/add/"

    form = form_data(client.get(add), "#group_form") | {"name": "Helpers", "permissions": [], "role-0-key": "assistant"}
    page = client.post(add, form)

    assert errors(page) == {"role-0-key": "Another group has this role."}
    assert not Group.objects.filter(name="Helpers").exists()


def test_forms_of_accounts_have_plain_words_and_the_permissions_that_matter(client, superuser, assistants):
    page = client.get(f"{LIST}{superuser.pk}/change/")
    group_page = client.get(f"/admin/auth/group/{assistants.pk}/change/")

    helps = [element_texts(page, f"#id_{name}_helptext") for name in ("username", "is_active", "is_staff")]
    assert helps == [
        ["Letters, digits and @ . + - _ only."],
        ["Untick it to close the account. Its name stays in the history."],
        ["Can sign in to the office's pages."],
    ]
    labels = element_texts(page, "#id_user_permissions label")
    assert labels == element_texts(group_page, "#id_permissions label")
    assert "Can import the office's list" in labels
    assert [label for label in labels if "historical" in label or "|" in label] == []
