"""Behaviour at midnight, on the days when daylight saving time begins and ends, and when the clock is set back.

In Prague it is 02:30 twice on 25 October 2026, and never on 29 March. Times in this module are in UTC.
"""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.utils.timezone import now

from partners import data_version
from partners.enums import AgreementStatus
from partners.models import Reminder, Run
from tests.helpers.factories import AgreementFactory, create_staff
from tests.helpers.history_pages import entries, history
from tests.helpers.html import rows, text

SHORT_DAY, LONG_DAY = date(2026, 3, 29), date(2026, 10, 25)
DAY_START = {SHORT_DAY: "2026-03-28T23:00Z", LONG_DAY: "2026-10-24T22:00Z"}
DAY_END = {SHORT_DAY: "2026-03-29T22:00Z", LONG_DAY: "2026-10-25T23:00Z"}
HOURS_IN_DAY = {SHORT_DAY: 23, LONG_DAY: 25}
FIRST_0230, SECOND_0230 = "2026-10-25T00:30Z", "2026-10-25T01:30Z"
"""Both are 02:30 in Prague."""
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def prague(settings):
    settings.TIME_ZONE = "Europe/Prague"


@pytest.fixture
def clock():
    with time_machine.travel("2026-01-01T12:00Z", tick=False) as clock:
        yield clock


def parse_utc(text):
    return datetime.fromisoformat(text)


def hourly(start, end):
    """Yield every full hour from the start, and the last second before the end."""
    while start < end:
        yield start
        start += timedelta(hours=1)
    yield end - SECOND


@pytest.mark.parametrize("day", [SHORT_DAY, LONG_DAY])
def test_cached_page_is_valid_until_the_last_second_of_its_day(client, db, clock, monkeypatch, day):
    cache.clear()
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    AgreementFactory(university__name="Marburg", valid_until=day)
    is_listed, etags = [], set()

    for moment in hourly(parse_utc(DAY_START[day]), parse_utc(DAY_END[day])):
        clock.move_to(moment)
        page = client.get("/")
        is_listed.append(rows(page) == ["Germany", "Marburg Bilateral"])
        etags.add(page["ETag"])
    clock.move_to(parse_utc(DAY_END[day]))
    after = client.get("/", headers={"if-none-match": page["ETag"]})

    assert is_listed == [True] * (HOURS_IN_DAY[day] + 1)
    assert len(etags) == 1
    assert (after.status_code, rows(after)) == (200, [])


@pytest.mark.parametrize("day", [SHORT_DAY, LONG_DAY])
@pytest.mark.parametrize(
    ("seconds_left", "expected"),
    [(3600, [30, 30]), (61, [30, 30]), (51, [30, 20]), (31, [30, 0]), (5, [4, 0]), (0.5, [0, 0])],
)
def test_shared_caches_do_not_serve_a_page_beyond_its_day(client, db, clock, monkeypatch, day, seconds_left, expected):
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    clock.move_to(parse_utc(DAY_END[day]) - timedelta(seconds=seconds_left))

    page = client.get("/")

    assert page["CDN-Cache-Control"] == "public, max-age={}, stale-while-revalidate={}".format(*expected)
    assert page["Cache-Control"].endswith("s-maxage={}, stale-while-revalidate={}".format(*expected))


@pytest.mark.parametrize("day", [SHORT_DAY, LONG_DAY])
def test_days_left_are_counted_in_local_time(coordinator_client, clock, day):
    AgreementFactory(university__name="Marburg", valid_until=day)
    start, end, days_left = parse_utc(DAY_START[day]), parse_utc(DAY_END[day]), []

    for moment in (start - SECOND, start, end - SECOND, end):
        clock.move_to(moment)
        [row] = rows(coordinator_client.get("/admin/partners/agreement/"))
        days_left.append(row.partition("2026 ")[2].removesuffix(" -"))

    assert days_left == ["ends in 1 day", "ends today", "ends today", "expired 1 day ago"]


def test_reminders_are_sent_once_on_their_local_day(db, clock, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    AgreementFactory(university__name="Marburg", valid_until=LONG_DAY + timedelta(days=30))
    AgreementFactory(university__name="Kassel", valid_until=LONG_DAY)
    subjects = {}

    for moment in hourly(parse_utc("2026-10-24T12:00Z"), parse_utc("2026-10-26T12:00Z")):
        clock.move_to(moment)
        send_reminders()
        subjects |= {f"{moment:%dT%H}": [message.subject for message in mail.outbox]} if mail.outbox else {}
        mail.outbox.clear()

    assert [f"{reminder.agreement.university}: {reminder.kind}" for reminder in Reminder.objects.order_by("pk")] == [
        "Kassel: 30",
        "Marburg: 90",
        "Marburg: 30",
        "Kassel: expired",
    ]
    one = "Exchange Office: 1 agreement waits for you"
    assert subjects == {"24T12": ["Exchange Office: 2 agreements wait for you"], "24T22": [one], "25T23": [one]}


def test_agreement_is_stalled_after_sixty_local_days(db, clock, settings):
    """The last change is on 27 August in Prague, half an hour after midnight."""
    settings.OFFICE_EMAIL = "exchange@example.edu"
    clock.move_to("2026-08-26T22:30Z")
    AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)
    output = []

    for moment in (parse_utc(DAY_END[LONG_DAY]) - SECOND, parse_utc(DAY_END[LONG_DAY])):
        clock.move_to(moment)
        output.append(send_reminders())

    assert output == [["Mails sent: 0"], ["Mails sent: 1"]]


def send_reminders():
    stdout = StringIO()
    call_command("send_reminders", stdout=stdout)
    return stdout.getvalue().splitlines()


@pytest.mark.parametrize(("now", "count"), [("2026-10-25T01:05Z", 1), ("2026-10-25T01:06Z", 0)])
def test_claim_of_a_killed_run_expires_after_ten_minutes_when_the_clock_is_set_back(db, clock, now, count):
    clock.move_to("2026-10-25T00:55:30Z")
    agreement = AgreementFactory()
    Reminder.objects.create(
        agreement=agreement, kind="30", reference_date=LONG_DAY, message_id="0" * 32, recipient="a@example.edu"
    )

    clock.move_to(now)

    assert Reminder.objects.active().filter(sent_at=None).count() == count


@pytest.mark.parametrize("day", [SHORT_DAY, LONG_DAY])
def test_session_lasts_ten_hours_over_a_clock_change(client, coordinator, clock, day):
    clock.move_to(DAY_START[day])
    client.force_login(coordinator)
    is_logged_in, end = [], parse_utc(DAY_START[day]) + timedelta(hours=10)

    for moment in (*hourly(parse_utc(DAY_START[day]), end), end):
        clock.move_to(moment)
        is_logged_in.append(client.get("/admin/").status_code == 200)

    assert is_logged_in == [True] * 11 + [False]


def test_history_of_a_repeated_hour_is_in_order(coordinator_client, coordinator, clock):
    clock.move_to(FIRST_0230)
    agreement = AgreementFactory(university__name="Marburg", next_step="before")
    for moment, step in ((FIRST_0230, "once"), (SECOND_0230, "twice")):
        clock.move_to(moment)
        agreement.next_step = step
        agreement.save()

    assert history(coordinator_client, agreement) == [
        "the command line changed Next step: once → twice",
        "the command line changed Next step: before → once",
        "the command line added",
    ]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/Prague", DAY_START[SHORT_DAY]),
        ("Europe/Prague", DAY_START[LONG_DAY]),
        ("Asia/Beirut", "2026-03-28T22:00Z"),
    ],
)
def test_change_log_of_today_begins_at_local_midnight(coordinator_client, clock, settings, zone, midnight):
    """In Beirut, that day begins at 01:00."""
    settings.TIME_ZONE = zone
    for seconds, name in ((-1, "Yesterday"), (0, "Today")):
        clock.move_to(parse_utc(midnight) + timedelta(seconds=seconds))
        AgreementFactory(university__name=name)
    clock.shift(timedelta(hours=12))

    assert entries(coordinator_client, when="today", model="university") == ["the command line University Today added"]


@pytest.mark.parametrize("moments", [(FIRST_0230, SECOND_0230), ("2026-03-29T00:59:59Z", "2026-03-29T01:00Z")])
def test_runs_are_filtered_by_local_day(coordinator_client, clock, moments):
    for name, moment in zip(("first", "second"), moments, strict=True):
        clock.move_to(moment)
        Run.from_upload(b"", file_name=name, accepted_at=now()).save()
    day = parse_utc(moments[0])

    filters = {f"accepted_at__{part}": getattr(day, part) for part in ("year", "month", "day")}
    page = coordinator_client.get("/admin/partners/run/", filters)

    assert [row.split()[:2] for row in rows(page)] == [["Import", "second"], ["Import", "first"]]


@pytest.mark.usefixtures("reference_data")
def test_new_backup_is_never_deleted_when_the_clock_is_set_back(tmp_path, clock):
    for year in (2030, 2031):
        (tmp_path / f"partners-{year}-01-01-000000.zip").touch()
    backups = []

    for moment in (FIRST_0230, SECOND_0230):
        clock.move_to(moment)
        call_command("backup", tmp_path, keep=2, stdout=StringIO())
        backups.append(sorted(file.name for file in tmp_path.iterdir()))

    assert backups == [
        ["partners-2026-10-25-003000.zip", "partners-2031-01-01-000000.zip"],
        ["partners-2026-10-25-013000.zip", "partners-2031-01-01-000000.zip"],
    ]


def test_last_change_is_the_latest_when_the_clock_is_set_back(coordinator_client, clock):
    clock.move_to("2026-05-04T12:00Z")
    agreement = AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)
    for moment, name in (("2026-05-04T12:00Z", "ann"), ("2026-05-04T11:00Z", "ben")):
        clock.move_to(moment)
        agreement.status = AgreementStatus.ENDED
        agreement._history_user, agreement._change_reason = create_staff(name), "ended"
        agreement.save()

    page = coordinator_client.get("/admin/partners/agreement/sign/", {"id": agreement.pk}, follow=True)

    assert "stays as it is: it was ended by ben" in text(page)
