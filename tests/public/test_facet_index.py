from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.models import Agreement
from partners.public.facet_index import AgreementKey, PartnerProfile, count_facets, count_profiles, get_facet_index
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import rows

COUNTRIES, TYPES, STATUSES = ["CZ", "DE", "IT"], ["", "bilateral", "erasmus"], ["in-force", "in-process"]
ON = date(2026, 11, 24)

agreements = st.frozensets(st.builds(AgreementKey, st.sampled_from(TYPES), st.sampled_from(STATUSES)), min_size=1)
universities = st.lists(st.builds(PartnerProfile, st.sampled_from(COUNTRIES), agreements))


def some_of(values):
    return st.lists(st.sampled_from(values), unique=True)


def matching(profiles, countries, types, statuses):
    """Return the profiles in one of the countries, with one agreement of one of the types and statuses."""
    return [
        (country, agreements)
        for country, agreements in profiles
        if (not countries or country in countries)
        and any((not types or key.type in types) and (not statuses or key.state in statuses) for key in agreements)
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


def total(on):
    return sum(count for _, count in get_facet_index(on).country_totals)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_index_is_built_once_per_data_version(django_assert_num_queries):
    AgreementFactory(), AgreementFactory()
    assert total(ON) == 2

    with django_assert_num_queries(1):
        assert total(ON) == 2
    Agreement.objects.filter(pk=Agreement.objects.latest("pk").pk).delete()

    assert total(ON) == 1


@pytest.mark.django_db
def test_university_newer_than_the_index_is_listed_with_its_agreements(client, monkeypatch):
    AgreementFactory(university__name="Marburg")
    before = get_facet_index(ON)
    AgreementFactory(university__name="Jena")
    monkeypatch.setattr("partners.public.filters.get_facet_index", lambda _on: before)

    assert rows(client.get("/?sort=-name")) == ["Marburg Germany Bilateral"]
    assert rows(client.get("/?sort=name")) == ["Jena Germany Bilateral"]
