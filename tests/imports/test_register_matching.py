from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.register_matching import AgreementFingerprint, match_rows

IN_PROCESS, SIGNED, ENDED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED, AgreementStatus.ENDED
THEN, NOW = (date(2020, 1, 1),), (date(2025, 1, 1),)

deals = st.builds(
    AgreementFingerprint,
    st.sampled_from(["Erasmus+", "GE3", None]),
    st.sampled_from(AgreementStatus.values),
    st.sampled_from([THEN, NOW, (None,)]),
).filter(lambda deal: deal.agreement_type or deal.status != SIGNED)
rows_of_a_file = st.lists(deals, max_size=8)


@st.composite
def agreements(draw):
    """What a university may hold: ended ones without limit, others one of a type and status."""
    drawn = draw(st.lists(deals, max_size=8))
    held, places = {}, set()
    for number, deal in enumerate(drawn, start=1):
        if deal.place is None or deal.place not in places:
            held[number] = deal
        places.add(deal.place)
    return held


def after(rows, held, found):
    """The agreements when each is what its row says, and the rows without one have brought theirs."""
    said = {pk: rows[at] for at, pk in found.items()}
    added = [row for at, row in enumerate(rows) if at not in found]
    return held | said | dict(enumerate(added, start=100))


@pytest.mark.parametrize(
    ("rows", "held", "found"),
    [
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, NOW)],
            {1: AgreementFingerprint("GE3", SIGNED, NOW)},
            {0: 1},
            id="the same",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, NOW)],
            {1: AgreementFingerprint("GE3", SIGNED, THEN)},
            {0: 1},
            id="signed with other dates",
        ),
        pytest.param(
            [AgreementFingerprint(None, IN_PROCESS, NOW)],
            {1: AgreementFingerprint(None, IN_PROCESS, THEN)},
            {0: 1},
            id="in process with other dates",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, NOW)],
            {1: AgreementFingerprint("GE3", ENDED, THEN)},
            {},
            id="ended with other dates is history",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, NOW), AgreementFingerprint("GE3", ENDED, THEN)],
            {1: AgreementFingerprint("GE3", ENDED, THEN), 2: AgreementFingerprint("GE3", ENDED, NOW)},
            {0: 2, 1: 1},
            id="ended ones by their dates",
        ),
        pytest.param(
            [
                AgreementFingerprint("GE3", ENDED),
                AgreementFingerprint("GE3", ENDED),
                AgreementFingerprint("GE3", ENDED),
            ],
            {1: AgreementFingerprint("GE3", ENDED), 2: AgreementFingerprint("GE3", ENDED)},
            {0: 1, 1: 2},
            id="ended ones alike, the older first",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint("GE3", IN_PROCESS)},
            {0: 1},
            id="in process becomes signed",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED)], {1: AgreementFingerprint("GE3", SIGNED)}, {0: 1}, id="signed ends"
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED)],
            {1: AgreementFingerprint("GE3", IN_PROCESS)},
            {0: 1},
            id="in process ends",
        ),
        pytest.param(
            [AgreementFingerprint(None, ENDED)], {1: AgreementFingerprint(None, IN_PROCESS)}, {0: 1}, id="unknown ends"
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED)],
            {1: AgreementFingerprint("GE3", IN_PROCESS), 2: AgreementFingerprint("GE3", SIGNED)},
            {0: 2},
            id="signed ends before in process",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED), AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint("GE3", IN_PROCESS)},
            {1: 1},
            id="in process is signed before it ends",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", IN_PROCESS), AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint("GE3", IN_PROCESS)},
            {0: 1},
            id="in process stays, beside one signed anew",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", IN_PROCESS)],
            {1: AgreementFingerprint("GE3", SIGNED)},
            {},
            id="signed does not go back",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint("GE3", ENDED)},
            {},
            id="ended does not come back",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint(None, IN_PROCESS)},
            {0: 1},
            id="unknown is signed",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", IN_PROCESS)],
            {1: AgreementFingerprint(None, IN_PROCESS)},
            {0: 1},
            id="unknown learns its type",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED)],
            {1: AgreementFingerprint(None, IN_PROCESS)},
            {},
            id="unknown does not end as another",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", IN_PROCESS), AgreementFingerprint("Erasmus+", SIGNED)],
            {1: AgreementFingerprint(None, IN_PROCESS)},
            {1: 1},
            id="unknown is signed before it stays in process",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED), AgreementFingerprint(None, IN_PROCESS)],
            {1: AgreementFingerprint(None, IN_PROCESS)},
            {1: 1},
            id="unknown that has a row stays",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint(None, IN_PROCESS), 2: AgreementFingerprint("GE3", IN_PROCESS)},
            {0: 2},
            id="same type goes before unknown",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED)],
            {1: AgreementFingerprint("Erasmus+", IN_PROCESS)},
            {},
            id="another type is another deal",
        ),
        pytest.param([], {1: AgreementFingerprint("GE3", SIGNED)}, {}, id="no row"),
    ],
)
def test_row_is_about_the_likeliest_agreement(rows, held, found):
    assert match_rows(rows, held) == found


@given(rows_of_a_file, agreements())
def test_no_agreement_goes_to_two_rows(rows, held):
    found = match_rows(rows, held)

    assert set(found) <= set(range(len(rows)))
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= set(held)


@given(agreements())
def test_rows_that_say_what_is_held_find_just_that(held):
    found = match_rows(list(held.values()), held)

    assert [held[found[at]] for at in range(len(held))] == list(held.values())


@given(rows_of_a_file, agreements())
def test_what_has_ended_goes_only_to_a_row_that_says_the_same(rows, held):
    found = match_rows(rows, held)

    assert all(rows[at] == held[pk] for at, pk in found.items() if held[pk].status == ENDED)


@given(rows_of_a_file, agreements())
def test_agreement_keeps_its_type_once_that_is_known(rows, held):
    found = match_rows(rows, held)

    changed = [(held[pk], rows[at]) for at, pk in found.items() if held[pk].agreement_type != rows[at].agreement_type]
    assert all((old.agreement_type, old.status) == (None, IN_PROCESS) for old, _new in changed)


@given(rows_of_a_file, agreements())
def test_row_never_takes_an_agreement_back_a_step(rows, held):
    steps = [IN_PROCESS, SIGNED, ENDED]

    found = match_rows(rows, held)

    assert all(steps.index(held[pk].status) <= steps.index(rows[at].status) for at, pk in found.items())


@given(rows_of_a_file, agreements())
def test_open_row_leaves_no_agreement_of_its_type_and_status_behind(rows, held):
    found = match_rows(rows, held)

    left = {deal.place for pk, deal in held.items() if pk not in found.values()}
    assert [row for at, row in enumerate(rows) if at not in found and row.place and row.place in left] == []


@given(rows_of_a_file, agreements())
def test_same_rows_once_more_find_what_they_have_made(rows, held):
    now_held = after(rows, held, match_rows(rows, held))

    found = match_rows(rows, now_held)

    assert [now_held[found[at]] for at in range(len(rows))] == rows


@given(rows_of_a_file.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), agreements())
def test_order_of_rows_does_not_decide_how_many_are_new(orders, held):
    one, other = orders

    assert len(match_rows(one, held)) == len(match_rows(other, held))


def test_matching_takes_no_longer_for_a_university_with_much_history():
    history = [AgreementFingerprint("GE3", ENDED, (date.fromordinal(700_000 + number),)) for number in range(20_000)]

    found = match_rows(history, dict(enumerate(history)))

    assert found == {number: number for number in range(20_000)}
