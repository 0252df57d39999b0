"""Write the institutions of a release into the directory."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from tqdm import tqdm

from partners.fields import update_search_keys
from partners.institutions.releases import read_institutions
from partners.models import Institution, InstitutionLine, University
from partners.querysets import MAX_QUERY_LENGTH
from partners.runs.bulk_write import chunks

BATCH_SIZE = 500
UNIVERSITY_BATCH_SIZE = 200
LOADED_FIELDS = [
    field.name for field in Institution._meta.concrete_fields if not field.primary_key and field.name != "search_text"
]


@dataclass
class LoadResult:
    """Numbers of institutions; missing ones are in the directory and not in the release."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    missing: int = 0


def load_release(path: Path) -> LoadResult:
    """Bring the directory to the release, all or nothing. Raise ReleaseError.

    Institutions that the release lacks stay as they are, as only the registry withdraws one. The release is read as a
    whole first, so that other writers wait only while it is written.
    """
    institutions = read_institutions(path)
    result = LoadResult(withdrawn=sum(institution.is_withdrawn for institution in institutions.values()))
    remaining = tqdm(institutions.values(), desc="Writing", leave=False, disable=None)
    with transaction.atomic():
        result.missing = len(set(Institution.objects.values_list("pk", flat=True)) - institutions.keys())
        for batch in chunks(remaining, BATCH_SIZE):
            _write_batch(batch, result)
        if result.changed:
            update_search_texts()
    return result


def _write_batch(institutions: list[Institution], result: LoadResult) -> None:
    stored = Institution.objects.in_bulk([institution.pk for institution in institutions])
    new = [institution for institution in institutions if institution.pk not in stored]
    known = [institution for institution in institutions if institution.pk in stored]
    changed = [institution for institution in known if _values(institution) != _values(stored[institution.pk])]
    Institution.objects.bulk_create(
        [*new, *changed], update_conflicts=True, unique_fields=["ror_id"], update_fields=[*LOADED_FIELDS, "search_text"]
    )
    update_lines([*new, *changed])
    result.new += len(new)
    result.changed += len(changed)
    result.unchanged += len(known) - len(changed)


def update_lines(institutions: list[Institution]) -> None:
    """Write the lines of institutions that have been saved."""
    InstitutionLine.objects.filter(institution__in=institutions).delete()
    InstitutionLine.objects.bulk_create(
        InstitutionLine(institution=institution, line=line)
        for institution in institutions
        for line in institution.search_text.split("\n")
        if len(line) <= MAX_QUERY_LENGTH
    )


def _values(institution: Institution) -> list:
    return [getattr(institution, name) for name in LOADED_FIELDS]


@transaction.atomic
def update_search_texts() -> None:
    """Update the search texts of all linked universities, which have the names of their institutions.

    Search texts have no history. The universities are locked, so that nobody renames one in the meantime.
    """
    linked = University.objects.exclude(institution=None).select_for_update(of=["self"]).order_by("pk")
    universities = linked.select_related("institution").iterator(UNIVERSITY_BATCH_SIZE)
    for batch in chunks(universities, UNIVERSITY_BATCH_SIZE):
        before = {university.pk: university.search_text for university in batch}
        names = update_search_keys(University, batch)
        changed = [university for university in batch if university.search_text != before[university.pk]]
        University.objects.bulk_update(changed, names, batch_size=UNIVERSITY_BATCH_SIZE)
