"""Validation that a university's agreements can exist side by side after an import of the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.imports.register_columns import (
    COLUMN_OF,
    STATUS_COLUMN,
    FieldValues,
    build_agreement,
    describe_agreement,
)
from partners.imports.register_rows import ParsedRow
from partners.name_normalization import matching_key
from partners.periods import Period


class ResultingAgreement(NamedTuple):
    """An agreement of a university as it will be after the import."""

    values: FieldValues
    number: int | None
    row: ParsedRow | None
    """None if the file does not have it."""

    @property
    def is_signed(self) -> bool:
        return self.values["status"] == AgreementStatus.SIGNED

    @property
    def slot(self) -> tuple:
        return self.values["agreement_type"], matching_key(self.values["scope"]), self.values["status"]

    @property
    def period(self) -> Period:
        """The days on which it excludes others of its slot. Until it is signed, its dates are plans: all days."""
        return Period(self.values["valid_from"], self.values["valid_until"]) if self.is_signed else Period(None, None)

    @property
    def line(self) -> int:
        return self.row.row.line if self.row else 0


def reject_conflicts(rows: Iterable[ParsedRow], agreements: Mapping[int, FieldValues]) -> None:
    """Reject a second agreement in process of a type and scope, and signed ones whose periods overlap."""
    changes = {row: row.result.agreement_change for row in rows if row.result.agreement_change}
    updated = {change.pk for change in changes.values()}
    others = [ResultingAgreement(values, pk, None) for pk, values in agreements.items() if pk not in updated]
    by_slot = defaultdict(list)
    for agreement in [*others, *(ResultingAgreement(change.after, change.pk, row) for row, change in changes.items())]:
        if AgreementStatus(agreement.values["status"]).is_open:
            by_slot[agreement.slot].append(agreement)
    for slot_agreements in by_slot.values():
        for first, second in _overlaps(slot_agreements):
            column = COLUMN_OF["valid_from"] if second.is_signed else STATUS_COLUMN
            second.row.errors[column].append(_describe_conflict(first, second))


def _overlaps(agreements: Iterable[ResultingAgreement]) -> Iterator[Sequence[ResultingAgreement]]:
    """Yield each agreement whose period overlaps an earlier one, with that, in the order of their lines."""
    latest, *others = sorted(agreements, key=lambda agreement: agreement.period.bounds[0])
    for agreement in others:
        if agreement.period.overlaps(latest.period):
            yield sorted([latest, agreement], key=attrgetter("line"))
        latest = max(latest, agreement, key=lambda agreement: agreement.period.bounds[1])


def _describe_conflict(first: ResultingAgreement, second: ResultingAgreement) -> str:
    params = {"agreement": describe_agreement(second.values), "number": first.number, "line": first.line}
    if second.is_signed:
        this, other = [build_agreement(agreement.values) for agreement in (second, first)]
        params |= {"this": this.describe_period(), "other": other.describe_period()}
        message = _("“%(this)s” overlaps line %(line)d, “%(other)s”. Correct the dates, or end one of the two.")
        if not first.row:
            message = _(
                "“%(this)s” overlaps agreement number %(number)d, “%(other)s”."
                " Correct the dates, or add a line for that one, with its number."
            )
    elif first.row:
        message = _(
            "“%(agreement)s” stands in line %(line)d already, and the university can have only one."
            " Give one of the two the status “ended”."
        )
    else:
        message = _(
            "The university has the agreement “%(agreement)s” already, number %(number)d, and it can have only one."
            " Add a line for that one, with its number and the status “ended”."
        )
    return message % params
