import pytest
from django.contrib.auth.models import User

from partners.accounts.models import OIDCIdentity
from tests.helpers.html import element_texts, links, messages, text

pytestmark = pytest.mark.django_db


def test_my_account_leads_to_all_that_is_ones_own(coordinator_client):
    page = coordinator_client.get("/admin/account/")

    assert element_texts(page, ".my-account dt") == [
        "Username",
        "Name and email address",
        "Password",
        "Second factor",
        "Signed in",
        "Calendar",
    ]
    assert links(page, ".my-account a") == [
        ("Change name and email address", "/admin/account/name/"),
        ("Change password", "/admin/password_change/"),
        ("Set up a second factor", "/admin/mfa/"),
        ("Where I am signed in", "/admin/sessions/"),
        ("Make a calendar link", "/admin/calendar/"),
    ]
    assert "Exchange coordinators: Can add and change universities" in text(page)
    assert ("My account", "/admin/account/") in links(page, "#header a")


def test_user_changes_name_and_email(coordinator_client, coordinator):
    data = {"first_name": "Anna", "last_name": "Weber", "email": "anna@example.edu", "is_superuser": "on"}

    page = coordinator_client.post("/admin/account/name/", data, follow=True)

    coordinator.refresh_from_db()
    assert (coordinator.get_full_name(), coordinator.email) == ("Anna Weber", "anna@example.edu")
    assert not coordinator.is_superuser
    assert messages(page) == ["Your name and email address are saved."]
    assert "Anna Weber anna@example.edu" in text(page)


def test_email_is_changed_after_the_password_only(coordinator_client, coordinator):
    session = coordinator_client.session
    session["authenticated_at"] = 0
    session.save()

    response = coordinator_client.post("/admin/account/name/", {"email": "thief@example.com"})

    assert response.url == "/admin/reauthenticate/?next=%2Fadmin%2Faccount%2Fname%2F"
    assert User.objects.get(pk=coordinator.pk).email == ""


def test_university_account_has_neither_form_nor_password(coordinator_client, coordinator, settings):
    settings.OIDC_ISSUER = "https://login.example.edu"
    OIDCIdentity.objects.create(user=coordinator, issuer=settings.OIDC_ISSUER, subject="1")

    page = coordinator_client.get("/admin/account/")
    form = coordinator_client.post("/admin/account/name/", {"email": "other@example.edu"})

    assert "Your university account sets these." in text(page)
    assert [label for label, _url in links(page, ".my-account a")] == ["Where I am signed in", "Make a calendar link"]
    assert (form.status_code, User.objects.get(pk=coordinator.pk).email) == (403, "")
