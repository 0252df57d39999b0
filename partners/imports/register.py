"""What each row of the register's file comes to: one agreement, and what the file tells of its university."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from partners import validators
from partners.imports import register_checks as checks
from partners.imports.base import COUNTRY_COLUMN, NAME, TableValidator, resolve_spelling, university_name
from partners.imports.register_changes import RegisterRowResult
from partners.imports.register_checks import ExistingData, ParsedRow
from partners.imports.register_columns import (
    AGREEMENT_COLUMNS,
    NUMBER_COLUMN,
    PARSERS,
    RESPONSIBLE_COLUMN,
    STATUS,
    TYPE_COLUMN,
    UNIVERSITY_COLUMNS,
    parse_status,
)
from partners.imports.register_snapshot import RegisterSnapshot
from partners.models import Agreement, University
from partners.name_normalization import matching_key, normalize_name
from partners.tables import Table, TableRow
from partners.tables.types import ProgressCallback, truncate


class RegisterValidator(TableValidator):
    def __init__(self, snapshot: RegisterSnapshot, table: Table, watch: ProgressCallback):
        super().__init__(snapshot, table, watch)
        columns = table.rows[0].cells
        self._details = {column: name for column, name in AGREEMENT_COLUMNS.items() if column in columns}
        self._profile = {column: name for column, name in UNIVERSITY_COLUMNS.items() if column in columns}
        self._type = cache(self._read_type)
        self._readers = PARSERS | {RESPONSIBLE_COLUMN: cache(self._read_responsible)}

    def absent(self) -> list[str]:
        """Unlike the office's list, the register names universities without an open agreement too."""
        return [name for pk, name in University.objects.values_list("pk", "name") if pk not in self.named]

    def unknown_type(self, name: str) -> str:
        types = ", ".join(f"“{name}”" for name in self.snapshot.types)
        message = _(
            "“%(name)s” is not an agreement type. Write %(types)s, leave the cell empty as long as the type is not"
            " known, or add the type to the register."
        ) % {"name": truncate(name), "types": types}
        return message + self._suggestion(name, self.snapshot.type_names)

    def outcomes(self) -> Iterator[tuple[TableRow, RegisterRowResult | ValidationError]]:
        rows = [self._read(row) for row in self.watch(self.table.rows, len(self.table), _("Reading"))]
        universities = defaultdict(list)
        for said in rows:
            if said.outcome:
                universities[said.outcome.university].append(said)
        held = ExistingData({same[0].outcome.country for same in universities.values()})
        for same in self.watch(universities.values(), len(universities), _("Checking")):
            checks.validate_university_change(same, held)
            checks.validate_agreement_changes(same, held)
        firsts = [same[0] for same in universities.values()]
        checks.reject_taken_slugs(firsts)
        checks.reject_taken_names(firsts, held)
        for said in rows:
            self._refuse_former_staff(said)
            yield said.row, said.verdict()

    def _read(self, row: TableRow) -> ParsedRow:
        said = ParsedRow(row)
        country, name = said.read(COUNTRY_COLUMN, self.country), said.read(NAME, university_name)
        key = (country.pk, matching_key(name)) if country and name else None
        known = said.read(NAME, self.university, key) if key else None
        if key and not said.has_errors(NAME):
            said.pk = known and known.pk
            said.profile["name"], _replaced = resolve_spelling(known, name)
            said.outcome = RegisterRowResult(row.line, country, said.profile["name"], known.pk if known else key)
        self._read_profile(said)
        self._read_agreement(said)
        return said

    def _read_profile(self, said: ParsedRow) -> None:
        for column, name in self._profile.items():
            value = said.read(column, PARSERS[column])
            if not said.has_errors(column):
                said.profile[name] = value

    def _read_agreement(self, said: ParsedRow) -> None:
        agreement = {"agreement_type": said.read(TYPE_COLUMN, self._type), "status": said.read(STATUS, parse_status)}
        agreement |= {name: said.read(column, self._readers[column]) for column, name in self._details.items()}
        said.number = said.read(NUMBER_COLUMN, PARSERS[NUMBER_COLUMN])
        if said.has_errors(TYPE_COLUMN, STATUS, NUMBER_COLUMN, *self._details):
            return
        if agreement["status"]:
            said.agreement = agreement
            said.hold(
                (TYPE_COLUMN, validators.validate_signed_has_type, agreement["status"], agreement["agreement_type"])
            )
        elif any(
            normalize_name(said.row.cells.get(column, "")) for column in (TYPE_COLUMN, NUMBER_COLUMN, *self._details)
        ):
            said.refuse(
                STATUS,
                _("The cell is empty, and the line tells of an agreement. Write “in process”, “signed” or “ended”."),
            )

    def _read_type(self, text: str) -> str | None:
        name = normalize_name(text)
        if name and matching_key(name) not in self.snapshot.type_names:
            raise ValidationError(self.unknown_type(name))
        return self.snapshot.type_names[matching_key(name)] if name else None

    @cached_property
    def _users(self) -> dict[str, bool]:
        """Whether those whom a file may name are on the staff. Others have agreements from when they were."""
        responsible = Agreement.objects.exclude(responsible=None).values("responsible")
        users = get_user_model().objects.filter(Q(is_staff=True) | Q(pk__in=responsible))
        return dict(users.values_list("username", "is_staff"))

    @cached_property
    def _staff(self) -> dict[str, str]:
        return {matching_key(name): name for name, is_staff in self._users.items() if is_staff}

    def _read_responsible(self, text: str) -> str | None:
        name = normalize_name(text)
        if name and name not in self._users:
            raise ValidationError(_not_staff(name) + self._suggestion(name, self._staff))
        return name or None

    def _refuse_former_staff(self, said: ParsedRow) -> None:
        change = said.outcome and said.outcome.agreement
        name = change and "responsible" in change.fields and change.after["responsible"]
        if name and not self._users[name]:
            said.refuse(RESPONSIBLE_COLUMN, _not_staff(name))


def _not_staff(name: str) -> str:
    message = _("“%s” is not the user name of anybody on the staff. Correct it, or leave the cell empty for nobody.")
    return message % truncate(name)
