"""The search on top of every page."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Agreement
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, DocumentFactory, InstitutionFactory, UniversityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, text

SEARCH, SUGGESTIONS = "/admin/search/", "/admin/search/suggestions/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def marburg():
    """An agreement with a document, whose words are found in each kind."""
    institution = InstitutionFactory(names="Philipps-Universität Marburg")
    university = UniversityFactory(name="Marburg", city="Lahnstadt", institution=institution)
    agreement = AgreementFactory(
        university=university, scope="Faculty of Law", reference_number="A/2026/17", notes="Ask Ms Özil about\nhousing."
    )
    DocumentFactory(agreement=agreement, name="Übereinkunft_2026.pdf")
    return agreement


def results(page):
    """Return the texts of the results by the heading of their kind."""
    sections = elements(page, "#search-results section")
    return {element_texts(section, "h2")[0]: element_texts(section, "li") for section in sections}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("philipps", {"Universities (1)", "Agreements (1)", "Documents (1)"}),
        ("lahn", {"Universities (1)", "Agreements (1)", "Documents (1)"}),
        ("law", {"Agreements (1)"}),
        ("a/2026/17", {"Agreements (1)"}),
        ("uberEINKUNFT", {"Documents (1)"}),
        ("housing ÔZIL", {"Notes (1)"}),
    ],
)
def test_search_finds_in_each_kind(coordinator_client, marburg, query, expected):
    AgreementFactory()

    page = coordinator_client.get(SEARCH, {"q": query})

    assert set(results(page)) == expected


def test_results_say_which_object_they_are(coordinator_client, marburg):
    page = coordinator_client.get(SEARCH, {"q": "marburg"}), coordinator_client.get(SEARCH, {"q": "housing"})

    assert [results(page) for page in page] == [
        {
            "Universities (1)": ["Marburg Lahnstadt, Germany"],
            "Agreements (1)": ["Marburg: Bilateral, Faculty of Law in force, A/2026/17"],
            "Documents (1)": ["Übereinkunft_2026.pdf Marburg: Bilateral, Faculty of Law (signed)"],
        },
        {"Notes (1)": ["Marburg: Bilateral, Faculty of Law Ask Ms Özil about housing."]},
    ]


def test_see_all_leads_to_the_list_of_what_is_found(coordinator_client, marburg):
    partners(21)
    Agreement.objects.exclude(pk=marburg.pk).update(notes="to be renewed")

    found = [coordinator_client.get(SEARCH, {"q": query}) for query in ("partner", "renewed")]

    see_all = [link for page in found for link in links(page) if link[0].startswith("See all")]
    assert [label for label, _url in see_all] == [
        "See all 21 (Universities)",
        "See all 21 (Agreements)",
        "See all 21 (Notes)",
    ]
    assert [len(names(coordinator_client.get(url))) for _label, url in see_all] == [21, 21, 21]


def test_suggestions_are_few_and_uncounted(coordinator_client, marburg):
    partners(6)

    with CaptureQueriesContext(connection) as captured:
        page = coordinator_client.get(SUGGESTIONS, {"q": "partner"})

    options = element_texts(page, "[role=option]")
    assert options[4:7] == ["Partner 0005 Germany", "See all universities found", "Partner 0006: Bilateral in force"]
    assert options[-1] == "See all results"
    assert [query for query in captured.captured_queries if "COUNT(" in query["sql"]] == []


def test_suggestions_of_nothing(coordinator_client):
    pages = [coordinator_client.get(SUGGESTIONS, {"q": query}) for query in ("", "nowhere")]

    assert [element_texts(page, "[role=option]") for page in pages] == [[], ["Nothing found for “nowhere”"]]


def test_search_finds_only_what_one_may_view(client, marburg):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_university"))
    client.force_login(clerk)

    pages = [client.get(SEARCH, {"q": query}) for query in ("marburg", "housing")]

    assert [list(results(page)) for page in pages] == [["Universities (1)"], []]
    assert "Nothing is found." in text(pages[1])


@pytest.mark.parametrize("url", [SEARCH, SUGGESTIONS])
def test_search_makes_as_many_queries_for_300_as_for_3(coordinator_client, url):
    partners(3)
    Agreement.objects.update(notes="partner")
    with_3 = count_queries(coordinator_client, f"{url}?q=partner")

    partners(297, first=4)
    Agreement.objects.update(notes="partner")

    # The page of results counts each kind of which it does not show all.
    assert count_queries(coordinator_client, f"{url}?q=partner") - with_3 == (3 if url == SEARCH else 0)


def test_every_page_has_the_search(coordinator_client, marburg):
    urls = ["", "partners/university/", f"partners/agreement/{marburg.pk}/change/", "changes/", "search/?q=x"]

    pages = [coordinator_client.get(f"/admin/{url}") for url in urls]

    assert [attributes(page, "#site-search", "action") for page in pages] == [[SEARCH]] * 5
    assert attributes(pages[-1], "#site-search-query", "value") == ["x"]


def test_best_matches_come_first(coordinator_client):
    for name in ("Milanova Academy", "University of Milan"):
        UniversityFactory(name=name)

    page = coordinator_client.get(SEARCH, {"q": "milan"})

    assert results(page) == {"Universities (2)": ["University of Milan Germany", "Milanova Academy Germany"]}
