"""Permissions of every admin URL, including Django's own, and that GET requests change nothing."""

import pytest
from django.apps import apps
from django.test import Client

from partners.models import Agreement
from tests.helpers.admin_urls import LOGIN, PAGE_STATUSES, ROLES, SITE_STATUSES, SUPERUSERS, admin_routes, page_url
from tests.helpers.factories import ApplicationRoundFactory, DocumentFactory, MobilityFactory
from tests.helpers.html import close_response

pytestmark = pytest.mark.django_db


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


def all_rows():
    """Return all rows of the register and of the auth app, by model name."""
    models = [model for app in ("partners", "auth") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


@pytest.fixture(autouse=True)
def document(register):
    """A document, a mobility and a round besides the office's list, so that every page has an object."""
    ApplicationRoundFactory()
    MobilityFactory(agreement=Agreement.objects.first())
    return DocumentFactory(agreement=Agreement.objects.first())


def client_for(user, **options):
    client = Client(**options)
    if user:
        client.force_login(user)
    return client


def test_every_admin_url_has_expected_statuses():
    assert set(admin_routes()) - TESTED_ELSEWHERE == {*SITE_STATUSES, *PAGE_STATUSES}


@pytest.mark.parametrize("name", SITE_STATUSES)
def test_site_page_status_per_role(users, name):
    results = {}
    for role in ROLES:
        response = client_for(users.get(role)).get(page_url(name))
        is_login = response.status_code == 302 and response.url.startswith(LOGIN)
        results[role] = "login" if is_login else response.status_code

    assert results == dict(zip(ROLES, SITE_STATUSES[name], strict=True))


def test_get_requests_change_nothing(users):
    client = client_for(users["superuser"])
    before = all_rows()

    responses = {name: client.get(page_url(name)) for name in [*SITE_STATUSES, *PAGE_STATUSES]}

    for response in responses.values():
        close_response(response)
    assert {name for name, response in responses.items() if response.status_code >= 500} == set()
    assert all_rows() == before


def test_post_without_csrf_token_is_refused_everywhere(users):
    client = client_for(users["superuser"], enforce_csrf_checks=True)
    before = all_rows()

    statuses = {
        name: client.post(page_url(name), {"post": "yes"}).status_code for name in [*SITE_STATUSES, *PAGE_STATUSES]
    }

    assert statuses == dict.fromkeys([*SITE_STATUSES, *PAGE_STATUSES], 403)
    assert all_rows() == before


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
@pytest.mark.parametrize("name", [name for name, statuses in SITE_STATUSES.items() if statuses == SUPERUSERS])
def test_forged_account_forms_change_nothing(users, role, name):
    client = client_for(users[role])
    before = all_rows()

    response = client.post(page_url(name), {"post": "yes", "is_superuser": "on", "password1": "x", "password2": "x"})

    assert (response.status_code, all_rows() == before) == (403, True)
