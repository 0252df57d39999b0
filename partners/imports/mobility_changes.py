"""Changes of agreements' mobilities that result from the lines of a file, and applying them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from partners.imports.register_columns import FieldValues
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Mobility
from partners.models.mobilities import summarize_change
from partners.runs import bulk_write
from partners.runs.bulk_write import ChangeContext

NEW_MOBILITY = {field.name: Mobility._meta.get_field(field.name).get_default() for field in MOBILITY_FIELDS}


@dataclass(slots=True)
class MobilityChange:
    """The change of the mobilities of one agreement. The lines of a file replace them as a set."""

    agreement_id: int | None
    """None until a new agreement is saved."""
    agreement_title: str
    """Empty for a new agreement."""
    before: Mapping[int, FieldValues]
    """The existing mobilities by pk, in their order."""
    deleted: list[int]
    """Pks of existing mobilities."""
    added: list[FieldValues]

    @classmethod
    def from_lines(
        cls, agreement_id: int | None, title: str, before: Mapping[int, FieldValues], lines: Sequence[FieldValues]
    ) -> MobilityChange:
        """Keep the existing mobilities that equal a line in all fields that the file has columns for."""
        unmatched = defaultdict(list)
        for pk, values in reversed(before.items()):
            unmatched[tuple([values[name] for name in lines[0]])].append(pk)
        added = []
        for line in lines:
            if pks := unmatched[tuple(line.values())]:
                pks.pop()
            else:
                added.append(NEW_MOBILITY | line)
        return cls(agreement_id, title, before, sorted(chain.from_iterable(unmatched.values())), added)

    @property
    def is_changed(self) -> bool:
        return bool(self.deleted or self.added)

    @property
    def sides(self) -> tuple[list[Mobility], list[Mobility]]:
        """The mobilities before and after it, unsaved."""
        unchanged = [values for pk, values in self.before.items() if pk not in self.deleted]
        before, after = self.before.values(), [*unchanged, *self.added]
        return [Mobility(**values) for values in before], [Mobility(**values) for values in after]

    def describe(self) -> str:
        change = summarize_change(*self.sides)
        if not self.agreement_title:
            return change
        return _("%(agreement)s: %(change)s") % {"agreement": self.agreement_title, "change": change}


def apply_mobility_changes(changes: Sequence[MobilityChange], context: ChangeContext) -> None:
    deleted = [pk for change in changes for pk in change.deleted]
    added = [Mobility(agreement_id=change.agreement_id, **values) for change in changes for values in change.added]
    bulk_write.bulk_delete_with_history(Mobility, deleted, context)
    bulk_write.bulk_create_with_history(Mobility, added, len(added), context)
