"""Link all universities of a register to generated institutions of the directory, which have eight names each.

``python -m bench.directory SEED`` does so in the database of the environment, and gives each agreement mobilities.
"""

import random
import sys
from itertools import islice

import django
from django.db import connection, transaction

from bench.generators import generate_name
from bench.office_pages import add_mobilities

NAMES = 8
"""More than the three of an average institution in ROR."""
BATCH_SIZE = 1_000
UPDATE = "UPDATE partners_university SET institution_id = %s, search_text = %s WHERE id = %s"
"""Faster than ``bulk_update`` with a branch for each row."""


@transaction.atomic
def link_all(seed: int) -> None:
    from partners.fields import update_search_keys
    from partners.institutions.loading import update_lines
    from partners.models import Institution, University

    rng = random.Random(seed)  # noqa: S311
    universities = University.objects.select_related("country").order_by("pk").iterator(BATCH_SIZE)
    while batch := list(islice(universities, BATCH_SIZE)):
        for university in batch:
            names = [university.name, *(generate_name(rng) for _ in range(NAMES - 1))]
            university.institution = Institution(
                # Only the shape of an ID: a register of this size needs no valid ones.
                ror_id=f"{university.pk:09}",
                name=university.name,
                names="\n".join(names),
                acronyms="".join(word[0] for word in university.name.split()),
                country_code=university.country.code,
            )
        update_lines(Institution.objects.bulk_create([university.institution for university in batch]))
        update_search_keys(University, batch)
        with connection.cursor() as cursor:
            cursor.executemany(UPDATE, [(each.institution_id, each.search_text, each.pk) for each in batch])


if __name__ == "__main__":
    django.setup()
    seed = int(sys.argv[1])
    link_all(seed)
    add_mobilities(random.Random(seed))  # noqa: S311
    connection.cursor().execute("ANALYZE")
