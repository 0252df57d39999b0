"""Fuzz test: mutated files are either rejected with messages or imported exactly.

The environment variable FUZZ sets the number of attempts for each kind of file.
"""

import os
import random
from datetime import date

import pytest
from django.db import transaction
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.choices import ImportChoices
from partners.imports.files import read_file
from partners.imports.register_snapshot import RegisterSnapshot
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.imports.type_notation import parse_terms
from partners.models import Agreement, Mobility, Run, University
from partners.name_normalization import matching_key
from partners.tables.types import TableError
from partners.tables.writing import write_sheets
from tests.helpers.factories import offers_of_partners

pytestmark = pytest.mark.slow

ATTEMPTS = int(os.environ.get("FUZZ", "30"))
FRAGMENTS = [
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


DETAILS = {"due_on": date(2026, 5, 1), "next_step": "Ask, “them”", "notes": "Łódź\n\n=1+1"}


def mutate(data, rng):
    """Change, delete or duplicate a few random parts of a file."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(data))
        end = min(len(data), start + rng.choice([0, 1, 1, 4, 60]))
        middle = rng.choice([b"", data[start:end] * 2, rng.choice(FRAGMENTS), rng.randbytes(1)])
        data = data[:start] + middle + data[end:]
    return data


def import_outcome(resource, data):
    """Import a file, compare the register with the file and roll back. Return a word for the result."""
    try:
        table = read_file(data, resource)[1]
    except TableError:
        return "no table"
    with transaction.atomic():
        row_count, has_mobilities = len(table), resource is MobilitiesResource or bool(table.mobilities)
        run, choices = (
            Run.from_upload(data, file_name="fuzz"),
            ImportChoices(is_new_by_default=True, takes_all_back=True),
        )
        result = resource().import_data(table, on=localdate(), run=run, choices=choices)
        if not has_mobilities:  # Results of mobilities are of agreements, and errors of lines.
            assert len(rows(result)) + len(result.invalid_rows) == row_count
        if result.has_validation_errors():
            assert not result.is_applied
            assert len(list(result.error_lines())) >= len(result.invalid_rows)
        elif resource is OfficeListResource:
            assert terms_of_file(read_file(data, resource)[1]) == terms_of_register(result)
        transaction.set_rollback(True)
    return "errors" if result.has_validation_errors() else "imported"


def rows(result):
    return [*result.new, *result.changed, *result.unchanged]


def terms_of_file(table):
    known = RegisterSnapshot(localdate()).type_names
    return sorted(sorted(map(str, parse_terms(row.cells["Agreement type"], known)[0])) for row in table.rows)


def terms_of_register(result):
    """Return the terms in the register of the file's universities."""
    known = RegisterSnapshot(localdate())
    known.load_universities({row.country for row in rows(result)})
    found = [known.find((row.country.pk, matching_key(row.name)))[0] for row in rows(result)]
    return sorted(sorted(str(agreement.term) for agreement in university.open_agreements) for university in found)


@pytest.mark.parametrize("extension", ["tsv", "csv", "xlsx", "ods"])
@pytest.mark.parametrize(
    "resource", [OfficeListResource, RegisterResource, MobilitiesResource], ids=["list", "register", "mobilities"]
)
def test_mutated_file_is_rejected_or_imported_exactly(register, coordinator, resource, extension):
    rng = random.Random(f"{extension} {resource}")  # noqa: S311
    Agreement.objects.filter(status=AgreementStatus.SIGNED).update(responsible=coordinator, **DETAILS)
    offers_of_partners(University.objects.all())
    data = write_sheets(resource().export_sheets(), extension)
    before = sorted(Agreement.objects.values_list()), sorted(Mobility.objects.values_list())

    outcomes = {import_outcome(resource, mutate(data, rng)) for _ in range(ATTEMPTS)}

    assert outcomes <= {"no table", "errors", "imported"}
    assert len(outcomes) > 1 or extension in ("xlsx", "ods")
    assert (sorted(Agreement.objects.values_list()), sorted(Mobility.objects.values_list())) == before
