"""Calendar files (iCalendar, RFC 5545) with events of one day."""

from datetime import date, timedelta

from icalendar import Calendar, Event


def new_calendar(name: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Exchange Partners//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    return calendar


def new_event(uid: str, day: date, summary: str, url: str) -> Event:
    """Return an event that takes the whole day and leaves it free for others."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstart", day)
    if day < date.max:  # no date is later
        event.add("dtend", day + timedelta(days=1))
    event.add("summary", summary)
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    return event
