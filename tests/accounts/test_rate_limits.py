from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections

from partners import data_version
from partners.accounts.models import RequestCount
from partners.accounts.rate_limits import RateLimit

LIMIT = RateLimit("letter", 2, 3600)


def allowed(limit, subject=""):
    return [limit.allows(subject) for _ in range(3)]


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        yield clock


def test_limit_is_of_one_name_and_one_subject(db):
    others = [RateLimit("letter", 2, 60), RateLimit("parcel", 2, 3600)]

    assert allowed(LIMIT, "one") == allowed(LIMIT, "other") == [True, True, False]
    assert [allowed(limit, "one") for limit in others] == [[True, True, False]] * 2


def test_limit_is_reached_without_counting(db):
    looks = []
    for _ in range(3):
        looks.append([LIMIT.is_reached("one"), LIMIT.is_reached("one")])
        LIMIT.allows("one")

    assert looks == [[False, False], [False, False], [True, True]]


def test_limit_begins_anew_with_the_next_period_and_leaves_nothing_behind(db, clock):
    first = [allowed(LIMIT, subject) for subject in ("one", "other")]
    clock.shift(timedelta(hours=1, seconds=1))

    assert allowed(LIMIT, "one") == first[0] == [True, True, False]
    assert RequestCount.objects.count() == 1


def test_subject_cannot_be_read_from_the_database(db):
    LIMIT.allows("203.0.113.9")

    assert "203.0.113.9" not in str(RequestCount.objects.values())


def test_counting_leaves_the_register_as_it_is(db):
    before = data_version.read_version()

    LIMIT.allows("one")

    assert data_version.read_version() == before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="no PostgreSQL: name a server in TEST_DATABASE_URL")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_limit_holds_for_many_at_once():
    limit = RateLimit("at once", 10, 10**9)

    def ask(_number):
        try:
            return limit.allows("one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(ask, range(30)))

    assert sorted(answers) == [False] * 20 + [True] * 10
