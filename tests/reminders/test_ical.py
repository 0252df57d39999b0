from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from partners.enums import AgreementStatus
from partners.groups import Role, get_group
from partners.models import Agreement, CalendarLink
from tests.helpers.factories import AgreementFactory, partners
from tests.helpers.html import count_queries
from tests.helpers.reminders import TODAY, ending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

SITE = "https://partners.example.edu"
END = date(2027, 9, 30)


@pytest.fixture
def feed_url(ann):
    return f"/calendar/{CalendarLink.issue_token(ann, include_all=False)}.ics"


def events(response):
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def summaries(response):
    return [(str(event["summary"]), event.decoded("dtstart")) for event in events(response)]


def test_calendar_has_end_and_notice_of_agreements_one_is_responsible_for(client, feed_url, ann):
    agreement = ending(END, "Łódź, “A;B”", responsible=ann)
    ending(END, "Kassel")
    ending(None, "Fulda", responsible=ann)
    ending(END, "Jena", responsible=ann, status=AgreementStatus.ENDED)

    end, notice = events(client.get(feed_url))

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


def test_calendar_of_all_includes_agreements_of_others(client, ann):
    ending(END, "Marburg", responsible=ann)
    ending(END, "Kassel")

    names = summaries(client.get(f"/calendar/{CalendarLink.issue_token(ann, include_all=True)}.ics"))

    assert [name for name, _day in names if name.startswith("Ends: ")] == [
        "Ends: Marburg, Bilateral",
        "Ends: Kassel, Bilateral",
    ]


def test_summary_names_a_renewal_in_process(client, feed_url, ann):
    ending(END, "Marburg", responsible=ann).build_renewal().save()

    assert summaries(client.get(feed_url))[0] == ("Ends: Marburg, Bilateral (renewal in process)", END)


def test_calendar_leaves_out_agreements_that_a_signed_one_follows(client, feed_url, ann):
    renewed = ending(END, "Marburg", responsible=ann, valid_from=date(2026, 9, 30))
    before = [name for name, _day in summaries(client.get(feed_url))]

    AgreementFactory(university=renewed.university, valid_from=date(2027, 10, 1), responsible=ann)

    assert before == [f"{text}: Marburg, Bilateral" for text in ("Begins", "Ends", "Ends in 180 days")]
    assert summaries(client.get(feed_url)) == [("Begins: Marburg, Bilateral", date(2027, 10, 1))]


def test_calendar_has_the_first_day_of_upcoming_agreements(client, feed_url, ann):
    agreement = AgreementFactory(
        university__name="Marburg", scope="Faculty of Law", valid_from=date(2027, 3, 1), responsible=ann
    )

    [event] = events(client.get(feed_url))

    assert (str(event["summary"]), event.decoded("dtstart"), event.decoded("dtend")) == (
        "Begins: Marburg, Bilateral, Faculty of Law",
        date(2027, 3, 1),
        date(2027, 3, 2),
    )
    assert event["uid"] == f"agreement-{agreement.pk}-start@partners.example.edu"


def test_calendar_has_the_days_by_which_agreements_should_be_done(client, feed_url, ann):
    AgreementFactory(
        university__name="Kassel",
        status=AgreementStatus.IN_PROCESS,
        valid_from=TODAY,
        valid_until=END,
        responsible=ann,
    )
    agreement = AgreementFactory(
        university__name="Marburg",
        agreement_type=None,
        status=AgreementStatus.IN_PROCESS,
        due_on=date(2027, 1, 15),
        responsible=ann,
    )

    [event] = events(client.get(feed_url))
    agreement.end(TODAY, "ended")
    after_end = events(client.get(feed_url))

    assert str(event["summary"]) == "To be done: Marburg, type unknown"
    assert event.decoded("dtstart") == date(2027, 1, 15)
    assert event["uid"] == f"agreement-{agreement.pk}-due@partners.example.edu"
    assert after_end == []


def test_calendar_has_a_day_for_an_agreement_in_process_beside_signed_ones(client, feed_url, ann):
    signed = AgreementFactory(university__name="Marburg", valid_from=date(2028, 1, 1))
    AgreementFactory(
        university=signed.university, status=AgreementStatus.IN_PROCESS, due_on=date(2027, 1, 15), responsible=ann
    )

    assert summaries(client.get(feed_url)) == [("To be done: Marburg, Bilateral", date(2027, 1, 15))]


def test_calendar_survives_the_last_day_that_a_date_can_have(client, feed_url, ann):
    ending(date.max, "Marburg", responsible=ann)

    end, _notice = events(client.get(feed_url))

    assert (end.decoded("dtstart"), "dtend" in end) == (date.max, False)


@pytest.mark.parametrize(("days", "count"), [(365, 1), (366, 0)])
def test_first_day_stays_for_a_year(client, feed_url, ann, days, count):
    AgreementFactory(valid_from=TODAY - timedelta(days), responsible=ann)

    assert len(events(client.get(feed_url))) == count


@pytest.mark.parametrize(("days", "count"), [(365, 2), (366, 0)])
def test_event_stays_for_a_year(client, feed_url, ann, days, count):
    ending(TODAY - timedelta(days), responsible=ann)

    assert len(events(client.get(feed_url))) == count


def test_event_keeps_its_identifier_and_counts_its_changes(client, feed_url, ann, today):
    agreement = ending(END, "Marburg", responsible=ann)
    before = events(client.get(feed_url))[0]
    today.shift(timedelta(days=1))
    agreement.schedule_end(date(2028, 9, 30), "extended")
    after = events(client.get(feed_url))[0]
    today.shift(timedelta(days=1))
    agreement.university.name = "Philipps-Universität"
    agreement.university.save()
    renamed = events(client.get(feed_url))[0]

    moments = [datetime(2026, 11, day, 7, tzinfo=ZoneInfo("UTC")) for day in (24, 25, 26)]
    assert before["uid"] == after["uid"] == renamed["uid"]
    assert [event["sequence"] for event in (before, after, renamed)] == [2, 3, 4]
    assert [event.decoded("dtstamp") for event in (before, after, renamed)] == moments
    assert [event.decoded("last-modified") for event in (before, after, renamed)] == moments
    assert after.decoded("dtstart") == date(2028, 9, 30)


def test_unchanged_calendar_answers_304(client, feed_url, ann, today):
    agreement = ending(END, responsible=ann)
    first = client.get(feed_url)
    today.shift(timedelta(days=3))

    again = client.get(feed_url, headers={"If-None-Match": first["ETag"]})
    agreement.schedule_end(date(2028, 9, 30), "extended")
    changed = client.get(feed_url, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_calendar_headers(client, feed_url):
    response = client.get(feed_url)

    names = ("Content-Type", "Content-Disposition", "Cache-Control", "X-Robots-Tag")
    assert {name: response[name] for name in names} == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="agreements.ics"',
        "Cache-Control": "private, max-age=3600",
        "X-Robots-Tag": "noindex",
    }
    assert response.cookies == {}


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_link_of_closed_account_is_not_found(client, feed_url, ann, change):
    before = client.get(feed_url).status_code
    for name, value in change.items():
        setattr(ann, name, value)
    ann.save()

    assert (before, client.get(feed_url).status_code) == (200, 404)


def test_link_without_view_permission_is_not_found(client, feed_url, ann):
    before = client.get(feed_url).status_code
    ann.groups.remove(get_group(Role.COORDINATOR))

    assert (before, client.get(feed_url).status_code) == (200, 404)


def test_new_link_replaces_the_old_one(client, feed_url, ann):
    new = f"/calendar/{CalendarLink.issue_token(ann, include_all=False)}.ics"

    assert (client.get(feed_url).status_code, client.get(new).status_code) == (404, 200)


def test_wrong_token_and_stored_hash_are_not_found(client, feed_url, ann):
    for token in ("x", CalendarLink.objects.get().token_hash, "é" * 300):
        assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_calendar_rejects_other_methods(client, feed_url):
    assert client.post(feed_url).status_code == 405


@pytest.mark.parametrize("count", [3, 300])
def test_calendar_takes_the_same_number_of_queries_at_any_size(client, ann, count):
    feed_url = f"/calendar/{CalendarLink.issue_token(ann, include_all=True)}.ics"
    partners(count)
    Agreement.objects.update(valid_until=END)

    assert len(events(client.get(feed_url))) == 2 * count
    assert count_queries(client, feed_url) == 5
