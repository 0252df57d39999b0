"""The menu, the titles of lists, and the breadcrumbs."""

import pytest

from tests.helpers.factories import AgreementFactory
from tests.helpers.html import element_texts, links, title

pytestmark = pytest.mark.django_db


def test_menu_begins_with_universities_and_agreements(admin_client):
    page = admin_client.get("/admin/")

    assert element_texts(page, "#content-main th a") == [
        *["Universities", "Agreements", "Documents", "Runs"],
        *["Countries and territories", "Agreement types", "Terms", "Application rounds", "Settings of the office"],
        *["Groups", "Users"],
    ]


def test_list_is_titled_after_what_it_lists(coordinator_client):
    page = coordinator_client.get("/admin/partners/university/")

    assert (title(page), element_texts(page, "h1")) == ("Universities | Exchange Office", ["Universities"])


def test_breadcrumbs_lead_to_pages_of_use(admin_client):
    agreement = AgreementFactory(university__name="Marburg")
    pages = {
        "agreement/": [("Home", "/admin/")],
        f"agreement/{agreement.pk}/change/": [("Home", "/admin/"), ("Agreements", "/admin/partners/agreement/")],
        "university/import/": [("Home", "/admin/"), ("Universities", "/admin/partners/university/")],
        "officesettings/1/change/": [("Home", "/admin/")],
    }

    found = {path: links(admin_client.get(f"/admin/partners/{path}"), ".breadcrumbs a") for path in pages}

    assert found == pages
    assert admin_client.get("/admin/partners/").url == "/admin/"
