from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.register_matching import AgreementFingerprint, match_rows
from partners.periods import Period

IN_PROCESS, SIGNED, ENDED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED, AgreementStatus.ENDED
FIRST, SECOND = Period(date(2021, 9, 1), date(2024, 8, 31)), Period(date(2024, 9, 1), date(2027, 8, 31))
ACROSS = Period(date(2023, 1, 1), date(2025, 12, 31))
RUNNING, LATER, UNBOUNDED = Period(date(2024, 9, 1), None), Period(date(2027, 9, 1), None), Period(None, None)

fingerprints = st.builds(
    AgreementFingerprint,
    st.sampled_from(["Erasmus+", "GE3", None]),
    st.sampled_from(AgreementStatus.values),
    st.sampled_from(["", "law"]),
    st.sampled_from([FIRST, SECOND, ACROSS, RUNNING, LATER, UNBOUNDED]),
    st.sampled_from([(), (date(2020, 1, 1),)]),
).filter(lambda fingerprint: fingerprint.agreement_type or fingerprint.status != SIGNED)
file_rows = st.lists(fingerprints, max_size=8)


def exclude_each_other(one, other):
    """Return True if a university cannot have both."""
    is_same = (one.agreement_type, one.status, one.scope_key) == (other.agreement_type, other.status, other.scope_key)
    return is_same and (one.status == IN_PROCESS or (one.status == SIGNED and one.period.overlaps(other.period)))


@st.composite
def agreements(draw):
    """Existing agreements of a university by pk."""
    existing = {}
    for pk, fingerprint in enumerate(draw(st.lists(fingerprints, max_size=8)), start=1):
        if not any(exclude_each_other(fingerprint, other) for other in existing.values()):
            existing[pk] = fingerprint
    return existing


def apply_matches(rows, existing, matches):
    """Return the agreements after the import: matched ones have the values of their row, other rows are added."""
    updated = {pk: rows[index] for index, pk in matches.items()}
    added = [row for index, row in enumerate(rows) if index not in matches]
    return existing | updated | dict(enumerate(added, start=100))


@pytest.mark.parametrize(
    ("rows", "existing", "matches"),
    [
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=SECOND)],
            {1: AgreementFingerprint("GE3", SIGNED, period=SECOND)},
            {0: 1},
            id="the same",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=SECOND)],
            {1: AgreementFingerprint("GE3", SIGNED, period=FIRST)},
            {},
            id="signed for another period is another one",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=SECOND)],
            {
                1: AgreementFingerprint("GE3", SIGNED, period=FIRST),
                2: AgreementFingerprint("GE3", SIGNED, period=RUNNING),
            },
            {0: 2},
            id="signed with another end",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=ACROSS)],
            {
                1: AgreementFingerprint("GE3", SIGNED, period=SECOND),
                2: AgreementFingerprint("GE3", SIGNED, period=FIRST),
            },
            {0: 2},
            id="signed by the nearer start",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=LATER), AgreementFingerprint("GE3", SIGNED, period=SECOND)],
            {1: AgreementFingerprint("GE3", SIGNED, period=RUNNING)},
            {1: 1},
            id="the same start goes before the same end",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=LATER), AgreementFingerprint("GE3", SIGNED, period=SECOND)],
            {1: AgreementFingerprint("GE3", SIGNED)},
            {1: 1},
            id="without dates it is the earliest of several",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=SECOND), AgreementFingerprint("GE3", SIGNED, period=LATER)],
            {
                1: AgreementFingerprint("GE3", SIGNED, period=RUNNING),
                2: AgreementFingerprint("GE3", IN_PROCESS, period=LATER),
            },
            {0: 1, 1: 2},
            id="renewal is signed",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, period=LATER)],
            {
                1: AgreementFingerprint("GE3", SIGNED, period=RUNNING),
                2: AgreementFingerprint("GE3", IN_PROCESS, period=LATER),
            },
            {0: 2},
            id="renewal is signed though another overlaps",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, period=FIRST)],
            {
                1: AgreementFingerprint("GE3", SIGNED, period=SECOND),
                2: AgreementFingerprint("GE3", SIGNED, period=FIRST),
            },
            {0: 2},
            id="the one of the same period ends",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, period=FIRST)],
            {1: AgreementFingerprint("GE3", SIGNED, period=SECOND)},
            {},
            id="signed does not end for a past one",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", SIGNED, "law")],
            {1: AgreementFingerprint("GE3", SIGNED), 2: AgreementFingerprint("GE3", IN_PROCESS, "law")},
            {0: 2},
            id="another scope is another deal",
        ),
        pytest.param(
            [AgreementFingerprint(None, IN_PROCESS, period=SECOND)],
            {1: AgreementFingerprint(None, IN_PROCESS, period=FIRST)},
            {0: 1},
            id="in process with other dates",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, period=SECOND)],
            {1: AgreementFingerprint("GE3", ENDED, period=FIRST)},
            {},
            id="ended with other dates is history",
        ),
        pytest.param(
            [AgreementFingerprint("GE3", ENDED, period=SECOND), AgreementFingerprint("GE3", ENDED, period=FIRST)],
            {1: AgreementFingerprint("GE3", ENDED, period=FIRST), 2: AgreementFingerprint("GE3", ENDED, period=SECOND)},
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
def test_row_is_matched_to_the_most_likely_agreement(rows, existing, matches):
    assert match_rows(rows, existing) == matches


@given(file_rows, agreements())
def test_no_agreement_is_matched_to_two_rows(rows, existing):
    matches = match_rows(rows, existing)

    assert set(matches) <= set(range(len(rows)))
    assert len(set(matches.values())) == len(matches)
    assert set(matches.values()) <= set(existing)


@given(agreements())
def test_rows_equal_to_the_agreements_are_matched_to_them(existing):
    matches = match_rows(list(existing.values()), existing)

    assert [existing[matches[index]] for index in range(len(existing))] == list(existing.values())


@given(file_rows, agreements())
def test_ended_agreement_is_matched_to_an_equal_row_only(rows, existing):
    matches = match_rows(rows, existing)

    assert all(rows[index] == existing[pk] for index, pk in matches.items() if existing[pk].status == ENDED)


@given(file_rows, agreements())
def test_known_type_is_never_changed(rows, existing):
    matches = match_rows(rows, existing)

    pairs = [(existing[pk], rows[index]) for index, pk in matches.items()]
    changed = [old for old, new in pairs if old.agreement_type != new.agreement_type]
    assert all((old.agreement_type, old.status) == (None, IN_PROCESS) for old in changed)


@given(file_rows, agreements())
def test_status_never_goes_back(rows, existing):
    steps = [IN_PROCESS, SIGNED, ENDED]

    matches = match_rows(rows, existing)

    assert all(steps.index(existing[pk].status) <= steps.index(rows[index].status) for index, pk in matches.items())


@given(file_rows, agreements())
def test_unmatched_row_could_stand_beside_every_unmatched_agreement(rows, existing):
    matches = match_rows(rows, existing)

    new = [row for index, row in enumerate(rows) if index not in matches]
    unmatched = [agreement for pk, agreement in existing.items() if pk not in matches.values()]
    assert [(row, agreement) for row in new for agreement in unmatched if exclude_each_other(row, agreement)] == []


@given(file_rows, agreements())
def test_scope_is_never_changed(rows, existing):
    matches = match_rows(rows, existing)

    assert all(existing[pk].scope_key == rows[index].scope_key for index, pk in matches.items())


@given(file_rows, agreements())
def test_second_import_of_the_same_rows_changes_nothing(rows, existing):
    updated = apply_matches(rows, existing, match_rows(rows, existing))

    matches = match_rows(rows, updated)

    assert [updated[matches[index]] for index in range(len(rows))] == rows


@given(file_rows.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), agreements())
def test_number_of_new_rows_is_independent_of_their_order(orders, existing):
    one, other = orders

    assert len(match_rows(one, existing)) == len(match_rows(other, existing))


def test_matching_is_fast_for_20_000_ended_agreements():
    history = [
        AgreementFingerprint("GE3", ENDED, dates=(date.fromordinal(700_000 + number),)) for number in range(20_000)
    ]

    matches = match_rows(history, dict(enumerate(history)))

    assert matches == {number: number for number in range(20_000)}
