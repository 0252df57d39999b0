"""The office's clock over midnight, over the nights of 23 and 25 hours, and set back.

In Prague it is 02:30 twice on 25 October 2026, and never on 29 March. All moments are in UTC.
"""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command

from partners import data_version
from partners.enums import AgreementStatus
from partners.models import ImportRun, Reminder
from tests.admin.test_change_log import told as changes
from tests.admin.test_object_history import history
from tests.conftest import staff
from tests.factories import AgreementFactory
from tests.html import rows, text

SHORT, LONG = date(2026, 3, 29), date(2026, 10, 25)
BEGINS = {SHORT: "2026-03-28T23:00Z", LONG: "2026-10-24T22:00Z"}
ENDS = {SHORT: "2026-03-29T22:00Z", LONG: "2026-10-25T23:00Z"}
LASTS = {SHORT: 23, LONG: 25}
ONCE, TWICE = "2026-10-25T00:30Z", "2026-10-25T01:30Z"
"""Both are 02:30."""


SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def prague(settings):
    settings.TIME_ZONE = "Europe/Prague"


@pytest.fixture
def clock():
    with time_machine.travel("2026-01-01T12:00Z", tick=False) as clock:
        yield clock


def moment(told):
    return datetime.fromisoformat(told)


def hours(first, last):
    """Each hour from the first on, and the last second."""
    while first < last:
        yield first
        first += timedelta(hours=1)
    yield last - SECOND


@pytest.mark.parametrize("day", [SHORT, LONG])
def test_page_that_is_kept_is_of_its_day_to_the_last_second(client, db, clock, monkeypatch, day):
    cache.clear()
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    AgreementFactory(university__name="Marburg", valid_until=day)
    shown, tags = [], set()

    for each in hours(moment(BEGINS[day]), moment(ENDS[day])):
        clock.move_to(each)
        page = client.get("/")
        shown.append(rows(page) == ["Germany", "Marburg Bilateral"])
        tags.add(page["ETag"])
    clock.move_to(moment(ENDS[day]))
    after = client.get("/", headers={"if-none-match": page["ETag"]})

    assert shown == [True] * (LASTS[day] + 1)
    assert len(tags) == 1
    assert (after.status_code, rows(after)) == (200, [])


@pytest.mark.parametrize("day", [SHORT, LONG])
@pytest.mark.parametrize(
    ("left", "told"), [(3600, [60, 600]), (660, [60, 600]), (100, [60, 40]), (60, [60, 0]), (5, [5, 0])]
)
def test_caches_in_front_do_not_go_on_with_a_page_after_its_day(client, db, clock, monkeypatch, day, left, told):
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    clock.move_to(moment(ENDS[day]) - timedelta(seconds=left))

    page = client.get("/")

    assert page["CDN-Cache-Control"] == "public, max-age={}, stale-while-revalidate={}".format(*told)
    assert page["Cache-Control"].endswith("s-maxage={}, stale-while-revalidate={}".format(*told))


@pytest.mark.parametrize("day", [SHORT, LONG])
def test_office_counts_the_days_that_are_left_by_its_midnights(office, clock, day):
    AgreementFactory(university__name="Marburg", valid_until=day)
    begins, ends, left = moment(BEGINS[day]), moment(ENDS[day]), []

    for each in (begins - SECOND, begins, ends - SECOND, ends):
        clock.move_to(each)
        [row] = rows(office.get("/admin/partners/agreement/"))
        left.append(row.partition("2026 ")[2].removesuffix(" - -"))

    assert left == ["ends in 1 day", "ends today", "ends today", "expired 1 day ago"]


def test_reminders_of_a_night_are_told_once_and_on_their_day(db, clock, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    AgreementFactory(university__name="Marburg", valid_until=LONG + timedelta(days=30))
    AgreementFactory(university__name="Kassel", valid_until=LONG)
    told = {}

    for each in hours(moment("2026-10-24T12:00Z"), moment("2026-10-26T12:00Z")):
        clock.move_to(each)
        send_reminders()
        told |= {f"{each:%dT%H}": [each.subject for each in mail.outbox]} if mail.outbox else {}
        mail.outbox.clear()

    assert [f"{each.agreement.university}: {each.matter}" for each in Reminder.objects.order_by("pk")] == [
        "Kassel: 30",
        "Marburg: 90",
        "Marburg: 30",
        "Kassel: expired",
    ]
    waits = "Exchange Office: 1 agreement waits for you"
    assert told == {"24T12": ["Exchange Office: 2 agreements wait for you"], "24T22": [waits], "25T23": [waits]}


def test_deal_stands_still_sixty_of_the_office_s_days_after_its_last(db, clock, settings):
    """It moved on 27 August, half an hour after midnight."""
    settings.OFFICE_EMAIL = "exchange@example.edu"
    clock.move_to("2026-08-26T22:30Z")
    AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)
    told = []

    for when in (moment(ENDS[LONG]) - SECOND, moment(ENDS[LONG])):
        clock.move_to(when)
        told.append(send_reminders())

    assert told == [["Mails sent: 0"], ["Mails sent: 1"]]


def send_reminders():
    out = StringIO()
    call_command("send_reminders", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("later", "number"), [("2026-10-25T01:05Z", 1), ("2026-10-25T01:06Z", 0)])
def test_claim_of_a_run_that_died_lasts_ten_minutes_also_where_the_clock_goes_back(db, clock, later, number):
    clock.move_to("2026-10-25T00:55:30Z")
    agreement = AgreementFactory()
    Reminder.objects.create(agreement=agreement, matter="30", since=LONG, mail="0" * 32, recipient="a@example.edu")

    clock.move_to(later)

    assert Reminder.objects.pending().count() == number


@pytest.mark.parametrize("day", [SHORT, LONG])
def test_working_day_is_ten_hours_of_a_night_of_any_length(client, coordinator, clock, day):
    clock.move_to(BEGINS[day])
    client.force_login(coordinator)
    is_in, ends = [], moment(BEGINS[day]) + timedelta(hours=10)

    for each in (*hours(moment(BEGINS[day]), ends), ends):
        clock.move_to(each)
        is_in.append(client.get("/admin/").status_code == 200)

    assert is_in == [True] * 11 + [False]


def test_history_of_an_hour_that_comes_twice_is_in_order(office, coordinator, clock):
    clock.move_to(ONCE)
    agreement = AgreementFactory(university__name="Marburg", next_step="before")
    for when, step in ((ONCE, "once"), (TWICE, "twice")):
        clock.move_to(when)
        agreement.next_step = step
        agreement.save()

    assert history(office, agreement) == [
        "the command line changed Next step: once → twice",
        "the command line changed Next step: before → once",
        "the command line added",
    ]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Europe/Prague", BEGINS[SHORT]), ("Europe/Prague", BEGINS[LONG]), ("Asia/Beirut", "2026-03-28T22:00Z")],
)
def test_changes_of_today_are_those_since_midnight(office, clock, settings, zone, midnight):
    """In Beirut that midnight does not exist."""
    settings.TIME_ZONE = zone
    for when, name in ((-1, "Yesterday"), (0, "Today")):
        clock.move_to(moment(midnight) + timedelta(seconds=when))
        AgreementFactory(university__name=name)
    clock.shift(timedelta(hours=12))

    assert changes(office, when="today", model="university") == ["the command line University Today added"]


@pytest.mark.parametrize("moments", [(ONCE, TWICE), ("2026-03-29T00:59:59Z", "2026-03-29T01:00Z")])
def test_imports_of_a_night_are_found_by_their_day(office, clock, moments):
    for name, when in zip(("first", "second"), moments, strict=True):
        clock.move_to(when)
        ImportRun.of(b"", file_name=name).accept()
    day = moment(moments[0])

    asked = {f"accepted_at__{part}": getattr(day, part) for part in ("year", "month", "day")}
    page = office.get("/admin/partners/importrun/", asked)

    assert [row.split()[0] for row in rows(page)] == ["second", "first"]


@pytest.mark.usefixtures("reference_data")
def test_backup_that_is_kept_is_the_one_just_made_wherever_the_clock_was(tmp_path, clock):
    for year in (2030, 2031):
        (tmp_path / f"partners-{year}-01-01-000000.zip").touch()
    kept = []

    for when in (ONCE, TWICE):
        clock.move_to(when)
        call_command("backup", tmp_path, keep=2, stdout=StringIO())
        kept.append(sorted(file.name for file in tmp_path.iterdir()))

    assert kept == [
        ["partners-2026-10-25-003000.zip", "partners-2031-01-01-000000.zip"],
        ["partners-2026-10-25-013000.zip", "partners-2031-01-01-000000.zip"],
    ]


def test_last_change_is_the_last_one_made_also_where_the_clock_was_set_back(office, clock):
    clock.move_to("2026-05-04T12:00Z")
    deal = AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)
    for when, name in (("2026-05-04T12:00Z", "ann"), ("2026-05-04T11:00Z", "ben")):
        clock.move_to(when)
        deal.status, deal._history_user, deal._change_reason = AgreementStatus.ENDED, staff(name), "ended"
        deal.save()

    page = office.get("/admin/partners/agreement/sign/", {"id": deal.pk}, follow=True)

    assert "stays as it is: it was ended by ben" in text(page)
