"""The register's rows as they are parsed, and the existing data that they are compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.core.exceptions import ValidationError

from partners import validators
from partners.fields import MAX_TEXT_LENGTH
from partners.imports.base import RowParser
from partners.imports.register_changes import RegisterRowResult
from partners.imports.register_columns import (
    AGREEMENT_PATHS,
    NEW_AGREEMENT,
    NEW_UNIVERSITY,
    UNIVERSITY_PATHS,
    FieldValues,
)
from partners.models import Agreement, Country, University
from partners.tables.reading import TableRow


class ParsedRow(RowParser):
    """A parsed row: cleaned values, collected errors and the resulting changes."""

    max_length = MAX_TEXT_LENGTH

    def __init__(self, row: TableRow):
        super().__init__(row)
        self.university_id: int | None = None
        """None for a new university."""
        self.result: RegisterRowResult | None = None
        """None if the cells that identify the university have errors."""
        self.university_values: FieldValues = {}
        self.agreement_values: FieldValues | None = None
        """None if the row has no agreement or its cells have errors."""
        self.agreement_id: int | None = None
        """Pk of an existing agreement, if the row gives it."""
        self.key: str | None = None
        """The row key, by which the sheet of mobilities may name the agreement."""

    def has_errors(self, *columns: str) -> bool:
        return bool(self.errors) and not self.errors.keys().isdisjoint(columns)

    def run_validators(self, *checks: tuple) -> None:
        """Collect the errors of validators, each given as a tuple (column, validator, *values)."""
        try:
            validators.run_validators(*checks)
        except ValidationError as error:
            for column, messages in error.message_dict.items():
                self.errors[column] += messages


class ExistingData:
    """The universities of the given countries and their agreements, with the fields that a file can have."""

    def __init__(self, countries: Collection[Country]):
        self.country_ids: dict[int, int] = {}
        self.universities: dict[int, FieldValues] = {}
        self._agreements: dict[int, list[tuple]] = defaultdict(list)
        universities = University.objects.filter(country__in=countries)
        for pk, country, *values in universities.values_list("pk", "country", *UNIVERSITY_PATHS).iterator():
            self.country_ids[pk] = country
            self.universities[pk] = dict(zip(NEW_UNIVERSITY, values, strict=True))
        agreements = Agreement.objects.filter(university__country__in=countries)
        for row in agreements.values_list("university", "pk", *AGREEMENT_PATHS).iterator():
            self._agreements[row[0]].append(row)

    def agreements(self, university_id: int | None) -> dict[int, FieldValues]:
        """Return the values of a university's agreements by pk. They are stored as tuples, which take less memory."""
        rows = self._agreements.get(university_id, ())
        return {pk: dict(zip(NEW_AGREEMENT, values, strict=True)) for _university, pk, *values in rows}
