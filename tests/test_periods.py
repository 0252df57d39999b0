from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from partners.periods import (
    Period,
    RenewalEffects,
    StartRequiredError,
    UpcomingOverlapError,
    academic_year,
    next_period,
    propose_start,
    renewal_effects,
)

TODAY = date(2026, 4, 1)
DAYS = st.integers(-40, 40).map(lambda number: TODAY + timedelta(days=number))


@st.composite
def periods(draw):
    start, end = draw(st.none() | DAYS), draw(st.none() | DAYS)
    assume(start is None or end is None or start <= end)
    return Period(start, end)


@st.composite
def signed_periods(draw):
    """Periods by number that do not overlap."""
    signed = {}
    for number, period in enumerate(draw(st.lists(periods(), max_size=5))):
        if not any(period.overlaps(other) for other in signed.values()):
            signed[number] = period
    return signed


def covered(periods, day):
    return any(start <= day <= end for start, end in [period.bounds for period in periods])


def try_to_sign(renewal, signed, on):
    """Return the effects, or None and the key of the upcoming agreement that stands in the way, if any."""
    try:
        return renewal_effects(renewal, signed, on), None
    except StartRequiredError:
        return None, None
    except UpcomingOverlapError as error:
        return None, error.key


@given(renewal=periods(), signed=signed_periods(), on=DAYS)
def test_renewal_leaves_no_overlap_and_every_earlier_day_covered(renewal, signed, on):
    effects, refused = try_to_sign(renewal, signed, on)
    if effects is None:
        assert refused is None or (signed[refused].start > on and signed[refused].overlaps(renewal))
        assert refused is not None or (renewal.start is None and signed)
        return

    after = [*effects.apply(signed).values(), renewal]

    assert [(a, b) for i, a in enumerate(after) for b in after[i + 1 :] if a.overlaps(b)] == []
    earlier_days = [day for n in range(-50, 50) if (day := TODAY + timedelta(n)) < (renewal.start or date.min)]
    assert [covered(after, day) for day in earlier_days] == [covered(signed.values(), day) for day in earlier_days]
    assert all(period.start is None or period.end is None or period.start <= period.end for period in after)


@given(renewal=periods(), signed=signed_periods(), on=DAYS)
def test_renewal_never_changes_an_upcoming_agreement(renewal, signed, on):
    effects, _refused = try_to_sign(renewal, signed, on)
    if effects is None:
        return

    upcoming = [key for key, period in signed.items() if not period.has_begun(on)]
    changed = effects.ended + ([effects.predecessor] if effects.last_day else [])
    assert [key for key in upcoming if key in changed] == []


def test_early_renewal_ends_the_running_agreement_the_day_before():
    signed = {"running": Period(date(2023, 9, 1), date(2027, 8, 31))}

    assert renewal_effects(Period(date(2026, 9, 1), None), signed, TODAY) == RenewalEffects(
        "running", date(2026, 8, 31), []
    )


def test_late_renewal_leaves_an_expired_predecessor_as_it_is():
    signed = {"expired": Period(date(2020, 9, 1), date(2025, 8, 31))}

    assert renewal_effects(Period(date(2025, 9, 1), None), signed, TODAY) == RenewalEffects("expired", None, [])


def test_late_renewal_shortens_an_expired_predecessor_that_reaches_its_start():
    signed = {"expired": Period(None, date(2025, 12, 31))}

    assert renewal_effects(Period(date(2025, 9, 1), None), signed, TODAY) == RenewalEffects(
        "expired", date(2025, 8, 31), []
    )


def test_renewal_ends_an_agreement_that_started_with_it():
    signed = {"same": Period(date(2025, 9, 1), None), "before": Period(None, date(2024, 8, 31))}

    assert renewal_effects(Period(date(2025, 9, 1), None), signed, TODAY) == RenewalEffects("before", None, ["same"])


def test_renewal_of_an_agreement_without_dates_ends_it_the_day_before():
    signed = {"undated": Period(None, None)}

    assert renewal_effects(Period(date(2026, 9, 1), None), signed, TODAY) == RenewalEffects(
        "undated", date(2026, 8, 31), []
    )


def test_renewal_that_overlaps_an_upcoming_agreement_is_refused():
    signed = {"upcoming": Period(date(2026, 9, 1), None)}

    with pytest.raises(UpcomingOverlapError) as raised:
        renewal_effects(Period(date(2027, 9, 1), None), signed, TODAY)

    assert raised.value.key == "upcoming"


def test_renewal_without_start_is_refused_beside_a_signed_agreement():
    with pytest.raises(StartRequiredError):
        renewal_effects(Period(None, None), {"signed": Period(None, date(2020, 1, 1))}, TODAY)


def test_renewal_without_start_and_without_predecessor_changes_nothing():
    assert renewal_effects(Period(None, None), {}, TODAY) == RenewalEffects(None, None, [])


@pytest.mark.parametrize(
    ("period", "following"),
    [
        (("2024-09-01", "2027-08-31"), ("2027-09-01", "2030-08-31")),
        (("2024-03-01", "2024-08-31"), ("2024-09-01", "2025-02-28")),
        (("2023-02-01", "2024-02-29"), ("2024-03-01", "2025-03-31")),
        (("2024-01-10", "2024-01-19"), ("2024-01-20", "2024-01-29")),
        (("2024-09-15", "2025-09-14"), ("2025-09-15", "2026-09-14")),
        ((None, "2025-08-31"), ("2025-09-01", None)),
        (("2024-09-01", None), (None, None)),
        (("0001-01-01", "9990-12-31"), ("9991-01-01", None)),
        (("9999-12-31", "9999-12-31"), (None, None)),
    ],
)
def test_next_period_has_the_same_length(period, following):
    def parse(days):
        return Period(*(day and date.fromisoformat(day) for day in days))

    assert next_period(parse(period)) == parse(following)


@given(start=DAYS, months=st.integers(1, 60))
def test_next_period_of_whole_months_has_as_many(start, months):
    first = start.replace(day=1)
    number = first.month - 1 + months
    end = date(first.year + number // 12, number % 12 + 1, 1)
    following = next_period(Period(first, end - timedelta(days=1)))

    after = following.end + timedelta(days=1)
    assert following.start == end
    assert (after.day, (after.year - end.year) * 12 + after.month - end.month) == (1, months)


def test_proposed_start_is_the_day_after_the_latest_signed_agreement():
    signed = {1: Period(date(2020, 1, 1), date(2023, 8, 31)), 2: Period(date(2023, 9, 1), date(2027, 8, 31))}

    assert propose_start(signed, TODAY) == date(2027, 9, 1)


@pytest.mark.parametrize(
    "signed",
    [{}, {1: Period(date(2020, 1, 1), None)}, {1: Period(date(2020, 1, 1), date.max)}],
    ids=["none", "without end", "until the last day there is"],
)
def test_proposed_start_is_the_day_of_signing_without_a_last_day(signed):
    assert propose_start(signed, TODAY) == TODAY


@pytest.mark.parametrize(
    ("day", "first_day", "start", "end"),
    [
        (date(2026, 8, 31), (9, 1), date(2025, 9, 1), date(2026, 8, 31)),
        (date(2026, 9, 1), (9, 1), date(2026, 9, 1), date(2027, 8, 31)),
        (date(2028, 2, 29), (3, 1), date(2027, 3, 1), date(2028, 2, 29)),
        (date(2028, 2, 29), (1, 1), date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_academic_year_is_the_year_from_its_first_day_that_has_the_day(day, first_day, start, end):
    assert academic_year(day, first_day) == Period(start, end)
