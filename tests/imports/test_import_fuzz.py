"""Damaged and edited files, each of which is either refused in words or imported exactly.

FUZZ=10000 in the environment tries that many of each kind.
"""

import os
import random

import pytest
from django.db import transaction

from partners import tables
from partners.enums import AgreementStatus
from partners.imports.register_snapshot import RegisterSnapshot
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.imports.type_notation import parse_terms
from partners.models import Agreement, ImportRun
from partners.name_normalization import matching_key
from partners.tables.types import TableError

NUMBER = int(os.environ.get("FUZZ", "150"))
PIECES = [
    b"\t",
    b"\n",
    b"\r",
    b'"',
    b";",
    b",",
    b"\0",
    b"\xff",
    b"/",
    b" and ",
    b"in process",
    b"Bilateral",
    b"\xc3",
    b"'=",
]


DETAILS = {"places_out": 3, "study_levels": "bachelor,master", "next_step": "Ask, “them”", "notes": "Łódź\n\n=1+1"}


def mutated(data, chance):
    """The file with a few bytes or lines changed, left out, doubled or moved."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data))
        end = min(len(data), start + chance.choice([0, 1, 1, 4, 60]))
        middle = chance.choice([b"", data[start:end] * 2, chance.choice(PIECES), chance.randbytes(1)])
        data = data[:start] + middle + data[end:]
    return data


def outcome(resource, data):
    """What an import comes to, as a word, after it has been held against the file and taken back."""
    try:
        table = resource.read(data)
    except TableError:
        return "no table"
    with transaction.atomic():
        number = len(table)
        result = resource().import_data(table, run=ImportRun.of(data, file_name="fuzz"))
        assert len(rows(result)) + len(result.invalid_rows) == number
        if result.has_validation_errors():
            assert not result.is_applied
            assert len(list(result.error_lines())) >= len(result.invalid_rows)
        elif resource is OfficeListResource:
            assert listed(resource.read(data)) == held(result)
        transaction.set_rollback(True)
    return "errors" if result.has_validation_errors() else "imported"


def rows(result):
    return [*result.new, *result.changed, *result.unchanged]


def listed(table):
    known = RegisterSnapshot().type_names
    return sorted(sorted(map(str, parse_terms(row.cells["Agreement type"], known))) for row in table.rows)


def held(result):
    """The terms that the register has for the universities of the file."""
    known = RegisterSnapshot()
    known.read_universities({row.country for row in rows(result)})
    found = [known.universities((row.country.pk, matching_key(row.name)))[0] for row in rows(result)]
    return sorted(sorted(map(str, each.held)) for each in found)


@pytest.mark.parametrize("ending", ["tsv", "csv", "xlsx", "ods"])
@pytest.mark.parametrize("resource", [OfficeListResource, RegisterResource], ids=["list", "register"])
def test_mutated_file_is_refused_or_imported_exactly(register, coordinator, resource, ending):
    chance = random.Random(f"{ending} {resource}")  # noqa: S311
    Agreement.objects.filter(status=AgreementStatus.SIGNED).update(responsible=coordinator, **DETAILS)
    data = tables.write_table(resource().export(), ending)
    before = sorted(Agreement.objects.values_list())

    outcomes = {outcome(resource, mutated(data, chance)) for _ in range(NUMBER)}

    assert outcomes <= {"no table", "errors", "imported"}
    assert len(outcomes) > 1 or ending in ("xlsx", "ods")
    assert sorted(Agreement.objects.values_list()) == before
