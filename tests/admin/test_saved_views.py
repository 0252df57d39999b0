"""Saved views of the lists of agreements and universities."""

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError

from partners.models import SavedView
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, partners
from tests.helpers.html import count_queries, element_texts, errors, form_data, links, messages, title

LIST, ADD = "/admin/partners/agreement/", "/admin/partners/agreement/views/add/"
QUERY = "ends=academic-year&type=erasmus"


@pytest.fixture
def assistant_client(client, assistant):
    client.force_login(assistant)
    return client


def save(client, name, query=QUERY, **data):
    return client.post(f"{ADD}?{query}", {"name": name} | data, follow=True)


def stored():
    return list(SavedView.objects.values_list("list", "name", "query", "owner__username"))


@time_machine.travel("2026-11-28")
def test_list_is_saved_under_a_name_and_opened_again(client, coordinator, settings, erasmus):
    settings.ACADEMIC_YEAR_START = (9, 1)
    for year in (2026, 2027, 2028):
        AgreementFactory(university__name=str(year), agreement_type=erasmus, valid_until=f"{year}-08-31")
    client.force_login(coordinator)

    page = save(client, "Erasmus+ ending this year", "type=erasmus&ends=academic-year&p=2&e=1")
    [(_label, url)] = links(page, ".saved-views li > a:first-child")
    with time_machine.travel("2027-11-28"):
        client.force_login(coordinator)
        next_year = client.get(f"{LIST}{url}")

    assert messages(page) == ["The list is saved as “Erasmus+ ending this year”."]
    assert url == f"?{QUERY}"
    assert (element_texts(page, "h1"), names(page)) == (["Erasmus+ ending this year"], ["2027"])
    assert title(page) == "Erasmus+ ending this year | Exchange Office"
    assert (element_texts(next_year, "h1"), names(next_year)) == (["Erasmus+ ending this year"], ["2028"])


def test_heading_is_the_name_of_the_view_while_the_list_shows_it(coordinator_client, db):
    save(coordinator_client, "Mine")

    urls = [f"{LIST}?type=erasmus&ends=academic-year&p=0", f"{LIST}?{QUERY}&q=x", LIST]

    assert [element_texts(coordinator_client.get(url), "h1") for url in urls] == [
        ["Mine"],
        ["Agreements"],
        ["Agreements"],
    ]


def test_view_is_ones_own_or_the_offices(coordinator_client, assistant):
    save(coordinator_client, "Mine")
    save(coordinator_client, "Everybody's", is_of_office="on")
    coordinator_client.force_login(assistant)

    page = coordinator_client.get(LIST)

    assert stored() == [
        ("agreements", "Mine", QUERY, "coordinator"),
        ("agreements", "Everybody's", QUERY, None),
    ]
    assert element_texts(page, ".saved-views li") == ["Everybody's for everybody"]
    assert element_texts(coordinator_client.get("/admin/partners/university/"), ".saved-views li") == []


def test_assistant_saves_own_views_only(assistant_client):
    page = save(assistant_client, "Mine", is_of_office="on")

    assert element_texts(page, ".saved-views li") == ["Mine Rename or delete “Mine”"]
    assert stored() == [("agreements", "Mine", QUERY, "assistant")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"name": "ÖSTERREICH"}, "You have a view of this name."),
        ({"name": " all  ", "is_of_office": "on"}, "The office has a view of this name."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_name_that_is_taken_in_any_case_is_an_error(coordinator_client, coordinator, data, error):
    SavedView.objects.create(list="agreements", name="Österreich", query="country=AT", owner=coordinator)
    SavedView.objects.create(list="agreements", name="All", query="type=ge3")
    SavedView.objects.create(list="universities", name="Free", query="type=ge3")

    page = coordinator_client.post(f"{ADD}?{QUERY}", data)

    assert errors(page) == {"name": error}
    assert SavedView.objects.count() == 3
    assert messages(save(coordinator_client, "free")) == ["The list is saved as “free”."]


def test_name_that_was_taken_at_the_same_moment_is_an_error(coordinator_client, monkeypatch):
    def lose(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(SavedView, "save", lose)

    assert errors(save(coordinator_client, "Mine")) == {"name": "You have a view of this name."}


def test_unfiltered_list_is_not_saved(coordinator_client):
    page = save(coordinator_client, "Everything", "p=1")

    assert element_texts(page, ".errorlist.nonfield li") == [
        "The list shows everything. Filter, search or sort it first, then save it."
    ]


def test_view_is_renamed_and_deleted(coordinator_client, coordinator):
    view = SavedView.objects.create(list="agreements", name="Mine", query=QUERY, owner=coordinator)
    url = f"{LIST}views/{view.pk}/"

    renamed = coordinator_client.post(
        url, form_data(coordinator_client.get(url), "main form") | {"name": "MINE", "is_of_office": "on"}, follow=True
    )
    after_renaming = stored()
    deleted = coordinator_client.post(url, {"delete": ""}, follow=True)

    assert messages(renamed) == ["The view is now called “MINE”."]
    assert after_renaming == [("agreements", "MINE", QUERY, None)]
    assert messages(deleted) == ["The view “MINE” is deleted. What it showed stays as it is."]
    assert (element_texts(deleted, "h1"), stored()) == (["Agreements"], [])


def test_views_of_others_stay_theirs(assistant_client):
    office = SavedView.objects.create(list="agreements", name="All", query=QUERY)
    other = User.objects.create(username="other")
    theirs = SavedView.objects.create(list="agreements", name="Theirs", query=QUERY, owner=other)

    statuses = [
        assistant_client.post(f"{LIST}views/{view.pk}/", {"delete": ""}).status_code for view in (office, theirs)
    ]

    assert (statuses, SavedView.objects.count()) == ([403, 404], 2)


def test_view_with_an_unknown_parameter_opens_the_whole_list(coordinator_client, coordinator):
    AgreementFactory(university__name="Marburg")
    SavedView.objects.create(list="agreements", name="Old", query="gone=1", owner=coordinator)
    SavedView.objects.create(list="agreements", name="Old type", query="type=gone", owner=coordinator)

    pages = [coordinator_client.get(f"{LIST}{query}", follow=True) for query in ("?gone=1", "?type=gone")]

    assert [(page.status_code, element_texts(page, "h1"), names(page)) for page in pages] == [
        (200, ["Agreements"], ["Marburg"]),
        (200, ["Old type"], []),
    ]


def test_saved_views_take_one_query(coordinator_client, coordinator):
    partners(3)
    before = count_queries(coordinator_client, LIST)

    SavedView.objects.bulk_create(
        SavedView(list="agreements", name=str(number), query=f"q={number}", owner=coordinator) for number in range(50)
    )

    assert count_queries(coordinator_client, LIST) == before
