"""Time the admin's and the public pages with a register of a given size, in a temporary database.

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
from datetime import date
from itertools import accumulate

import django

from bench import generators
from partners.enums import AgreementStatus

AGREEMENTS = "/admin/partners/agreement/"
PAGES = {
    "agreements": AGREEMENTS,
    "search": f"{AGREEMENTS}?q=universidad",
    "end not recorded": f"{AGREEMENTS}?ends=not-recorded&renewed=no",
    "no document": f"{AGREEMENTS}?status=current&document=without&renewed=no",
    "universities": "/admin/partners/university/",
    "worklist": "/admin/",
    "search of all": "/admin/search/?q=universidad",
    "suggestions": "/admin/search/suggestions/?q=univ",
    "statistics": "/admin/statistics/",
    "public list": "/",
    "university": "/universities/{slug}/",
}
ROW_MARKERS = dict.fromkeys(PAGES, 'class="action-checkbox"') | {
    "worklist": 'class="deadline',
    "search of all": 'class="quiet"',
    "suggestions": 'class="details"',
    "statistics": '<th scope="row">',
    "public list": 'href="/universities/',
    "university": 'class="mobilities"',
}
"""Strings that each row of a page has, to verify that the page is complete."""
MIN_ROWS = dict.fromkeys(PAGES, 20) | {"worklist": 10, "suggestions": 10, "university": 1}
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
        slug = find_typical_university().slug
        urls = {page: url.format(slug=slug) for page, url in PAGES.items()}
        print(json.dumps({page: median_seconds(client, page, url, runs) for page, url in urls.items()}))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def fill_register(agreement_count: int, seed: int) -> None:
    """Import a generated list, and replace its signed agreements by half as many more with periods and scopes.

    Each agreement gets two mobilities.
    """
    from django.db import connection
    from django.utils.timezone import localdate

    from partners.imports.files import read_file
    from partners.imports.resources import OfficeListResource
    from partners.models import Run

    rng = random.Random(seed)  # noqa: S311
    content = _generate_list(agreement_count * 5 // 8, seed, rng)
    run = Run.from_upload(content, file_name="partners.tsv")
    OfficeListResource().import_data(read_file(content, OfficeListResource)[1], on=localdate(), run=run)
    _replace_signed_agreements(rng, localdate())
    add_mobilities(rng)
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


def _replace_signed_agreements(rng: random.Random, today: date) -> None:
    from django.contrib.auth.models import User

    from partners.models import Agreement

    users = [None, *(User.objects.create_user(f"person-{n}", is_staff=True) for n in range(USER_COUNT))]
    imported = list(Agreement.objects.signed())
    Agreement.objects.signed().delete()
    agreements = [
        Agreement(
            university_id=agreement.university_id,
            agreement_type_id=agreement.agreement_type_id,
            scope=scope,
            responsible=rng.choice(users),
            **values,
        )
        for agreement in imported
        for scope in rng.sample(generators.SCOPES, rng.choice([1, 1, 1, 2]))
        for values in _generate_values(rng, today)
    ]
    Agreement.objects.bulk_create(agreements, batch_size=1000)


def _generate_values(rng: random.Random, today: date) -> list[dict[str, object]]:
    """Return the status and the dates of one agreement, or of several that follow each other."""
    kind = rng.choices(["not recorded", "open-ended", "ended", "dated"], [30, 15, 10, 45])[0]
    periods = generators.generate_periods(rng, today)
    if kind == "dated":
        return [
            {
                "status": AgreementStatus.SIGNED,
                "signed_on": period.start,
                "valid_from": period.start,
                "valid_until": period.end,
            }
            for period in periods
        ]
    start = periods[0].start
    if kind == "ended":
        return [{"status": AgreementStatus.ENDED, "signed_on": start, "ended_on": today}]
    return [{"status": AgreementStatus.SIGNED, "signed_on": start, "is_open_ended": kind == "open-ended"}]


def add_mobilities(rng: random.Random) -> None:
    """Give each agreement two mobilities."""
    from partners.models import Agreement, Mobility

    pks = Agreement.objects.order_by("pk").values_list("pk", flat=True)
    mobilities = [Mobility(agreement_id=pk, **values) for pk in pks for values in generators.generate_mobilities(rng)]
    Mobility.objects.bulk_create(mobilities, batch_size=1000)


def find_typical_university():
    """Return the first university that offers places in two mobilities to students."""
    from django.db.models import Count
    from django.utils.timezone import localdate

    from partners.models import Agreement, Mobility, University

    studies = Mobility.objects.public().filter(agreement__in=Agreement.objects.in_force(localdate()))
    universities = University.objects.public(localdate()).filter(agreements__mobilities__in=studies)
    return universities.annotate(offers=Count("agreements__mobilities")).filter(offers=2).earliest("pk")


def create_client():
    from django.contrib.auth.models import User
    from django.test import Client

    from partners.groups import Role, get_group

    coordinator = User.objects.create_user("measuring", is_staff=True)
    coordinator.groups.add(get_group(Role.COORDINATOR))
    client = Client()
    client.force_login(coordinator)
    return client


def median_seconds(client, page: str, url: str, runs: int) -> float:
    """Return the median time of the runs without cached pages, after one run that does not count.

    Exit if rows are missing.
    """
    from django.core.cache import cache

    durations = []
    for _run in range(runs + 1):
        cache.clear()
        start = time.perf_counter()
        response = client.get(url)
        durations.append(time.perf_counter() - start)
    if (row_count := response.content.decode().count(ROW_MARKERS[page])) < MIN_ROWS[page]:
        sys.exit(f"{page} (status {response.status_code}) has {row_count} rows, fewer than {MIN_ROWS[page]}.")
    return statistics.median(durations[1:])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
