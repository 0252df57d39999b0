"""Contents of backups, and functions that tests call in a process of another site."""

import json
import zipfile
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.db import IntegrityError

from partners.backups import archive
from partners.models import Agreement, Document, Mobility, University
from partners.period_constraint import check_installed, describe_integrity_error
from tests.helpers.factories import InstitutionFactory
from tests.helpers.files import upload
from tests.helpers.processes import report

AGREEMENTS = "rows/partners.agreement.jsonl"


def read_members(path):
    """Return the contents of a backup by name."""
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def write_backup(path, members, manifest=None, **options):
    """Write a zip of these members with correct checksums. A manifest value of ``...`` leaves its key out."""
    content = {name: data for name, data in members.items() if name != archive.MANIFEST}
    metadata = json.loads(members[archive.MANIFEST]) | {
        "sha256": {name: sha256(data).hexdigest() for name, data in content.items()}
    }
    metadata = {name: value for name, value in (metadata | (manifest or {})).items() if value is not ...}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in content.items():
            zipped.writestr(name, data, **options)
        zipped.writestr(archive.MANIFEST, json.dumps(metadata))
    return path


def duplicate_agreement(members):
    """Return the members with a copy of the first agreement under another primary key."""
    data = members[AGREEMENTS]
    copy = json.dumps([999, *json.loads(data.splitlines()[1])[1:]]).encode()
    return members | {AGREEMENTS: data + copy + b"\n"}


def add_document():
    """Add a document to the first agreement."""
    document = upload("signed.pdf", b"%PDF-1.7 signed %%EOF")
    Document.from_upload(document, agreement=Agreement.objects.first()).save()


def add_mobility():
    """Add a mobility with all its values to the first agreement, and change it."""
    values = {"places": 4, "duration": Decimal("20.50"), "study_levels": "bachelor,master", "fields_of_study": "0715"}
    values |= {"languages": "en B2,fr", "fields_note": "Łódź", "first_year": 2026, "last_year": 2027}
    mobility = Mobility.objects.create(agreement=Agreement.objects.earliest("pk"), **values)
    mobility.is_blended = True
    mobility.save()


def link_university():
    """Link the first university to an institution, which it can be found by."""
    university = University.objects.earliest("pk")
    university.institution = InstitutionFactory(acronyms="ŁÓDŹ\nTUM", domains="tum.de\nmytum.de")
    university.save()


def report_searches():
    """Report the universities that are found by the institution that `link_university` has linked."""
    for university in University.objects.search("technische universität"):
        report(f"{university.institution} {university.ror_url}")


def add_renewed_agreement():
    """Add a signed agreement that the first one renews, although it has the lower primary key."""
    renewal = Agreement.objects.earliest("pk")
    renewal.valid_from = date(2026, 9, 1)
    renewal.save()
    values = {"university": renewal.university, "agreement_type": renewal.agreement_type, "status": renewal.status}
    renewal.renews = Agreement.objects.create(**values, valid_until=date(2026, 8, 31))
    renewal.save()


def report_periods_apart():
    """Report a missing constraint, and how the database answers to a second signed agreement for the same days."""
    for problem in check_installed():
        report(problem)
    copy = Agreement.objects.earliest("pk")
    copy.pk = None
    try:
        Agreement.objects.bulk_create([copy])
    except IntegrityError as error:
        report(describe_integrity_error(error))
