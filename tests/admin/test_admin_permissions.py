"""Every address of the back office, also those of Django: who may open it, and that only a form changes something."""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import get_resolver, reverse

from partners.models import Agreement, University
from tests.admin.test_roles import LOGIN, PAGES, ROLES
from tests.admin.test_roles import address as page_address
from tests.factories import DocumentFactory
from tests.html import close

pytestmark = pytest.mark.django_db

STAFF, SUPERUSERS = ("login", "login", 200, 200, 200), ("login", "login", 403, 403, 200)
LEADS_ON = ("login", "login", 302, 302, 302)

# What each role is answered, from nobody to the superuser.
SITE = {
    "index": STAFF,
    "app_list": STAFF,
    "recent_changes": STAFF,
    "deleted": SUPERUSERS,
    "my_calendar": STAFF,
    "my_sessions": STAFF,
    "overview": STAFF,
    "jsi18n": STAFF,
    "autocomplete": STAFF,
    "view_on_site": LEADS_ON,
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
BEFORE_SIGNING_IN = {
    "single_sign_on",
    "single_sign_on_back",
    "admin_password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "code",
    "second_factor",
    "confirm",
}
"""Which tests of their own look at."""


def names(resolver, path=""):
    for each in resolver.url_patterns:
        route = path + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from names(each, route)
        elif route.startswith("admin/") and each.name:
            yield each.name


def address(name):
    """Where the page is, of the first object of its kind."""
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


def any_address(name):
    return address(name) if name in SITE else page_address(name)


def everything():
    """What is in the database, but for sessions."""
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


def signed_in(user, **options):
    browser = Client(**options)
    if user:
        browser.force_login(user)
    return browser


def test_tables_name_every_address_of_the_back_office():
    named = {name.removeprefix("partners_") for name in names(get_resolver())}

    assert named - BEFORE_SIGNING_IN == {*SITE, *PAGES}


@pytest.mark.parametrize("name", SITE)
def test_page_of_the_site_answers_each_role(users, name):
    found = {}
    for role in ROLES:
        answer = signed_in(users.get(role)).get(address(name))
        is_login = answer.status_code == 302 and answer.url.startswith(LOGIN)
        found[role] = "login" if is_login else answer.status_code

    assert found == dict(zip(ROLES, SITE[name], strict=True))


def test_looking_at_every_page_changes_nothing(users):
    browser = signed_in(users["superuser"])
    before = everything()

    answers = {name: browser.get(any_address(name)) for name in [*SITE, *PAGES]}

    for answer in answers.values():
        close(answer)
    assert {name for name, answer in answers.items() if answer.status_code >= 500} == set()
    assert everything() == before


def test_form_that_comes_from_another_site_is_refused_everywhere(users):
    browser = signed_in(users["superuser"], enforce_csrf_checks=True)
    before = everything()

    answers = {name: browser.post(any_address(name), {"post": "yes"}).status_code for name in [*SITE, *PAGES]}

    assert answers == dict.fromkeys([*SITE, *PAGES], 403)
    assert everything() == before


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
@pytest.mark.parametrize("name", [name for name, answers in SITE.items() if answers == SUPERUSERS])
def test_forged_form_about_accounts_changes_nothing(users, role, name):
    browser = signed_in(users[role])
    before = everything()

    answer = browser.post(address(name), {"post": "yes", "is_superuser": "on", "password1": "x", "password2": "x"})

    assert (answer.status_code, everything() == before) == (403, True)
