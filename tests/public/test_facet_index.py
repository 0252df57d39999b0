from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.models import Agreement
from partners.public.facet_index import AgreementKey, PartnerProfile, count_profiles, facet_counts, get_list_index
from partners.querysets import PastDay
from tests.factories import AgreementFactory
from tests.html import rows

COUNTRIES, TYPES, STATUSES = ["CZ", "DE", "IT"], ["", "bilateral", "erasmus"], ["in-force", "in-process"]
ON = date(2026, 11, 24)

offers = st.frozensets(st.builds(AgreementKey, st.sampled_from(TYPES), st.sampled_from(STATUSES)), min_size=1)
universities = st.lists(st.builds(PartnerProfile, st.sampled_from(COUNTRIES), offers))


def some_of(values):
    return st.lists(st.sampled_from(values), unique=True)


def matching(universities, country, type, status):
    """The definition: in one of the countries, with one agreement of one of the types and in one of the states."""
    return [
        (place, offered)
        for place, offered in universities
        if (not country or place in country)
        and any((not type or each.type in type) and each.status in status for each in offered)
    ]


@given(universities, some_of(COUNTRIES), some_of(["bilateral", "erasmus", "unknown"]), some_of(STATUSES))
def test_count_of_a_choice_is_what_it_would_find(universities, country, type, status):
    found = facet_counts(count_profiles(universities), country, type, status)

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
    return sum(number for _, number in get_list_index(on).totals)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_whole_list_is_counted_once_for_each_revision(django_assert_num_queries):
    AgreementFactory(), AgreementFactory()
    assert total(ON) == 2

    with django_assert_num_queries(1):
        assert total(ON) == 2
    Agreement.objects.filter(pk=Agreement.objects.latest("pk").pk).delete()

    assert total(ON) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_day_that_has_passed_is_not_taken_for_the_same_day_as_it_was_today():
    AgreementFactory(valid_from=date(2026, 11, 25))

    assert (total(ON), total(PastDay(2026, 11, 24))) == (1, 0)


@pytest.mark.django_db
def test_who_comes_onto_the_list_while_its_page_is_made_has_no_agreements_yet(client, monkeypatch):
    AgreementFactory(university__name="Marburg")
    before = get_list_index(ON)
    AgreementFactory(university__name="Jena")
    monkeypatch.setattr("partners.public.filters.get_list_index", lambda _on: before)

    assert rows(client.get("/?sort=-name")) == ["Marburg Germany Bilateral"]
    assert rows(client.get("/?sort=name")) == ["Jena Germany"]
