import pytest

from partners.models import ApplicationRound, Term
from tests.helpers.factories import ApplicationRoundFactory
from tests.helpers.html import errors, rows

URL = "/admin/partners/applicationround/"


@pytest.fixture
def data(db):
    winter = Term.objects.get(first_day="09-01")
    return {"term": winter.pk, "first_year": 2027, "opens": "2027-01-01", "closes": "2027-02-15"}


def test_round_is_added(coordinator_client, data, erasmus, bilateral):
    coordinator_client.post(f"{URL}add/", data | {"agreement_types": [erasmus.pk, bilateral.pk]})

    assert rows(coordinator_client.get(URL)) == ["Winter term 2027/28 Bilateral, Erasmus+ 1 Jan 2027 15 Feb 2027 -"]


def test_round_that_closes_before_it_opens_is_rejected(coordinator_client, data):
    page = coordinator_client.post(f"{URL}add/", data | {"opens": "2027-03-01"})

    assert errors(page) == {"closes": "It closes before it opens. Correct one of the two days."}
    assert ApplicationRound.objects.count() == 0


def test_types_of_a_round_are_changed(coordinator_client, data, erasmus):
    row = ApplicationRoundFactory()

    coordinator_client.post(f"{URL}{row.pk}/change/", data | {"agreement_types": [erasmus.pk]})

    assert list(row.agreement_types.all()) == [erasmus]


@pytest.mark.parametrize("day", ["02-29", "13-01", "1 Feb", "2-1"])
def test_day_of_a_term_that_not_every_year_has_is_rejected(coordinator_client, day):
    page = coordinator_client.post(
        "/admin/partners/term/add/", {"name": ["Spring term"], "first_day": day, "last_day": "05-31"}
    )

    assert errors(page) == {
        "first_day": f"“{day}” is not a day of every year. Write month and day with two digits each, such as 02-15."
    }


def test_term_needs_a_name(coordinator_client):
    page = coordinator_client.post(
        "/admin/partners/term/add/", {"name": ["", ""], "first_day": "03-01", "last_day": "05-31"}
    )

    assert errors(page) == {"name": "This field is required."}
