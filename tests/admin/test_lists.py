"""The filters above the lists of the admin, and the names of their columns in the rows."""

import pytest
from django.urls import reverse

from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.html import attributes, element_texts, elements, links, text

AGREEMENTS = "/admin/partners/agreement/"


def test_chosen_filters_are_chips_each_of_which_removes_its_own(coordinator_client, erasmus):
    AgreementFactory(agreement_type=erasmus)

    page = coordinator_client.get(AGREEMENTS, {"status": "in-force", "type": "erasmus", "country": "XX", "o": "2"})

    assert links(page, ".chips a") == [
        ("Remove the filter Status: in force ✕", "?country=XX&o=2&type=erasmus"),
        ("Remove the filter Agreement type: Erasmus+ ✕", "?country=XX&o=2&status=in-force"),
        ("Remove the filter Country or territory: XX ✕", "?o=2&status=in-force&type=erasmus"),
        ("Clear all filters", "?o=2"),
    ]


@pytest.mark.parametrize(
    ("name", "query", "chips"),
    [
        ("partners_university_changelist", "is_listed__exact=0", ["Remove the filter On the public list: No ✕"]),
        ("partners_document_changelist", "file_type__exact=pdf", ["Remove the filter Kind: PDF ✕"]),
        ("partners_run_changelist", "action__exact=import", ["Remove the filter Action: import ✕"]),
        ("auth_user_changelist", "is_staff__exact=1", ["Remove the filter Staff status: Yes ✕"]),
    ],
)
def test_every_list_has_its_filters_above_the_rows(admin_client, name, query, chips):
    DocumentFactory()

    page = admin_client.get(f"{reverse(f'admin:{name}')}?{query}")

    assert element_texts(page, ".chips li")[:-1] == chips
    assert element_texts(page, ".list-tools .fold > summary")[0] == "Filters"
    assert elements(page, "#changelist-form ~ *") == []


def test_list_says_that_it_cannot_be_filtered(coordinator_client, db):
    page = coordinator_client.get(AGREEMENTS, {"nonsense": "1"}, follow=True)

    assert "The list cannot be filtered as the address says. It shows all." in text(page)


def test_cells_have_the_headers_of_their_columns(coordinator_client, db):
    AgreementFactory()

    page = coordinator_client.get(AGREEMENTS)

    headers = element_texts(page, "#result_list thead th .text")
    assert attributes(page, "#result_list tbody tr > *", "data-label") == headers
