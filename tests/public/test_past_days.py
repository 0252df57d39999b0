import re
from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import queries, rows, text

TODAY = date(2026, 6, 1)
PAST, FUTURE = "2026-01-01", "2027-02-01"


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        yield


@pytest.mark.parametrize(
    ("agreement", "days"),
    [
        ({}, "past today future"),
        ({"signed_on": date(2025, 1, 1)}, "past today future"),
        ({"signed_on": date(2026, 3, 1)}, "today future"),
        ({"signed_on": date(2025, 1, 1), "valid_from": date(2026, 3, 1)}, "past today future"),
        ({"valid_from": date(2026, 3, 1)}, "today future"),
        ({"valid_until": date(2026, 12, 31)}, "past today"),
        ({"valid_until": date(2026, 1, 1)}, "past"),
        ({"valid_until": date(2025, 12, 31)}, ""),
        ({"valid_until": date(2027, 2, 1)}, "past today future"),
        ({"status": AgreementStatus.IN_PROCESS}, "today future"),
        ({"status": AgreementStatus.ENDED}, ""),
        ({"status": AgreementStatus.ENDED, "signed_on": date(2025, 1, 1)}, ""),
        ({"status": AgreementStatus.ENDED, "ended_on": date(2026, 2, 1)}, ""),
        ({"status": AgreementStatus.ENDED, "signed_on": date(2025, 1, 1), "ended_on": date(2026, 2, 1)}, "past"),
        ({"status": AgreementStatus.ENDED, "valid_from": date(2025, 1, 1), "ended_on": date(2026, 2, 1)}, "past"),
        ({"status": AgreementStatus.ENDED, "signed_on": date(2025, 1, 1), "ended_on": date(2026, 1, 1)}, ""),
        ({"status": AgreementStatus.ENDED, "signed_on": date(2025, 1, 1), "ended_on": date(2026, 9, 1)}, "past"),
    ],
)
def test_list_of_a_day_shows_what_stood_then_by_the_dates(client, agreement, days):
    AgreementFactory(university__name="Marburg", **agreement)

    shown = {
        name: rows(client.get(address)) != []
        for name, address in {"past": f"/?on={PAST}", "today": "/", "future": f"/?on={FUTURE}"}.items()
    }

    assert " ".join(name for name, is_shown in shown.items() if is_shown) == days


def test_university_that_is_kept_off_the_list_is_on_that_of_no_day(client):
    AgreementFactory(university__name="Shown")
    AgreementFactory(university=UniversityFactory(name="Hidden", is_listed=False))

    for day in (PAST, FUTURE):
        assert len(rows(client.get(f"/?on={day}"))) == 2


@pytest.mark.parametrize(
    ("day", "notice"),
    [
        (PAST, "This is the list of 1 Jan 2026, as the dates of the agreements tell it. Back to today"),
        (FUTURE, "This is the list of 1 Feb 2027, if nothing is signed or ended until then. Back to today"),
    ],
)
def test_page_names_its_day_and_leads_back(client, day, notice):
    AgreementFactory()

    page = client.get(f"/?country=DE&on={day}")

    assert notice in text(page)
    assert '<a href="?country=DE">Back to today</a>' in page.content.decode()
    assert '<meta name="robots" content="noindex, follow">' in page.content.decode()
    assert f'<input type="hidden" name="on" value="{day}">' in page.content.decode()


@pytest.mark.parametrize("day", ["yesterday", "2027-02-30", "01.02.2027", "1900-01-01", "2100-01-01", "<b>", "x" * 500])
def test_day_that_is_none_is_said_so_and_today_shown(client, day):
    AgreementFactory(university__name="Marburg")

    page = client.get("/", {"on": day})

    assert "There is no list of “" in text(page)
    assert "Write a day like 2027-02-01, at most 30 years from now. This is the list of today." in text(page)
    assert rows(page)[1].startswith("Marburg Bilateral")


@pytest.mark.parametrize("embedded", ["", "&embed=1"])
def test_university_that_has_left_the_list_since_is_not_led_to(client, embedded):
    AgreementFactory(university__name="Gone", valid_until=date(2026, 1, 31))
    AgreementFactory(university__name="Still there")

    page = client.get(f"/?sort=name&on={PAST}{embedded}")

    assert [row.split(" Germany")[0] for row in rows(page)] == ["Gone (not on the list of today)", "Still there"]
    source = page.content.decode()
    assert re.findall(r'<a href="(/universities/[^"]+)"', source) == ["/universities/still-there/"]
    assert "Add to the shortlist: <bdi>Gone" not in source


def test_past_day_makes_as_many_queries_with_300_universities_as_with_3(client):
    partners(3)
    with_3 = queries(client, f"/?on={PAST}")

    partners(297, first=4)

    assert queries(client, f"/?on={PAST}") == with_3


def test_today_is_the_list_without_a_notice(client):
    AgreementFactory(university__name="Marburg")

    page = client.get("/?on=2026-06-01")

    assert "This is the list of" not in text(page)
    assert rows(page) == rows(client.get("/"))


def test_days_do_not_fill_the_cache(client, monkeypatch):
    AgreementFactory()
    monkeypatch.setattr("partners.data_version.current_version", lambda: "of now")
    kept = []
    monkeypatch.setattr("partners.public.middleware.cache.set", lambda name, *others: kept.append(name))

    for day in range(1, 29):
        client.get(f"/?on=2027-02-{day:02}")

    assert kept == []


def test_file_is_of_the_day_that_the_page_is_of(client):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))

    assert "Marburg" in client.get("/partners.tsv").content.decode()
    assert "Marburg" not in client.get(f"/partners.tsv?on={FUTURE}").content.decode()
    assert Agreement.objects.count() == 1
