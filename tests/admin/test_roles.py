from importlib import import_module

import pytest
from django.conf import settings
from django.contrib import admin

from partners.models import Agreement, Run, University
from tests.helpers.admin_urls import LOGIN, PAGE_STATUSES, ROLES, page_url
from tests.helpers.factories import AgreementFactory, ApplicationRoundFactory, DocumentFactory, MobilityFactory
from tests.helpers.html import attributes, close_response, elements, links, text

pytestmark = pytest.mark.django_db


POST_STATUSES = {
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
    "agreement_dates": (403, 302, 302),
    "agreement_edit": (403, 302, 302),
    "document_add": (403, 200, 200),
    "document_change": (403, 302, 302),
    "document_delete": (403, 403, 200),
    "run_change": (200, 200, 200),
    "run_delete": (403, 403, 403),
    "run_undo": (403, 302, 302),
}
"""Status codes of an empty POST, which changes nothing even where it is allowed."""


def url_names(model_admin):
    return {pattern.name.removeprefix("partners_") for pattern in model_admin.get_urls() if pattern.name}


@pytest.fixture
def visit(client, register, users):
    """Return a function that requests a page as each role, and returns ``login`` or the status code by role."""
    ApplicationRoundFactory()
    DocumentFactory(agreement=Agreement.objects.first())
    MobilityFactory(agreement=Agreement.objects.first())

    def visit_as_each_role(name, method):
        results = {}
        for role in ROLES:
            client.logout()
            if user := users.get(role):
                client.force_login(user)
            response = getattr(client, method)(page_url(name))
            is_login = response.status_code == 302 and response.url.startswith(LOGIN)
            results[role] = "login" if is_login else response.status_code
            close_response(response)
        return results

    return visit_as_each_role


def expected(statuses):
    return dict(zip(ROLES, ["login", "login", *statuses], strict=True))


def test_every_admin_page_has_expected_statuses():
    import_module(settings.ROOT_URLCONF)
    registered = [
        model_admin for model, model_admin in admin.site._registry.items() if model._meta.app_label == "partners"
    ]

    assert set().union(*map(url_names, registered)) == set(PAGE_STATUSES)


@pytest.mark.parametrize("name", PAGE_STATUSES)
def test_page_status_per_role(visit, name):
    assert visit(name, "get") == expected(PAGE_STATUSES[name])


@pytest.mark.parametrize("name", POST_STATUSES)
def test_post_status_per_role(visit, name):
    assert visit(name, "post") == expected(POST_STATUSES[name])


@pytest.mark.parametrize(
    ("role", "buttons"),
    [("assistant", []), ("coordinator", ["_save", "_addanother", "_continue"])],
)
def test_university_page_has_save_buttons_for_coordinators_only(client, request, db, role, buttons):
    university = AgreementFactory().university
    client.force_login(request.getfixturevalue(role))

    page = client.get(f"/admin/partners/university/{university.pk}/change/")

    assert attributes(page, ".submit-row input", "name") == buttons
    assert elements(page, ".deletelink") == []


@pytest.mark.parametrize(
    ("role", "offered"),
    [("assistant", {"export"}), ("coordinator", {"identify", "import", "export", "add"})],
)
def test_university_list_offers_permitted_tools(client, request, db, role, offered):
    client.force_login(request.getfixturevalue(role))

    page = client.get("/admin/partners/university/")

    tools = {url.split("?")[0] for _label, url in links(page, ".object-tools a")}
    assert tools == {f"/admin/partners/university/{tool}/" for tool in offered}


def test_forged_forms_of_assistant_change_nothing(client, register, assistant):
    client.force_login(assistant)
    university, agreement, run = University.objects.first(), Agreement.objects.first(), Run.objects.first()

    responses = [
        client.post(f"/admin/partners/university/{university.pk}/change/", {"name": "Changed"}),
        client.post(f"/admin/partners/agreement/{agreement.pk}/change/", {"status": "ended"}),
        client.post(f"/admin/partners/agreement/{agreement.pk}/delete/", {"post": "yes"}),
        client.post(f"/admin/partners/run/{run.pk}/undo/"),
    ]

    assert [response.status_code for response in responses] == [403] * 4
    assert University.objects.filter(name="Changed").count() == 0
    assert Agreement.objects.exclude(status="ended").count() == 128


def test_coordinator_has_no_delete_selected_action(coordinator_client, register):
    page = coordinator_client.get("/admin/partners/agreement/")

    actions = attributes(page, "select[name=action] option", "value")
    assert ("mark_selected_as_signed" in actions, "delete_selected" in actions) == (True, False)


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_office_users_see_register_but_no_accounts(client, request, role):
    client.force_login(request.getfixturevalue(role))

    page = text(client.get("/admin/"))

    assert "Universities" in page
    assert "Users" not in page
