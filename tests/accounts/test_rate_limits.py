from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections

from partners import data_version
from partners.accounts.models import RequestCount
from partners.accounts.rate_limits import RateLimit

LIMIT = RateLimit("letter", 2, 3600)


def allow_three(limit, subject=""):
    return [limit.allows(subject) for _ in range(3)]


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        yield clock


def test_limit_counts_per_name_period_and_subject(db):
    others = [RateLimit("letter", 2, 60), RateLimit("parcel", 2, 3600)]

    assert allow_three(LIMIT, "one") == allow_three(LIMIT, "other") == [True, True, False]
    assert [allow_three(limit, "one") for limit in others] == [[True, True, False]] * 2


def test_is_reached_does_not_count(db):
    results = []
    for _ in range(3):
        results.append([LIMIT.is_reached("one"), LIMIT.is_reached("one")])
        LIMIT.allows("one")

    assert results == [[False, False], [False, False], [True, True]]


def test_limit_restarts_with_next_period_and_deletes_expired_counts(db, clock):
    first = [allow_three(LIMIT, subject) for subject in ("one", "other")]
    clock.shift(timedelta(hours=1, seconds=1))

    assert allow_three(LIMIT, "one") == first[0] == [True, True, False]
    assert RequestCount.objects.count() == 1


def test_subject_is_stored_as_hash(db):
    LIMIT.allows("203.0.113.9")

    assert "203.0.113.9" not in str(RequestCount.objects.values())


def test_counting_does_not_change_data_version(db):
    before = data_version.read_version()

    LIMIT.allows("one")

    assert data_version.read_version() == before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_limit_holds_under_concurrent_requests():
    limit = RateLimit("at once", 10, 10**9)

    def request(_number):
        try:
            return limit.allows("one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(request, range(30)))

    assert sorted(results) == [False] * 20 + [True] * 10
