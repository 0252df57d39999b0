"""What the office's pages take with a register of some size, in a database that is made for it and removed.

``python -m bench.office_pages AGREEMENTS SEED RUNS`` with the database's address in ``TEST_DATABASE_URL``
prints the median seconds of each page as JSON.
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
HAS = {"agreements": "action-checkbox", "search": "action-checkbox", "worklist": "time-left"}
"""Of what each page has to be full, or else it did not do its work."""
FULL = 20
KINDS = 151
"""Agreements whose numbers leave the same rest share their dates and their person: one update for all of them."""
PEOPLE = 5


def main(number: int, seed: int, runs: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connection

    settings = connection.settings_dict
    name = settings["NAME"]
    settings["TEST"]["NAME"] = name if connection.vendor == "sqlite" else f"bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        fill(number, seed)
        client = signed_in()
        print(json.dumps({page: seconds(client, page, runs) for page in PAGES}))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def fill(number: int, seed: int) -> None:
    """Imports a list with as many agreements, and spreads states, days and people over them."""
    from django.db import connection

    from partners import tables
    from partners.imports.resources import COLUMNS, OfficeListResource
    from partners.models import ImportRun

    chance = random.Random(seed)  # noqa: S311
    content = _list(number, seed, chance)
    run = ImportRun.of(content, file_name="partners.tsv")
    OfficeListResource().import_data(tables.read_table(content, COLUMNS), run=run)
    _spread(chance)
    connection.cursor().execute("ANALYZE")


def _list(number: int, seed: int, chance: random.Random) -> bytes:
    rows = generators.rows(number, seed)
    chance.shuffle(rows)
    sizes = accumulate(row[2].count("/") + 1 for row in rows)
    chosen = [row for row, size in zip(rows, sizes, strict=True) if size <= number]
    text = io.StringIO()
    for row in [generators.HEADER, *chosen]:
        text.write("\t".join(row) + "\n")
    return text.getvalue().encode()


def _spread(chance: random.Random) -> None:
    from django.contrib.auth.models import User
    from django.db.models.functions import Mod
    from django.utils.timezone import localdate

    from partners.enums import AgreementStatus
    from partners.models import Agreement

    today = localdate()
    people = [None, *(User.objects.create_user(f"person-{n}", is_staff=True) for n in range(PEOPLE))]
    for kind in range(KINDS):
        alike = Agreement.objects.annotate(kind=Mod("pk", KINDS)).filter(kind=kind)
        alike.update(responsible=chance.choice(people), places_out=chance.randrange(6))
        signed_on = today - timedelta(days=chance.randrange(3650))
        later, earlier = today + timedelta(chance.randrange(1500)), today - timedelta(chance.randrange(1, 1000))
        ends = chance.choices([None, later, earlier], [60, 35, 5])[0]
        alike.signed().update(signed_on=signed_on, valid_until=ends)
        if kind % 10 == 0:
            alike.signed().update(status=AgreementStatus.ENDED, ended_on=signed_on)


def signed_in():
    from django.contrib.auth.models import Group, User
    from django.test import Client

    coordinator = User.objects.create_user("measuring", is_staff=True)
    coordinator.groups.add(Group.objects.get(name="Exchange coordinators"))
    client = Client()
    client.force_login(coordinator)
    return client


def seconds(client, page: str, runs: int) -> float:
    """The median, after one that is not counted."""
    taken = []
    for _run in range(runs + 1):
        start = time.perf_counter()
        answer = client.get(PAGES[page])
        taken.append(time.perf_counter() - start)
    if (found := answer.content.decode().count(HAS[page])) < FULL:
        sys.exit(f"{page} (status {answer.status_code}) has {found} lines, fewer than {FULL}.")
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
