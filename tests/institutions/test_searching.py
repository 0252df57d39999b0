"""Searches for universities by the names of their institutions in the directory."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.institutions.loading import update_search_texts
from partners.models import Institution, University
from tests.helpers import changelists
from tests.helpers.factories import AgreementFactory, InstitutionFactory, UniversityFactory, institutions
from tests.helpers.html import element_texts

pytestmark = pytest.mark.django_db

INSTITUTIONS = {
    "Technical University of Munich": {},
    "Polytechnic University of Milan": {
        "ror_id": "01nffqt88",
        "names": "Politecnico di Milano",
        "acronyms": "Polimi\nPoliMI",
    },
    "Tsinghua University": {"ror_id": "03cve4549", "names": "Tsinghua University\n清华大学", "acronyms": ""},
}


@pytest.fixture
def partners():
    for name, values in INSTITUTIONS.items():
        institution = InstitutionFactory(name=name, **values)
        AgreementFactory(university__name=name, university__institution=institution)
    AgreementFactory(university__name="University of Marburg")


SEARCHES = [
    ("TU München", "Technical University of Munich"),
    ("technische universitat", "Technical University of Munich"),
    ("Polimi", "Polytechnic University of Milan"),
    ("politecnico milano", "Polytechnic University of Milan"),
    ("清华", "Tsinghua University"),
    ("清华大学", "Tsinghua University"),
]


@pytest.mark.parametrize(("query", "name"), SEARCHES)
def test_students_find_partners_by_the_names_of_their_institutions(client, partners, query, name):
    page = client.get("/", {"q": query})

    assert element_texts(page, "th[scope=row]") == [name]


@pytest.mark.parametrize(("query", "name"), SEARCHES)
def test_office_finds_partners_by_the_names_of_their_institutions(coordinator_client, partners, query, name):
    page = coordinator_client.get("/admin/partners/university/", {"q": query})

    assert changelists.names(page) == [name]


def test_university_is_not_found_by_an_institution_that_it_is_no_longer_linked_to(client, partners):
    university = University.objects.get(name="Tsinghua University")
    university.institution = None
    university.save()

    page = client.get("/", {"q": "清华"})

    assert element_texts(page, "th[scope=row]") == []


def test_new_release_is_searched(client, partners):
    Institution.objects.filter(name="Tsinghua University").update(names="Tsinghua University\n國立清華大學")

    update_search_texts()

    found = {query: element_texts(client.get("/", {"q": query}), "th[scope=row]") for query in ("清华大学", "國立清華")}
    assert found == {"清华大学": [], "國立清華": ["Tsinghua University"]}


def test_new_release_leaves_no_history(partners):
    Institution.objects.update(names="Another name")
    before = University.history.count()

    update_search_texts()

    assert University.history.count() == before


@pytest.mark.parametrize("count", [3, 150])
def test_number_of_queries_of_a_new_release_is_constant(count):
    for institution in institutions(count):
        UniversityFactory(institution=institution)
    Institution.objects.update(names="Another name")

    with CaptureQueriesContext(connection) as queries:
        update_search_texts()

    statements = [query["sql"].split()[0] for query in queries]
    # PostgreSQL reads by a cursor.
    assert [word for word in statements if word in ("SELECT", "DECLARE", "UPDATE")] in (
        ["SELECT", "UPDATE"],
        ["DECLARE", "UPDATE"],
    )
