from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from icalendar import Calendar

from partners.enums import AgreementStatus
from partners.models import Agreement, CalendarLink
from tests.factories import partners
from tests.html import queries
from tests.reminders.conftest import TODAY, ending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

SITE = "https://partners.example.edu"
END = date(2027, 9, 30)


@pytest.fixture
def address(ann):
    return f"/calendar/{CalendarLink.make(ann, include_all=False)}.ics"


def events(response):
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def told(response):
    return [(str(event["summary"]), event.decoded("dtstart")) for event in events(response)]


def test_calendar_has_the_end_and_the_notice_of_what_one_is_responsible_for(client, address, ann):
    agreement = ending(END, "Łódź, “A;B”", responsible=ann)
    ending(END, "Kassel")
    ending(None, "Fulda", responsible=ann)
    ending(END, "Jena", responsible=ann, status=AgreementStatus.ENDED)

    end, notice = events(client.get(address))

    assert (str(end["summary"]), end.decoded("dtstart"), end.decoded("dtend")) == (
        "Ends: Łódź, “A;B”, Bilateral",
        END,
        date(2027, 10, 1),
    )
    assert (str(notice["summary"]), notice.decoded("dtstart")) == (
        "Ends in 180 days: Łódź, “A;B”, Bilateral",
        date(2027, 4, 3),
    )
    assert [str(event["uid"]) for event in (end, notice)] == [
        f"agreement-{agreement.pk}-end@partners.example.edu",
        f"agreement-{agreement.pk}-notice@partners.example.edu",
    ]
    assert str(end["url"]) == f"{SITE}/admin/partners/agreement/{agreement.pk}/change/"
    assert (str(end["location"]), str(end["transp"])) == ("Germany", "TRANSPARENT")


def test_calendar_of_all_has_everybody_s(client, ann):
    ending(END, "Marburg", responsible=ann)
    ending(END, "Kassel")

    names = told(client.get(f"/calendar/{CalendarLink.make(ann, include_all=True)}.ics"))

    assert [name for name, _day in names if name.startswith("Ends: ")] == [
        "Ends: Marburg, Bilateral",
        "Ends: Kassel, Bilateral",
    ]


def test_renewal_in_process_is_said(client, address, ann):
    ending(END, "Marburg", responsible=ann).renewal().save()

    assert told(client.get(address))[0] == ("Ends: Marburg, Bilateral (renewal in process)", END)


@pytest.mark.parametrize(("days", "number"), [(365, 2), (366, 0)])
def test_end_stays_for_a_year(client, address, ann, days, number):
    ending(TODAY - timedelta(days), responsible=ann)

    assert len(events(client.get(address))) == number


def test_event_keeps_its_identifier_and_counts_its_changes(client, address, ann, today):
    agreement = ending(END, "Marburg", responsible=ann)
    before = events(client.get(address))[0]
    today.shift(timedelta(days=1))
    agreement.schedule_end(date(2028, 9, 30), "extended")
    after = events(client.get(address))[0]
    today.shift(timedelta(days=1))
    agreement.university.name = "Philipps-Universität"
    agreement.university.save()
    renamed = events(client.get(address))[0]

    moments = [datetime(2026, 11, day, 7, tzinfo=ZoneInfo("UTC")) for day in (24, 25, 26)]
    assert before["uid"] == after["uid"] == renamed["uid"]
    assert [event["sequence"] for event in (before, after, renamed)] == [2, 3, 4]
    assert [event.decoded("dtstamp") for event in (before, after, renamed)] == moments
    assert [event.decoded("last-modified") for event in (before, after, renamed)] == moments
    assert after.decoded("dtstart") == date(2028, 9, 30)


def test_calendar_that_has_not_changed_is_not_sent_again(client, address, ann, today):
    agreement = ending(END, responsible=ann)
    first = client.get(address)
    today.shift(timedelta(days=3))

    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    agreement.schedule_end(date(2028, 9, 30), "extended")
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_calendar_is_private_and_of_its_own_kind(client, address):
    response = client.get(address)

    names = ("Content-Type", "Content-Disposition", "Cache-Control", "X-Robots-Tag")
    assert {name: response[name] for name in names} == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="agreements.ics"',
        "Cache-Control": "private, max-age=3600",
        "X-Robots-Tag": "noindex",
    }
    assert response.cookies == {}


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_link_of_who_has_left_opens_nothing(client, address, ann, change):
    opened = client.get(address).status_code
    for name, value in change.items():
        setattr(ann, name, value)
    ann.save()

    assert (opened, client.get(address).status_code) == (200, 404)


def test_link_of_who_may_no_longer_look_opens_nothing(client, address, ann):
    opened = client.get(address).status_code
    ann.groups.remove(Group.objects.get(name="Exchange coordinators"))

    assert (opened, client.get(address).status_code) == (200, 404)


def test_new_link_takes_the_place_of_the_old_one(client, address, ann):
    new = f"/calendar/{CalendarLink.make(ann, include_all=False)}.ics"

    assert (client.get(address).status_code, client.get(new).status_code) == (404, 200)


def test_wrong_token_opens_nothing_and_neither_does_what_the_database_knows(client, address, ann):
    for token in ("x", CalendarLink.objects.get().token_hash, "é" * 300):
        assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_calendar_takes_no_other_method(client, address):
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("number", [3, 300])
def test_calendar_takes_as_many_queries_for_hundreds(client, ann, number):
    address = f"/calendar/{CalendarLink.make(ann, include_all=True)}.ics"
    partners(number)
    Agreement.objects.update(valid_until=END)

    assert len(events(client.get(address))) == 2 * number
    assert queries(client, address) == 4
