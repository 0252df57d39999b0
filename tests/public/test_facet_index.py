from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from partners.models import Agreement
from partners.public.facet_index import AgreementKey, PartnerProfile, count_facets, count_profiles, get_facet_index
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import element_texts, rows

COUNTRIES, TYPES, STATUSES = ["CZ", "DE", "IT"], ["", "bilateral", "erasmus"], ["in-force", "upcoming", "in-process"]
ON = date(2026, 11, 24)

agreements = st.frozensets(st.builds(AgreementKey, st.sampled_from(TYPES), st.sampled_from(STATUSES)), min_size=1)
universities = st.lists(st.builds(PartnerProfile, st.sampled_from(COUNTRIES), agreements))


def some_of(values):
    return st.lists(st.sampled_from(values), unique=True)


def matching(profiles, countries, types, statuses):
    """Return the profiles in one of the countries, with one agreement of one of the types and statuses."""
    return [
        profile
        for profile in profiles
        if (not countries or profile.country in countries)
        and any(
            (not types or key.type in types) and (not statuses or key.state in statuses) for key in profile.agreements
        )
    ]


@given(universities, some_of(COUNTRIES), some_of(["bilateral", "erasmus", "unknown"]), some_of(STATUSES))
def test_facet_count_is_the_number_of_matches(universities, country, type, status):
    found = count_facets(count_profiles(universities), country, type, status)

    assert {code: found["country"][code] for code in COUNTRIES} == {
        code: len(matching(universities, [code], type, status)) for code in COUNTRIES
    }
    assert {slug: found["type"][slug] for slug in TYPES} == {
        slug: len(matching(universities, country, [slug], status)) for slug in TYPES
    }
    assert {state: found["status"][state] for state in STATUSES} == {
        state: len(matching(universities, country, type, [state])) for state in STATUSES
    }


def count_first_queries(client, url):
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_index_is_built_once_for_all_pages_until_the_register_changes(client):
    AgreementFactory(), AgreementFactory()
    urls = ["/", "/?sort=name", "/?sort=-name"]

    before = [count_first_queries(client, url) for url in urls]
    Agreement.objects.filter(pk=Agreement.objects.latest("pk").pk).delete()
    after = [count_first_queries(client, url) for url in urls]

    assert before == after
    assert before[0] > before[1] == before[2]
    assert element_texts(client.get("/"), "h2") == ["1 university in 1 country"]


@pytest.mark.django_db
def test_periods_and_scopes_of_a_type_do_not_multiply_profiles():
    for days in range(3):
        university = UniversityFactory()
        for scope in ("", "Faculty of Law"):
            start = ON + timedelta(days=days)
            AgreementFactory(university=university, scope=scope, valid_until=start)
            AgreementFactory(university=university, scope=scope, valid_from=start + timedelta(days=1))

    in_force, upcoming = AgreementKey("bilateral", "in-force"), AgreementKey("bilateral", "upcoming")
    assert get_facet_index(ON).profile_counts == {frozenset([in_force, upcoming]): {"DE": 3}}
    assert get_facet_index(ON + timedelta(days=1)).profile_counts == {
        frozenset([in_force]): {"DE": 1},
        frozenset([in_force, upcoming]): {"DE": 2},
    }


@pytest.mark.django_db
def test_university_newer_than_the_index_is_listed_with_its_agreements(client, monkeypatch):
    AgreementFactory(university__name="Marburg")
    before = get_facet_index(ON)
    AgreementFactory(university__name="Jena")
    monkeypatch.setattr("partners.public.filters.get_facet_index", lambda _on: before)

    assert rows(client.get("/?sort=-name")) == ["Marburg Germany Bilateral"]
    assert rows(client.get("/?sort=name")) == ["Jena Germany Bilateral"]
