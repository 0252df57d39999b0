"""The rules of an import of the office's list, on plain values."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from partners.enums import AgreementStatus
from partners.imports.reconciliation import AgreementChanges, OpenAgreement, describe_expired, reconcile
from partners.imports.type_notation import Term

ON = date(2026, 11, 28)
IN_PROCESS, SIGNED = AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED
BILATERAL, ERASMUS, GE3 = TYPES = [Term(name) for name in ("Bilateral", "Erasmus+", "GE3")]
BILATERAL_ONGOING, ERASMUS_ONGOING, GE3_ONGOING = ONGOING = [term._replace(status=IN_PROCESS) for term in TYPES]
UNKNOWN = Term(None, status=IN_PROCESS)
EXPIRED = {"valid_from": date(2023, 9, 1), "valid_until": date(2026, 8, 31)}
LONG_EXPIRED = {"valid_from": date(2020, 9, 1), "valid_until": date(2023, 8, 31)}
IN_FORCE = {"valid_from": date(2026, 9, 1), "valid_until": date(2028, 8, 31)}
UPCOMING = {"valid_from": date(2028, 9, 1)}


def agreement(pk, term, scope="", **dates):
    return OpenAgreement(pk, term, scope, **dates)


@pytest.mark.parametrize(
    ("listed", "existing", "changes"),
    [
        pytest.param({BILATERAL}, [(1, BILATERAL)], {}, id="signed stays"),
        pytest.param({ERASMUS_ONGOING}, [(1, ERASMUS_ONGOING)], {}, id="in process stays"),
        pytest.param({UNKNOWN}, [(1, UNKNOWN)], {}, id="unknown stays"),
        pytest.param({ERASMUS}, [(1, ERASMUS_ONGOING)], {"updated": {1: ERASMUS}}, id="in process becomes signed"),
        pytest.param({ERASMUS}, [(1, UNKNOWN)], {"updated": {1: ERASMUS}}, id="unknown takes the type and is signed"),
        pytest.param({ERASMUS, UNKNOWN}, [(1, UNKNOWN)], {"added": [ERASMUS]}, id="unknown that is still listed stays"),
        pytest.param(
            {ERASMUS},
            [(1, UNKNOWN), (2, ERASMUS_ONGOING)],
            {"updated": {2: ERASMUS}, "ended": [1]},
            id="same type goes before unknown",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            [(1, UNKNOWN), (2, ERASMUS_ONGOING)],
            {"updated": {1: BILATERAL, 2: ERASMUS}},
            id="each takes its own",
        ),
        pytest.param(
            {ERASMUS, BILATERAL},
            [(1, UNKNOWN)],
            {"updated": {1: BILATERAL}, "added": [ERASMUS]},
            id="one unknown becomes one",
        ),
        pytest.param(
            {ERASMUS_ONGOING},
            [(1, UNKNOWN)],
            {"updated": {1: ERASMUS_ONGOING}},
            id="unknown takes the type and stays in process",
        ),
        pytest.param(
            {ERASMUS_ONGOING, GE3},
            [(1, UNKNOWN)],
            {"updated": {1: GE3}, "added": [ERASMUS_ONGOING]},
            id="signed goes before in process",
        ),
        pytest.param({BILATERAL, ERASMUS}, [], {"added": [BILATERAL, ERASMUS]}, id="new signed"),
        pytest.param({UNKNOWN, GE3_ONGOING}, [], {"added": [UNKNOWN, GE3_ONGOING]}, id="new in process"),
        pytest.param({BILATERAL}, [(1, BILATERAL), (2, GE3)], {"ended": [2]}, id="signed ends"),
        pytest.param({BILATERAL}, [(1, BILATERAL), (2, GE3_ONGOING)], {"ended": [2]}, id="in process ends"),
        pytest.param({GE3}, [(1, BILATERAL)], {"added": [GE3], "ended": [1]}, id="another type is another deal"),
        pytest.param(
            {GE3_ONGOING}, [(1, GE3)], {"added": [GE3_ONGOING], "taken_back": [1]}, id="signed does not go back"
        ),
        pytest.param(
            {GE3, GE3_ONGOING}, [(1, GE3_ONGOING)], {"added": [GE3]}, id="in process that is still listed stays"
        ),
        pytest.param({GE3}, [(1, GE3), (2, GE3_ONGOING)], {}, id="renewal in process stays"),
        pytest.param(set(), [], {}, id="nothing"),
    ],
)
def test_reconcile_makes_the_fewest_changes(listed, existing, changes):
    assert reconciled(listed, *existing) == changes


@pytest.mark.parametrize(
    ("listed", "existing", "changes"),
    [
        pytest.param({ERASMUS}, [(1, ERASMUS, "Law")], {}, id="signed for a faculty stays"),
        pytest.param({ERASMUS}, [(1, ERASMUS, "Law"), (2, ERASMUS_ONGOING, "Arts")], {}, id="renewal of another stays"),
        pytest.param({ERASMUS}, [(1, ERASMUS_ONGOING, "Law")], {"updated": {1: ERASMUS}}, id="only one in process"),
        pytest.param(
            {ERASMUS},
            [(1, ERASMUS_ONGOING, "Law"), (2, ERASMUS_ONGOING), (3, ERASMUS_ONGOING, "Arts")],
            {"updated": {2: ERASMUS}},
            id="the whole university's becomes signed",
        ),
        pytest.param(
            {ERASMUS, ERASMUS_ONGOING},
            [(1, ERASMUS_ONGOING, "Law"), (2, ERASMUS_ONGOING, "Arts")],
            {"added": [ERASMUS]},
            id="several in process that are still listed stay",
        ),
        pytest.param(
            {GE3},
            [(1, UNKNOWN), (2, UNKNOWN, "Law")],
            {"added": [GE3], "ended": [1, 2]},
            id="several of unknown type take no type",
        ),
        pytest.param(
            {BILATERAL},
            [(1, BILATERAL), (2, GE3, "Law"), (3, GE3), (4, GE3_ONGOING, "Arts")],
            {"ended": [2, 3, 4]},
            id="a type that is not listed ends in every scope",
        ),
        pytest.param(
            {GE3_ONGOING},
            [(1, GE3, "Law"), (2, GE3, "Arts"), (3, GE3_ONGOING, "Arts")],
            {"taken_back": [1, 2]},
            id="signed that is listed as in process ends in every scope",
        ),
    ],
)
def test_reconcile_with_scopes(listed, existing, changes):
    assert reconciled(listed, *existing) == changes


@pytest.mark.parametrize(
    ("listed", "periods", "changes"),
    [
        pytest.param({GE3}, [EXPIRED], {}, id="signed and expired"),
        pytest.param({GE3}, [UPCOMING], {}, id="signed and upcoming"),
        pytest.param({GE3_ONGOING}, [EXPIRED], {"added": [GE3_ONGOING]}, id="expired stays"),
        pytest.param({GE3_ONGOING}, [IN_FORCE], {"added": [GE3_ONGOING], "taken_back": [1]}, id="in force ends"),
        pytest.param(
            {GE3_ONGOING},
            [EXPIRED, IN_FORCE, UPCOMING],
            {"added": [GE3_ONGOING], "taken_back": [2, 3]},
            id="in force and upcoming end, expired stays",
        ),
        pytest.param(
            {BILATERAL},
            [EXPIRED, IN_FORCE, UPCOMING],
            {"added": [BILATERAL], "ended": [1, 2, 3]},
            id="all end that are not listed",
        ),
    ],
)
def test_reconcile_with_periods(listed, periods, changes):
    existing = [agreement(pk, GE3, **period) for pk, period in enumerate(periods, 1)]

    assert outcome(reconcile(frozenset(listed), existing, ON)) == changes


def reconciled(listed, *existing):
    return outcome(reconcile(frozenset(listed), [agreement(*values) for values in existing], ON))


def outcome(changes):
    """Return the changes that there are, with agreements given by their pks."""
    named = {
        "updated": {old.pk: new for old, new in changes.updated},
        "added": list(changes.added),
        "ended": [old.pk for old in changes.ended],
        "taken_back": [old.pk for old in changes.taken_back],
    }
    return {name: values for name, values in named.items() if values}


def test_reconcile_asks_which_of_several_in_process_is_signed():
    existing = [agreement(1, ERASMUS_ONGOING, "Faculty of Law"), agreement(2, ERASMUS_ONGOING, "Faculty of Arts")]

    with pytest.raises(ValidationError) as refusal:
        reconcile(frozenset({ERASMUS}), existing, ON)

    assert refusal.value.messages == [
        "“Erasmus+” is in process for “Faculty of Law”, “Faculty of Arts”, and the list does not say which is signed. "
        "Mark that one as signed in the register, then import the list again."
    ]


def test_describe_names_each_change():
    existing = [agreement(1, BILATERAL_ONGOING), agreement(2, UNKNOWN)]
    changes = reconcile(frozenset({BILATERAL, ERASMUS, GE3_ONGOING}), existing, ON)

    assert list(changes.describe()) == [
        "The Bilateral agreement, in process, becomes signed.",
        "The agreement of unknown type, in process, becomes Erasmus+ and signed.",
        "New: GE3 agreement, in process.",
    ]


def test_describe_names_what_ends():
    existing = [agreement(1, GE3), agreement(2, ERASMUS_ONGOING), agreement(3, UNKNOWN)]
    changes = reconcile(frozenset({BILATERAL}), existing, ON)

    assert list(changes.describe()) == [
        "The agreement of unknown type, in process, becomes Bilateral and signed.",
        "The GE3 agreement ends.",
        "The Erasmus+ agreement, in process, ends.",
    ]


def test_describe_names_scopes_and_starts():
    existing = [
        agreement(1, GE3, "Faculty of Law"),
        agreement(2, GE3, "Faculty of Law", **UPCOMING),
        agreement(3, ERASMUS_ONGOING, "Faculty of Law"),
        agreement(4, BILATERAL_ONGOING, "Faculty of Law"),
    ]
    changes = reconcile(frozenset({GE3_ONGOING, BILATERAL}), existing, ON)

    assert list(changes.describe()) == [
        "The Bilateral agreement, Faculty of Law, in process, becomes signed.",
        "New: GE3 agreement, in process.",
        "The GE3 agreement, Faculty of Law, ends.",
        "The GE3 agreement, Faculty of Law, from 1 Sep 2028, ends.",
        "The Erasmus+ agreement, Faculty of Law, in process, ends.",
    ]


def test_describe_names_new_agreements():
    changes = reconcile(frozenset({BILATERAL, UNKNOWN}), [], ON)

    assert list(changes.describe()) == [
        "New: Bilateral agreement, signed.",
        "New: agreement of unknown type, in process.",
    ]


@pytest.mark.parametrize(
    ("listed", "periods", "sentences"),
    [
        ({GE3}, [EXPIRED], ["GE3 (listed, but expired 31 Aug 2026)"]),
        ({GE3, GE3_ONGOING}, [EXPIRED], ["GE3 (listed, but expired 31 Aug 2026)"]),
        ({GE3}, [LONG_EXPIRED, EXPIRED], ["GE3 (listed, but expired 31 Aug 2026)"]),
        ({GE3}, [EXPIRED, IN_FORCE], []),
        ({GE3}, [EXPIRED, UPCOMING], []),
        ({GE3_ONGOING}, [EXPIRED], ["GE3 (expired 31 Aug 2026, one in process)"]),
        ({GE3_ONGOING}, [EXPIRED, IN_FORCE], ["GE3 (expired 31 Aug 2026, one in process)"]),
        ({GE3_ONGOING}, [IN_FORCE], []),
        ({BILATERAL}, [EXPIRED], []),
        ({GE3}, [{"valid_until": ON}], []),
    ],
)
def test_describe_expired(listed, periods, sentences):
    existing = [agreement(pk, GE3, **period) for pk, period in enumerate(periods, 1)]

    assert list(describe_expired(frozenset(listed), existing, ON)) == sentences


def test_expired_in_one_scope_is_not_mentioned_beside_another_in_force():
    existing = [agreement(1, GE3, "Law", **EXPIRED), agreement(2, GE3, "Arts", **IN_FORCE)]

    assert list(describe_expired(frozenset({GE3}), existing, ON)) == []


def test_no_changes_are_one_object():
    """A register of 100,000 universities has that many results."""
    existing = [agreement(1, GE3, **EXPIRED)]

    assert reconcile(frozenset({GE3}), existing, ON) is reconcile(frozenset({GE3}), existing, ON)
    assert reconcile(frozenset({GE3}), existing, ON) == AgreementChanges()
