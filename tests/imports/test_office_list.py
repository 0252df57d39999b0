import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.office_list import AgreementChanges, diff_agreements
from partners.imports.type_notation import Term

IN_PROCESS, SIGNED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED
BILATERAL, ERASMUS, GE3 = TYPES = [Term(name) for name in ("Bilateral", "Erasmus+", "GE3")]
BILATERAL_ONGOING, ERASMUS_ONGOING, GE3_ONGOING = ONGOING = [term._replace(status=IN_PROCESS) for term in TYPES]
UNKNOWN = Term(None, status=AgreementStatus.IN_PROCESS)

some_terms = st.frozensets(st.sampled_from([*TYPES, *ONGOING, UNKNOWN]))


def with_pks(terms):
    """Return open agreements of these terms, with pks from 1."""
    return {term: pk for pk, term in enumerate(sorted(terms, key=str), start=1)}


def apply_changes(existing, changes):
    """Return the terms of the open agreements after the changes."""
    unchanged = {pk: term for term, pk in existing.items() if pk not in changes.ended}
    updated = {pk: new for pk, (_old, new) in changes.updated.items()}
    return [*(unchanged | updated).values(), *changes.added]


@pytest.mark.parametrize(
    ("listed", "existing", "changes"),
    [
        pytest.param({BILATERAL}, {BILATERAL: 1}, AgreementChanges(), id="signed stays"),
        pytest.param({ERASMUS_ONGOING}, {ERASMUS_ONGOING: 1}, AgreementChanges(), id="in process stays"),
        pytest.param({UNKNOWN}, {UNKNOWN: 1}, AgreementChanges(), id="unknown stays"),
        pytest.param(
            {ERASMUS},
            {ERASMUS_ONGOING: 1},
            AgreementChanges(updated={1: (ERASMUS_ONGOING, ERASMUS)}),
            id="in process becomes signed",
        ),
        pytest.param(
            {ERASMUS},
            {UNKNOWN: 1},
            AgreementChanges(updated={1: (UNKNOWN, ERASMUS)}),
            id="unknown takes the type and is signed",
        ),
        pytest.param(
            {ERASMUS, UNKNOWN}, {UNKNOWN: 1}, AgreementChanges(added=[ERASMUS]), id="unknown that is still listed stays"
        ),
        pytest.param(
            {ERASMUS},
            {UNKNOWN: 1, ERASMUS_ONGOING: 2},
            AgreementChanges(updated={2: (ERASMUS_ONGOING, ERASMUS)}, ended={1: UNKNOWN}),
            id="same type goes before unknown",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            {UNKNOWN: 1, ERASMUS_ONGOING: 2},
            AgreementChanges(updated={2: (ERASMUS_ONGOING, ERASMUS), 1: (UNKNOWN, BILATERAL)}),
            id="each takes its own",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            {UNKNOWN: 1},
            AgreementChanges(updated={1: (UNKNOWN, BILATERAL)}, added=[ERASMUS]),
            id="one unknown becomes one",
        ),
        pytest.param(
            {ERASMUS_ONGOING},
            {UNKNOWN: 1},
            AgreementChanges(updated={1: (UNKNOWN, ERASMUS_ONGOING)}),
            id="unknown takes the type and stays in process",
        ),
        pytest.param(
            {ERASMUS_ONGOING, GE3},
            {UNKNOWN: 1},
            AgreementChanges(updated={1: (UNKNOWN, GE3)}, added=[ERASMUS_ONGOING]),
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
def test_diff_agreements_makes_the_fewest_changes(listed, existing, changes):
    assert diff_agreements(frozenset(listed), existing) == changes


@settings(deadline=None)
@given(some_terms, some_terms.map(with_pks))
def test_diff_agreements_leads_to_the_listed_terms(listed, existing):
    changes = diff_agreements(listed, existing)

    assert sorted(map(str, apply_changes(existing, changes))) == sorted(map(str, listed))


@settings(deadline=None)
@given(some_terms, some_terms.map(with_pks))
def test_diff_agreements_is_empty_only_if_nothing_differs(listed, existing):
    changes = diff_agreements(listed, existing)

    assert (changes == AgreementChanges()) == (listed == existing.keys())


@settings(deadline=None)
@given(some_terms, some_terms.map(with_pks))
def test_diff_agreements_changes_each_agreement_once(listed, existing):
    changes = diff_agreements(listed, existing)

    changed = [(pk, old) for pk, (old, _new) in changes.updated.items()] + list(changes.ended.items())
    assert len({pk for pk, _ in changed}) == len(changed)
    assert all(existing[old] == pk for pk, old in changed)


@settings(deadline=None)
@given(some_terms, some_terms.map(with_pks))
def test_diff_agreements_ends_nothing_that_could_be_updated(listed, existing):
    changes = diff_agreements(listed, existing)

    signable = [term._replace(status=IN_PROCESS) for term in changes.added if term.status == SIGNED]
    assert [term for term in changes.ended.values() if term in signable or (changes.added and term == UNKNOWN)] == []


def test_describe_names_each_change():
    changes = diff_agreements(frozenset({BILATERAL, ERASMUS, GE3_ONGOING}), {BILATERAL_ONGOING: 1, UNKNOWN: 2})
    ending = diff_agreements(frozenset({BILATERAL}), {GE3: 1, ERASMUS_ONGOING: 2, UNKNOWN: 3})

    assert list(changes.describe()) == [
        "Bilateral (in process) becomes signed Bilateral",
        "in process becomes signed Erasmus+",
        "new: GE3 (in process)",
    ]
    assert list(ending.describe()) == [
        "in process becomes signed Bilateral",
        "GE3 ends",
        "Erasmus+ (in process) ends",
    ]


def test_describe_names_new_agreements():
    changes = diff_agreements(frozenset({BILATERAL, UNKNOWN}), {})

    assert list(changes.describe()) == ["new: signed Bilateral", "new: in process"]
