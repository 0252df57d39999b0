from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from partners.periods import ONE_DAY, Period
from partners.term_coverage import SignedPeriod, cover_term

TERM = Period(date(2027, 9, 1), date(2027, 9, 20))
DAYS = st.integers(-10, 30).map(lambda number: TERM.start + timedelta(days=number))


@st.composite
def signed_periods(draw):
    start, end = draw(st.none() | DAYS), draw(st.none() | DAYS)
    assume(start is None or end is None or start <= end)
    return SignedPeriod(start, end, end is None and draw(st.booleans()))


def days_of(period):
    return [day for number in range(40) if (day := period.start + timedelta(days=number)) <= period.end]


def is_in(day, signed):
    return (signed.start is None or signed.start <= day) and (signed.end is None or day <= signed.end)


@given(st.lists(signed_periods(), max_size=6))
def test_parts_are_the_days_of_the_term_with_an_agreement_between_days_without(agreements):
    coverage = cover_term(TERM, agreements)

    covered = [day for day in days_of(TERM) if any(is_in(day, signed) for signed in agreements)]
    assert [day for part in coverage.parts for day in days_of(part)] == covered
    assert [part for part in coverage.parts if part.start - ONE_DAY in covered or part.end + ONE_DAY in covered] == []
    assert coverage.is_whole == (covered == days_of(TERM))
    assert coverage.rank[0] == len(covered)


@given(st.lists(signed_periods(), max_size=6))
def test_end_is_recorded_unless_an_agreement_in_the_term_has_none(agreements):
    without_end = [each for each in agreements if each.end is None and not each.is_open_ended]

    recorded = not any(is_in(TERM.end, each) for each in without_end)
    assert cover_term(TERM, agreements).is_end_recorded == recorded


@given(st.lists(signed_periods(), max_size=6), st.randoms())
def test_order_of_agreements_does_not_matter(agreements, rng):
    shuffled = rng.sample(agreements, len(agreements))

    assert cover_term(TERM, shuffled) == cover_term(TERM, agreements)
