import re
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from partners.models import Agreement, ImportRun, University
from tests.factories import AgreementFactory, DocumentFactory
from tests.html import close, text

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
ROLES = ["nobody", "student", "assistant", "coordinator", "superuser"]

# What each role is answered: the page (200), no (403), not this way (405), or elsewhere (302).
# A visitor who has not signed in, and one who has but is not of the staff, are led to the login.
PAGES = {
    "country_changelist": (200, 200, 200),
    "country_add": (403, 200, 200),
    "country_change": (200, 200, 200),
    "country_delete": (403, 403, 200),
    "country_history": (200, 200, 200),
    "country_simple_history": (200, 200, 200),
    "country_bring_back": (403, 403, 302),
    "agreementtype_changelist": (200, 200, 200),
    "agreementtype_add": (403, 200, 200),
    "agreementtype_change": (200, 200, 200),
    "agreementtype_delete": (403, 403, 200),
    "agreementtype_history": (200, 200, 200),
    "agreementtype_simple_history": (200, 200, 200),
    "agreementtype_bring_back": (403, 403, 302),
    "university_changelist": (200, 200, 200),
    "university_add": (403, 200, 200),
    "university_change": (200, 200, 200),
    "university_delete": (403, 403, 200),
    "university_history": (200, 200, 200),
    "university_simple_history": (200, 200, 200),
    "university_bring_back": (403, 403, 302),
    "university_import": (403, 200, 200),
    "university_process_import": (405, 405, 405),
    "university_export": (200, 200, 200),
    "agreement_changelist": (200, 200, 200),
    "agreement_add": (403, 200, 200),
    "agreement_change": (200, 200, 200),
    "agreement_delete": (403, 403, 200),
    "agreement_history": (200, 200, 200),
    "agreement_simple_history": (200, 200, 200),
    "agreement_bring_back": (403, 403, 302),
    "agreement_sign": (403, 302, 302),
    "agreement_renew": (403, 302, 302),
    "agreement_end": (403, 302, 302),
    "agreement_edit": (403, 302, 302),
    "document_changelist": (200, 200, 200),
    "document_add": (403, 403, 403),
    "document_change": (200, 200, 200),
    "document_delete": (403, 403, 200),
    "document_history": (200, 200, 200),
    "document_simple_history": (200, 200, 200),
    "document_bring_back": (403, 403, 302),
    "document_file": (200, 200, 200),
    "importrun_changelist": (200, 200, 200),
    "importrun_add": (403, 403, 403),
    "importrun_change": (200, 200, 200),
    "importrun_delete": (403, 403, 403),
    "importrun_history": (200, 200, 200),
    "importrun_undo": (403, 200, 200),
    "importrun_file": (403, 200, 200),
}
CHANGES = {
    "country_add": (403, 200, 200),
    "country_change": (403, 200, 200),
    "agreementtype_change": (403, 200, 200),
    "university_add": (403, 200, 200),
    "university_change": (403, 200, 200),
    "university_delete": (403, 403, 200),
    "university_import": (403, 200, 200),
    "university_process_import": (403, 302, 302),
    "agreement_add": (403, 200, 200),
    "agreement_change": (403, 200, 200),
    "agreement_sign": (403, 302, 302),
    "agreement_renew": (403, 302, 302),
    "agreement_end": (403, 302, 302),
    "agreement_edit": (403, 302, 302),
    "document_add": (403, 403, 403),
    "document_change": (403, 302, 302),
    "document_delete": (403, 403, 200),
    "importrun_change": (200, 200, 200),
    "importrun_delete": (403, 403, 403),
    "importrun_undo": (403, 302, 302),
}
"""What is answered to a form that is sent empty, which changes nothing even where it is allowed."""


def named(model_admin):
    return {pattern.name.removeprefix("partners_") for pattern in model_admin.get_urls() if pattern.name}


@pytest.fixture
def visit(client, register, assistant, coordinator):
    """Asks for a page by its name as each of the roles, and gives what each is answered."""
    DocumentFactory(agreement=Agreement.objects.first())
    users = {
        "student": User.objects.create_user("student"),
        "assistant": assistant,
        "coordinator": coordinator,
        "superuser": User.objects.create_superuser("superuser"),
    }

    def answers(name, method):
        found = {}
        for role in ROLES:
            client.logout()
            if user := users.get(role):
                client.force_login(user)
            answer = getattr(client, method)(address(name))
            is_login = answer.status_code == 302 and answer.url.startswith(LOGIN)
            found[role] = "login" if is_login else answer.status_code
            close(answer)
        return found

    return answers


def address(name):
    model_name, _, page = name.partition("_")
    first = apps.get_model("partners", model_name).objects.order_by("pk").first()
    if page == "simple_history":
        return reverse(f"admin:partners_{name}", args=[first.pk, first.history.latest().pk])
    on_one = page in {"change", "delete", "history", "undo", "file", "bring_back"}
    return reverse(f"admin:partners_{name}", args=[first.pk] if on_one else [])


def expected(answers):
    return dict(zip(ROLES, ["login", "login", *answers], strict=True))


def test_table_names_every_page_of_the_back_office():
    import_module(settings.ROOT_URLCONF)
    registered = [each for model, each in admin.site._registry.items() if model._meta.app_label == "partners"]

    assert set().union(*map(named, registered)) == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_answers_each_role(visit, name):
    assert visit(name, "get") == expected(PAGES[name])


@pytest.mark.parametrize("name", CHANGES)
def test_form_answers_each_role(visit, name):
    assert visit(name, "post") == expected(CHANGES[name])


@pytest.mark.parametrize(
    ("role", "buttons"),
    [("assistant", []), ("coordinator", ["_save", "_addanother", "_continue"])],
)
def test_page_of_a_university_offers_to_save_to_coordinators_only(client, request, db, role, buttons):
    university = AgreementFactory().university
    client.force_login(request.getfixturevalue(role))

    source = client.get(f"/admin/partners/university/{university.pk}/change/").content.decode()

    assert [name for name in ("_save", "_addanother", "_continue") if f'name="{name}"' in source] == buttons
    assert "deletelink" not in source


@pytest.mark.parametrize(
    ("role", "offered"),
    [("assistant", {"export"}), ("coordinator", {"import", "export", "add"})],
)
def test_list_of_universities_offers_what_a_role_may_do(client, request, db, role, offered):
    client.force_login(request.getfixturevalue(role))

    source = client.get("/admin/partners/university/").content.decode()

    tools = set(re.findall(r"""href=["']/admin/partners/university/(\w+)/""", source))
    assert tools & {"import", "export", "add"} == offered


def test_assistant_s_forged_forms_change_nothing(client, register, assistant):
    client.force_login(assistant)
    university, agreement, run = University.objects.first(), Agreement.objects.first(), ImportRun.objects.first()

    answers = [
        client.post(f"/admin/partners/university/{university.pk}/change/", {"name": "Changed"}),
        client.post(f"/admin/partners/agreement/{agreement.pk}/change/", {"status": "ended"}),
        client.post(f"/admin/partners/agreement/{agreement.pk}/delete/", {"post": "yes"}),
        client.post(f"/admin/partners/importrun/{run.pk}/undo/"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert University.objects.filter(name="Changed").count() == 0
    assert Agreement.objects.exclude(status="ended").count() == 128


def test_coordinator_is_not_offered_to_delete_what_is_selected(office, register):
    source = office.get("/admin/partners/agreement/").content.decode()

    assert "mark_selected_as_signed" in source
    assert "delete_selected" not in source


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_office_sees_the_register_and_no_accounts(client, request, role):
    client.force_login(request.getfixturevalue(role))

    page = text(client.get("/admin/"))

    assert "Universities" in page
    assert "Users" not in page
