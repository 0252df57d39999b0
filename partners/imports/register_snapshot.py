"""In-memory lookup of the register's countries, types, universities and open agreements during an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from partners.imports.country_lookup import CountryLookup
from partners.imports.reconciliation import OpenAgreement
from partners.imports.type_notation import Term
from partners.models import Agreement, AgreementType, Country, University
from partners.name_normalization import matching_key, split_names
from partners.querysets import AgreementQuerySet

UniversityKey = tuple[int, str]
"""The pk of a university's country, and the matching key of its name."""


@dataclass(slots=True)
class KnownUniversity:
    """A university of the register, with its open agreements."""

    pk: int
    name: str
    open_agreements: list[OpenAgreement] = field(default_factory=list)


class RegisterSnapshot:
    """The parts of the register that a file refers to, and the day by which agreements are judged.

    The number of queries is independent of the file's length.
    """

    def __init__(self, on: date, is_locking: bool = False):
        self.on = on
        self.is_locking = is_locking
        types = AgreementType.objects.all()
        if is_locking:
            # Imports lock the types, so that one waits for the other. PostgreSQL lets edits pass this lock.
            types = types.select_for_update(no_key=True)
        self.types = {agreement_type.name: agreement_type for agreement_type in types}
        self.type_names = {key: name for name, type_ in self.types.items() for key in type_.matching_keys()}
        self.country_lookup = CountryLookup(Country.objects.all())
        self.universities: dict[int, KnownUniversity] = {}
        """The loaded universities by pk."""
        self.country_ids: set[int] = set()
        """Pks of countries with a university."""
        self._by_name: dict[UniversityKey, KnownUniversity] = {}
        self._by_other_name: dict[UniversityKey, list[KnownUniversity]] = defaultdict(list)

    def load_universities(self, countries: set[Country]) -> None:
        universities = University.objects.filter(country__in=countries)
        known = self.universities
        rows = universities.values_list("pk", "country", "name", "name_key", "other_names")
        for pk, country, name, key, other_names in rows.iterator():
            known[pk] = self._by_name[country, key] = KnownUniversity(pk, name)
            self.country_ids.add(country)
            for other_name in split_names(other_names):
                self._by_other_name[country, matching_key(other_name)].append(known[pk])
        agreements = Agreement.objects.filter(university__country__in=countries)
        for university, term, pk, *values in iter_terms(agreements, "pk", "scope", "valid_from", "valid_until"):
            known[university].open_agreements.append(OpenAgreement(pk, term, *values))

    def find(self, key: UniversityKey) -> list[KnownUniversity]:
        """Return the university of this name, or else those that have it as another name."""
        return [self._by_name[key]] if key in self._by_name else self._by_other_name.get(key, [])


def iter_terms(agreements: AgreementQuerySet, *fields: str) -> Iterator[tuple]:
    """Yield a tuple for each open agreement: the pk of its university, its term, and these fields."""
    rows = agreements.open().values_list("university", "agreement_type__name", "status", *fields)
    term = cache(Term)
    for university, agreement_type, status, *extra in rows.iterator():
        yield university, term(agreement_type, status), *extra
