"""Which of a university's agreements each row of the register's file is about, where no number says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partners.enums import AgreementStatus

UniqueSlot = tuple[str | None, str]
"""A type and a status: what a university has only one agreement of, unless it is ended."""


class AgreementFingerprint(NamedTuple):
    """An agreement as a row tells it, or as a university holds it."""

    agreement_type: str | None
    status: str
    dates: tuple[date | None, ...] = ()
    """Those that the file has a column for."""
    others: tuple = ()
    """The other details that the file has a column for. They tell apart what is the same otherwise."""

    @property
    def place(self) -> UniqueSlot | None:
        return None if self.status == AgreementStatus.ENDED else (self.agreement_type, self.status)

    @property
    def in_short(self) -> AgreementFingerprint:
        return self._replace(others=())


def fingerprint(
    values: Mapping[str, object], dates: Iterable[str] = (), others: Iterable[str] = ()
) -> AgreementFingerprint:
    """From the values of an agreement, by the names of its fields, of which some are the details to look at."""
    looked_at = (tuple([values[name] for name in names]) for names in (dates, others))
    return AgreementFingerprint(values["agreement_type"], values["status"], *looked_at)


class Transition(NamedTuple):
    """A row of one status is about an agreement of another, of the same type or of unknown type."""

    status: str
    before: str
    same_type: bool = True


TRANSITIONS = [
    Transition(AgreementStatus.IN_PROCESS, before=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.SIGNED, before=AgreementStatus.SIGNED),
    Transition(AgreementStatus.SIGNED, before=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.ENDED, before=AgreementStatus.SIGNED),
    Transition(AgreementStatus.ENDED, before=AgreementStatus.IN_PROCESS),
    Transition(AgreementStatus.SIGNED, before=AgreementStatus.IN_PROCESS, same_type=False),
    Transition(AgreementStatus.IN_PROCESS, before=AgreementStatus.IN_PROCESS, same_type=False),
]
"""The likely ones first: what stays, then what moves on, then what learns its type."""


def match_rows(rows: Sequence[AgreementFingerprint], held: Mapping[int, AgreementFingerprint]) -> dict[int, int]:
    """The agreement that each row is about, by the row's position. Rows without one tell of new agreements.

    No agreement goes to two rows. What has ended goes only to a row that says the same of it:
    another row tells of other history.
    """
    found = _same(dict(enumerate(rows)), held)
    taken = set(found.values())
    found |= _same(
        {at: row.in_short for at, row in enumerate(rows) if at not in found},
        {pk: fingerprint.in_short for pk, fingerprint in held.items() if pk not in taken},
    )
    taken.update(found.values())
    left = {deal.place: pk for pk, deal in held.items() if deal.place and pk not in taken}
    for step in TRANSITIONS:
        for at, row in enumerate(rows):
            source = row.agreement_type if step.same_type else None, step.before
            if row.status == step.status and at not in found and source in left:
                found[at] = left.pop(source)
    return found


def _same(rows: Mapping[int, AgreementFingerprint], held: Mapping[int, AgreementFingerprint]) -> dict[int, int]:
    """Rows that say what an agreement is, the older agreement first if there are several of the kind."""
    agreements = defaultdict(list)
    for pk in sorted(held, reverse=True):
        agreements[held[pk]].append(pk)
    return {at: agreements[row].pop() for at, row in rows.items() if agreements.get(row)}
