"""Permissions of every admin URL, including Django's own, and that GET requests change nothing."""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import get_resolver, reverse

from partners.models import Agreement, University
from tests.admin.test_roles import LOGIN, PAGE_STATUSES, ROLES
from tests.admin.test_roles import url_of as page_url
from tests.helpers.factories import DocumentFactory
from tests.helpers.html import close_response

pytestmark = pytest.mark.django_db

STAFF, SUPERUSERS = ("login", "login", 200, 200, 200), ("login", "login", 403, 403, 200)
REDIRECT = ("login", "login", 302, 302, 302)

# Status codes by role, in the order of ROLES.
SITE_STATUSES = {
    "index": STAFF,
    "app_list": STAFF,
    "change_log": STAFF,
    "deleted_objects": SUPERUSERS,
    "calendar_link": STAFF,
    "session_list": STAFF,
    "statistics": STAFF,
    "jsi18n": STAFF,
    "autocomplete": STAFF,
    "view_on_site": REDIRECT,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "login": (200, 200, 302, 302, 302),
    "logout": (302, 302, 405, 405, 405),
    "auth_group_changelist": SUPERUSERS,
    "auth_group_add": SUPERUSERS,
    "auth_group_change": SUPERUSERS,
    "auth_group_delete": SUPERUSERS,
    "auth_group_history": SUPERUSERS,
    "auth_user_changelist": SUPERUSERS,
    "auth_user_add": SUPERUSERS,
    "auth_user_change": SUPERUSERS,
    "auth_user_delete": SUPERUSERS,
    "auth_user_history": SUPERUSERS,
    "auth_user_password_change": SUPERUSERS,
}
TESTED_ELSEWHERE = {
    "oidc_login",
    "oidc_callback",
    "admin_password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "mfa_setup",
    "mfa_verify",
    "reauthenticate",
}
"""URL names that have tests of their own."""


def admin_url_names(resolver, path=""):
    for pattern in resolver.url_patterns:
        route = path + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from admin_url_names(pattern, route)
        elif route.startswith("admin/") and pattern.name:
            yield pattern.name


def site_url(name):
    """Return the URL of a page, for the first object of its model if it needs one."""
    if name == "app_list":
        return reverse("admin:app_list", args=["partners"])
    if name == "view_on_site":
        university = University.objects.order_by("pk").first()
        return reverse("admin:view_on_site", args=[ContentType.objects.get_for_model(University).pk, university.pk])
    if name == "autocomplete":
        return reverse("admin:autocomplete") + "?app_label=partners&model_name=agreement&field_name=university"
    label, model_name, page = name.split("_", 2) if name.startswith("auth_") else ("", "", "")
    if page in {"change", "delete", "history", "password_change"}:
        return reverse(f"admin:{name}", args=[apps.get_model(label, model_name).objects.order_by("pk").first().pk])
    return reverse(f"admin:{name}")


def any_url(name):
    return site_url(name) if name in SITE_STATUSES else page_url(name)


def all_rows():
    """Return all rows of the register and of the auth app, by model name."""
    models = [model for app in ("partners", "auth") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


@pytest.fixture
def users(register, assistant, coordinator):
    DocumentFactory(agreement=Agreement.objects.first())
    return {
        "student": User.objects.create_user("student"),
        "assistant": assistant,
        "coordinator": coordinator,
        "superuser": User.objects.create_superuser("superuser"),
    }


def client_for(user, **options):
    client = Client(**options)
    if user:
        client.force_login(user)
    return client


def test_every_admin_url_has_expected_statuses():
    names = {name.removeprefix("partners_") for name in admin_url_names(get_resolver())}

    assert names - TESTED_ELSEWHERE == {*SITE_STATUSES, *PAGE_STATUSES}


@pytest.mark.parametrize("name", SITE_STATUSES)
def test_site_page_status_per_role(users, name):
    results = {}
    for role in ROLES:
        response = client_for(users.get(role)).get(site_url(name))
        is_login = response.status_code == 302 and response.url.startswith(LOGIN)
        results[role] = "login" if is_login else response.status_code

    assert results == dict(zip(ROLES, SITE_STATUSES[name], strict=True))


def test_get_requests_change_nothing(users):
    client = client_for(users["superuser"])
    before = all_rows()

    responses = {name: client.get(any_url(name)) for name in [*SITE_STATUSES, *PAGE_STATUSES]}

    for response in responses.values():
        close_response(response)
    assert {name for name, response in responses.items() if response.status_code >= 500} == set()
    assert all_rows() == before


def test_post_without_csrf_token_is_refused_everywhere(users):
    client = client_for(users["superuser"], enforce_csrf_checks=True)
    before = all_rows()

    statuses = {
        name: client.post(any_url(name), {"post": "yes"}).status_code for name in [*SITE_STATUSES, *PAGE_STATUSES]
    }

    assert statuses == dict.fromkeys([*SITE_STATUSES, *PAGE_STATUSES], 403)
    assert all_rows() == before


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
@pytest.mark.parametrize("name", [name for name, statuses in SITE_STATUSES.items() if statuses == SUPERUSERS])
def test_forged_account_forms_change_nothing(users, role, name):
    client = client_for(users[role])
    before = all_rows()

    response = client.post(site_url(name), {"post": "yes", "is_superuser": "on", "password1": "x", "password2": "x"})

    assert (response.status_code, all_rows() == before) == (403, True)
