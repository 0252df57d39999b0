import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.imports.reconciliation import AgreementChanges, diff_agreements
from partners.imports.type_notation import Term

BILATERAL, ERASMUS, GE3 = TYPES = [Term(name) for name in ("Bilateral", "Erasmus+", "GE3")]
BILATERAL_ONGOING, ERASMUS_ONGOING, GE3_ONGOING = ONGOING = [term._replace(in_process=True) for term in TYPES]
UNKNOWN = Term(None, in_process=True)

some_terms = st.frozensets(st.sampled_from([*TYPES, *ONGOING, UNKNOWN]))


def numbered(terms):
    """The terms as a university holds them, the first as agreement 1."""
    return {term: number for number, term in enumerate(sorted(terms, key=str), start=1)}


def after(held, changes):
    """The open agreements when the changes are made: those that stay, and what becomes of the others."""
    stay = {number: term for term, number in held.items() if number not in changes.ended}
    turned = {number: new for number, (_old, new) in changes.turned.items()}
    return [*(stay | turned).values(), *changes.added]


@pytest.mark.parametrize(
    ("listed", "held", "changes"),
    [
        pytest.param({BILATERAL}, {BILATERAL: 1}, AgreementChanges(), id="signed stays"),
        pytest.param({ERASMUS_ONGOING}, {ERASMUS_ONGOING: 1}, AgreementChanges(), id="in process stays"),
        pytest.param({UNKNOWN}, {UNKNOWN: 1}, AgreementChanges(), id="unknown stays"),
        pytest.param(
            {ERASMUS},
            {ERASMUS_ONGOING: 1},
            AgreementChanges(turned={1: (ERASMUS_ONGOING, ERASMUS)}),
            id="in process becomes signed",
        ),
        pytest.param(
            {ERASMUS},
            {UNKNOWN: 1},
            AgreementChanges(turned={1: (UNKNOWN, ERASMUS)}),
            id="unknown takes the type and is signed",
        ),
        pytest.param(
            {ERASMUS, UNKNOWN}, {UNKNOWN: 1}, AgreementChanges(added=[ERASMUS]), id="unknown that is still listed stays"
        ),
        pytest.param(
            {ERASMUS},
            {UNKNOWN: 1, ERASMUS_ONGOING: 2},
            AgreementChanges(turned={2: (ERASMUS_ONGOING, ERASMUS)}, ended={1: UNKNOWN}),
            id="same type goes before unknown",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            {UNKNOWN: 1, ERASMUS_ONGOING: 2},
            AgreementChanges(turned={2: (ERASMUS_ONGOING, ERASMUS), 1: (UNKNOWN, BILATERAL)}),
            id="each takes its own",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            {UNKNOWN: 1},
            AgreementChanges(turned={1: (UNKNOWN, BILATERAL)}, added=[ERASMUS]),
            id="one unknown becomes one",
        ),
        pytest.param(
            {ERASMUS_ONGOING},
            {UNKNOWN: 1},
            AgreementChanges(turned={1: (UNKNOWN, ERASMUS_ONGOING)}),
            id="unknown takes the type and stays in process",
        ),
        pytest.param(
            {ERASMUS_ONGOING, GE3},
            {UNKNOWN: 1},
            AgreementChanges(turned={1: (UNKNOWN, GE3)}, added=[ERASMUS_ONGOING]),
            id="signed goes before in process",
        ),
        pytest.param({BILATERAL, ERASMUS}, {}, AgreementChanges(added=[BILATERAL, ERASMUS]), id="new signed"),
        pytest.param({UNKNOWN, GE3_ONGOING}, {}, AgreementChanges(added=[UNKNOWN, GE3_ONGOING]), id="new in process"),
        pytest.param({BILATERAL}, {BILATERAL: 1, GE3: 2}, AgreementChanges(ended={2: GE3}), id="signed ends"),
        pytest.param(
            {BILATERAL}, {BILATERAL: 1, GE3_ONGOING: 2}, AgreementChanges(ended={2: GE3_ONGOING}), id="in process ends"
        ),
        pytest.param(
            {GE3},
            {BILATERAL: 1},
            AgreementChanges(added=[GE3], ended={1: BILATERAL}),
            id="another type is another deal",
        ),
        pytest.param(
            {GE3_ONGOING}, {GE3: 1}, AgreementChanges(added=[GE3_ONGOING], ended={1: GE3}), id="signed does not go back"
        ),
        pytest.param(
            {GE3, GE3_ONGOING},
            {GE3_ONGOING: 1},
            AgreementChanges(added=[GE3]),
            id="in process that is still listed stays",
        ),
        pytest.param({GE3}, {GE3: 1, GE3_ONGOING: 2}, AgreementChanges(ended={2: GE3_ONGOING}), id="renewal given up"),
        pytest.param(set(), {}, AgreementChanges(), id="nothing"),
    ],
)
def test_reconcile_makes_the_fewest_changes(listed, held, changes):
    assert diff_agreements(frozenset(listed), held) == changes


@settings(deadline=None)
@given(some_terms, some_terms.map(numbered))
def test_after_the_changes_a_university_holds_what_is_listed(listed, held):
    changes = diff_agreements(listed, held)

    assert sorted(map(str, after(held, changes))) == sorted(map(str, listed))


@settings(deadline=None)
@given(some_terms, some_terms.map(numbered))
def test_changes_are_none_only_when_the_list_says_what_is_held(listed, held):
    changes = diff_agreements(listed, held)

    assert bool(changes) == (listed != held.keys())


@settings(deadline=None)
@given(some_terms, some_terms.map(numbered))
def test_changes_touch_each_agreement_once_and_tell_what_it_was(listed, held):
    changes = diff_agreements(listed, held)

    told = [(number, old) for number, (old, _new) in changes.turned.items()] + list(changes.ended.items())
    assert len({number for number, _ in told}) == len(told)
    assert all(held[old] == number for number, old in told)


@settings(deadline=None)
@given(some_terms, some_terms.map(numbered))
def test_changes_end_nothing_that_could_have_been_signed(listed, held):
    changes = diff_agreements(listed, held)

    waiting = [term._replace(in_process=True) for term in changes.added if not term.in_process]
    assert [term for term in changes.ended.values() if term in waiting or (changes.added and term == UNKNOWN)] == []


def test_words_tell_each_change():
    changes = diff_agreements(frozenset({BILATERAL, ERASMUS, GE3_ONGOING}), {BILATERAL_ONGOING: 1, UNKNOWN: 2})
    ending = diff_agreements(frozenset({BILATERAL}), {GE3: 1, ERASMUS_ONGOING: 2, UNKNOWN: 3})

    assert list(changes.words()) == [
        "Bilateral (in process) becomes signed Bilateral",
        "in process becomes signed Erasmus+",
        "new: GE3 (in process)",
    ]
    assert list(ending.words()) == [
        "in process becomes signed Bilateral",
        "GE3 ends",
        "Erasmus+ (in process) ends",
    ]


def test_words_tell_what_is_new():
    changes = diff_agreements(frozenset({BILATERAL, UNKNOWN}), {})

    assert list(changes.words()) == ["new: signed Bilateral", "new: in process"]
