"""Sorting of changelists by nullable columns."""

import re
from datetime import date

import pytest
import time_machine
from django.utils.timezone import now

from partners.enums import AgreementStatus
from partners.models import AgreementType, Run
from tests.helpers.factories import AgreementFactory, create_staff
from tests.helpers.html import element_texts, links

AGREEMENTS, RUNS = "/admin/partners/agreement/", "/admin/partners/run/"


def sorted_by(client, url, column, sign="", cells="tbody th"):
    """Return the texts of the cells, by default of the linked column, sorted by the given column."""
    header = dict(links(client.get(url), "#result_list thead .text a"))[column]
    index = re.match(r"\?o=(\d+)", header)[1]
    page = client.get(url, {"o": f"{sign}{index}"})
    return [name.split(":")[0] for name in element_texts(page, f"#result_list {cells}")]


@pytest.fixture
def agreements(db):
    early, late = AgreementType.objects.create(name="Early"), AgreementType.objects.create(name="Late")
    AgreementType.objects.filter(pk=early.pk).update(position=1)
    AgreementType.objects.filter(pk=late.pk).update(position=99)
    empty = {"university__name": "Empty", "agreement_type": None, "status": AgreementStatus.IN_PROCESS}
    values = {"signed_on": date(2020, 1, 1), "valid_until": date(2027, 1, 1)}
    more = {"signed_on": date(2021, 1, 1), "valid_until": date(2028, 1, 1)}
    AgreementFactory(**empty)
    AgreementFactory(university__name="More", agreement_type=late, **more)
    AgreementFactory(university__name="Less", agreement_type=early, **values)


@pytest.mark.parametrize("column", ["Agreement type", "Signed on", "Valid until", "Days left"])
def test_agreements_without_a_value_come_last_either_way(coordinator_client, agreements, column):
    assert sorted_by(coordinator_client, AGREEMENTS, column) == ["Less", "More", "Empty"]
    assert sorted_by(coordinator_client, AGREEMENTS, column, "-") == ["More", "Less", "Empty"]


def test_sorting_by_days_left_starts_with_the_nearest_end(client, coordinator):
    """Ended, followed and unsigned agreements have no days left, even with a last day."""
    ends = {"Expired": date(2026, 6, 1), "Tomorrow": date(2026, 6, 16), "In a year": date(2027, 6, 15), "Open": None}
    for name, valid_until in ends.items():
        AgreementFactory(university__name=name, valid_until=valid_until)
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED, valid_until=date(2001, 1, 1))
    AgreementFactory(university__name="Negotiated", status=AgreementStatus.IN_PROCESS, valid_until=date(2026, 6, 15))
    AgreementFactory(university__name="To do", status=AgreementStatus.IN_PROCESS, due_on=date(2026, 6, 30))
    followed = AgreementFactory(university__name="Followed", valid_until=date(2026, 6, 1))
    AgreementFactory(university=followed.university, valid_from=date(2026, 6, 2), valid_until=date(2030, 6, 1))

    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        soonest, latest = (sorted_by(client, AGREEMENTS, "Days left", sign) for sign in ("", "-"))

    assert soonest[:5] == ["Expired", "Tomorrow", "To do", "In a year", "Followed"]
    assert latest[:5] == ["Followed", "In a year", "To do", "Tomorrow", "Expired"]
    assert sorted(soonest[5:]) == sorted(latest[5:]) == ["Ended", "Followed", "Negotiated", "Open"]


def test_unknown_types_come_after_the_known_ones_of_a_university(coordinator_client):
    university = AgreementFactory(university__name="Marburg").university
    AgreementFactory(university=university, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(AGREEMENTS)

    assert element_texts(page, "td.field-title") == ["Bilateral", "type unknown"]


@pytest.mark.parametrize("column", ["By", "Undone"])
def test_runs_without_a_value_come_last_either_way(coordinator_client, column):
    values = {"By": ("user", [create_staff("anna"), create_staff("berta")]), "Undone": ("undone_at", [now(), now()])}
    field, (first, second) = values[column]
    for name, value in {"empty.tsv": None, "second.tsv": second, "first.tsv": first}.items():
        Run.from_upload(b"", name, accepted_at=now(), **{field: value}).save()

    ascending = sorted_by(coordinator_client, RUNS, column, cells=".field-subject")
    descending = sorted_by(coordinator_client, RUNS, column, "-", ".field-subject")
    assert ascending == ["first.tsv", "second.tsv", "empty.tsv"]
    assert descending == ["second.tsv", "first.tsv", "empty.tsv"]
