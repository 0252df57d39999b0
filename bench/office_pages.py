"""Time the admin's pages with a register of a given size, in a temporary database.

``python -m bench.office_pages AGREEMENTS SEED RUNS`` with the database's URL in ``TEST_DATABASE_URL`` prints the
median seconds of each page as JSON.
"""

from __future__ import annotations

import io
import json
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from itertools import accumulate

import django

from bench import generators

PAGES = {
    "agreements": "/admin/partners/agreement/",
    "search": "/admin/partners/agreement/?q=universidad",
    "worklist": "/admin/",
}
ROW_MARKERS = {
    "agreements": 'class="action-checkbox"',
    "search": 'class="action-checkbox"',
    "worklist": 'class="deadline',
}
"""Strings that each row of a page has, to verify that the page is complete."""
MIN_ROWS = 20
GROUP_COUNT = 151
"""Agreements are divided by pk modulo this; one update for each group sets its dates and its responsible person."""
USER_COUNT = 5


def main(agreement_count: int, seed: int, runs: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connection

    settings = connection.settings_dict
    name = settings["NAME"]
    settings["TEST"]["NAME"] = name if connection.vendor == "sqlite" else f"bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        fill_register(agreement_count, seed)
        client = create_client()
        print(json.dumps({page: median_seconds(client, page, runs) for page in PAGES}))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def fill_register(agreement_count: int, seed: int) -> None:
    """Import a generated list and vary the statuses, dates and responsible persons."""
    from django.db import connection
    from django.utils.timezone import localdate

    from partners.imports.resources import OfficeListResource
    from partners.models import ImportRun

    rng = random.Random(seed)  # noqa: S311
    content = _generate_list(agreement_count, seed, rng)
    run = ImportRun.from_upload(content, file_name="partners.tsv")
    OfficeListResource().import_data(OfficeListResource.read(content), on=localdate(), run=run)
    _vary_agreements(rng)
    connection.cursor().execute("ANALYZE")


def _generate_list(agreement_count: int, seed: int, rng: random.Random) -> bytes:
    rows = generators.generate_rows(agreement_count, seed)
    rng.shuffle(rows)
    cumulative_counts = accumulate(row[2].count("/") + 1 for row in rows)
    selected = [row for row, count in zip(rows, cumulative_counts, strict=True) if count <= agreement_count]
    text = io.StringIO()
    for row in [generators.HEADER, *selected]:
        text.write("\t".join(row) + "\n")
    return text.getvalue().encode()


def _vary_agreements(rng: random.Random) -> None:
    from django.contrib.auth.models import User
    from django.db.models.functions import Mod
    from django.utils.timezone import localdate

    from partners.enums import AgreementStatus
    from partners.models import Agreement

    today = localdate()
    users = [None, *(User.objects.create_user(f"person-{n}", is_staff=True) for n in range(USER_COUNT))]
    for index in range(GROUP_COUNT):
        group = Agreement.objects.annotate(group=Mod("pk", GROUP_COUNT)).filter(group=index)
        group.update(responsible=rng.choice(users), places_out=rng.randrange(6))
        signed_on = today - timedelta(days=rng.randrange(3650))
        future, past = today + timedelta(rng.randrange(1500)), today - timedelta(rng.randrange(1, 1000))
        valid_until = rng.choices([None, future, past], [60, 35, 5])[0]
        group.signed().update(signed_on=signed_on, valid_until=valid_until)
        if index % 10 == 0:
            group.signed().update(status=AgreementStatus.ENDED, ended_on=signed_on)


def create_client():
    from django.contrib.auth.models import User
    from django.test import Client

    from partners.groups import Role, get_group

    coordinator = User.objects.create_user("measuring", is_staff=True)
    coordinator.groups.add(get_group(Role.COORDINATOR))
    client = Client()
    client.force_login(coordinator)
    return client


def median_seconds(client, page: str, runs: int) -> float:
    """Return the median time of the runs, after one run that does not count. Exit if rows are missing."""
    durations = []
    for _run in range(runs + 1):
        start = time.perf_counter()
        response = client.get(PAGES[page])
        durations.append(time.perf_counter() - start)
    if (row_count := response.content.decode().count(ROW_MARKERS[page])) < MIN_ROWS:
        sys.exit(f"{page} (status {response.status_code}) has {row_count} rows, fewer than {MIN_ROWS}.")
    return statistics.median(durations[1:])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
