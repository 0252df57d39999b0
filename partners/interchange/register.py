"""What each row of the register's file comes to: one agreement, and what the file tells of its university."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners import rules
from partners.interchange import register_checks as checks
from partners.interchange.judge import COUNTRY, NAME, Judge, identity, shortened, spelling, university_name
from partners.interchange.register_changes import Outcome
from partners.interchange.register_checks import Held, Said
from partners.interchange.register_columns import DATES, NUMBER, PROFILE, READERS, STATUS, TYPE, read_status
from partners.interchange.snapshot import Snapshot
from partners.interchange.tables import Row, Table
from partners.models import University
from partners.names import clean_name, matching_key


class RegisterJudge(Judge):
    def __init__(self, snapshot: Snapshot, table: Table):
        super().__init__(snapshot, table)
        columns = table.rows[0].cells
        self._dates = {column: name for column, name in DATES.items() if column in columns}
        self._profile = {column: name for column, name in PROFILE.items() if column in columns}
        self._type = cache(self._read_type)

    def absent(self) -> list[str]:
        """Unlike the office's list, the register names universities without an open agreement too."""
        return [name for pk, name in University.objects.values_list("pk", "name") if pk not in self.named]

    def unknown_type(self, name: str) -> str:
        types = ", ".join(f"“{name}”" for name in self.snapshot.types)
        message = _(
            "“%(name)s” is not an agreement type. Write %(types)s, leave the cell empty as long as the type is not"
            " known, or add the type to the register."
        ) % {"name": shortened(name), "types": types}
        return message + self._suggestion(name, self.snapshot.type_names)

    def outcomes(self) -> Iterator[tuple[Row, Outcome | ValidationError]]:
        rows = [self._read(row) for row in self.table.rows]
        universities = defaultdict(list)
        for said in rows:
            if said.outcome:
                universities[said.outcome.university].append(said)
        held = Held({same[0].outcome.country for same in universities.values()})
        for same in universities.values():
            checks.judge_profile(same, held)
            checks.judge_agreements(same, held)
        firsts = [same[0] for same in universities.values()]
        checks.refuse_taken_addresses(firsts)
        checks.refuse_taken_names(firsts, held)
        for said in rows:
            yield said.row, said.verdict()

    def _read(self, row: Row) -> Said:
        said = Said(row)
        country, name = said.read(COUNTRY, self.country), said.read(NAME, university_name)
        known = said.read(NAME, self.university, country) if country and name else None
        if country and name and not said.has_errors(NAME):
            said.pk = known and known.pk
            said.profile["name"], _replaced = spelling(known, name)
            said.outcome = Outcome(row.line, country, said.profile["name"], identity(known, country, name))
        self._read_profile(said)
        self._read_agreement(said)
        return said

    def _read_profile(self, said: Said) -> None:
        for column, name in self._profile.items():
            value = said.read(column, READERS[column])
            if not said.has_errors(column):
                said.profile[name] = value

    def _read_agreement(self, said: Said) -> None:
        agreement = {"agreement_type": said.read(TYPE, self._type), "status": said.read(STATUS, read_status)}
        agreement |= {name: said.read(column, READERS[column]) for column, name in self._dates.items()}
        said.number = said.read(NUMBER, READERS[NUMBER])
        if said.has_errors(TYPE, STATUS, NUMBER, *self._dates):
            return
        if agreement["status"]:
            said.agreement = agreement
            with said.errors_at(TYPE):
                rules.signed_has_type(agreement["status"], agreement["agreement_type"])
        elif any(clean_name(said.row.cells.get(column, "")) for column in (TYPE, NUMBER, *self._dates)):
            said.refuse(
                STATUS,
                _("The cell is empty, and the line tells of an agreement. Write “in process”, “signed” or “ended”."),
            )

    def _read_type(self, text: str) -> str | None:
        name = clean_name(text)
        if name and matching_key(name) not in self.snapshot.type_names:
            raise ValidationError(self.unknown_type(name))
        return self.snapshot.type_names[matching_key(name)] if name else None
