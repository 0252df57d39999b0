import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from partners.accounts.models import UserSession
from tests.helpers.html import cells, element_texts, elements, messages

PAGE = "/admin/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1"


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T08:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def coordinator(coordinator):
    coordinator.set_password("the right one")
    coordinator.save()
    return coordinator


def log_in(user, user_agent=FIREFOX, client_ip="192.0.2.7"):
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=client_ip)
    client.post("/admin/login/", {"username": user.username, "password": "the right one"})
    return client


def is_logged_in(client):
    return client.get("/admin/").status_code == 200


def test_session_ends_after_two_hours_of_inactivity(clock, coordinator):
    client = log_in(coordinator)
    results = []
    for minutes in (119, 119, 121):
        clock.shift(60 * minutes)
        results.append(is_logged_in(client))

    assert results == [True, True, False]


def test_session_ends_at_absolute_age(clock, coordinator):
    client = log_in(coordinator)
    results = []
    for _hour in range(10):
        clock.shift(3600 - 1)
        results.append(is_logged_in(client))
    clock.shift(10)

    assert (results, is_logged_in(client)) == ([True] * 10, False)


def test_session_is_extended_once_in_five_minutes(clock, coordinator):
    client = log_in(coordinator)
    is_logged_in(client)
    expiry_dates = []
    for seconds in (10, 10, 300):
        clock.shift(seconds)
        is_logged_in(client)
        expiry_dates.append(UserSession.objects.get().expire_date.isoformat())

    assert expiry_dates == ["2026-11-24T10:00:00+00:00"] * 2 + ["2026-11-24T10:05:20+00:00"]


def test_page_lists_sessions(clock, coordinator):
    log_in(coordinator, SAFARI, "198.51.100.1")
    clock.shift(60)
    log_in(User.objects.create_superuser("another", password="the right one"))
    log_in(coordinator, "unknown", "198.51.100.2")
    clock.shift(60)

    page = log_in(coordinator, EDGE).get(PAGE)

    assert [row for row in cells(page) if len(row) == 4 and "ago" in row[1]] == [
        ["Edge on Windows 192.0.2.7", "0 minutes ago", "0 minutes ago", "This browser"],
        ["A program 198.51.100.2", "1 minute ago", "1 minute ago", "Sign out"],
        ["Mobile Safari on iOS 198.51.100.1", "2 minutes ago", "2 minutes ago", "Sign out"],
    ]


def test_page_contains_no_session_key(coordinator):
    current, other = log_in(coordinator), log_in(coordinator)

    page = current.get(PAGE).content.decode()

    assert [client.cookies["sessionid"].value in page for client in (current, other)] == [False, False]


def test_one_session_is_ended(coordinator):
    current, other = log_in(coordinator), log_in(coordinator, SAFARI)
    third = log_in(coordinator, EDGE)
    [button] = elements(current.get(PAGE), 'button[aria-label="Sign out Mobile Safari on iOS"]')

    page = current.post(PAGE, {"session": button.get("value")}, follow=True)

    assert messages(page) == ["Signed out in 1 other place."]
    assert [is_logged_in(client) for client in (current, other, third)] == [True, False, True]


def test_all_other_sessions_are_ended(coordinator):
    another = log_in(User.objects.create_superuser("another", password="the right one"))
    current, second, third = (log_in(coordinator) for _number in range(3))

    page = current.post(PAGE, follow=True)

    assert messages(page) == ["Signed out in 2 other places."]
    assert [is_logged_in(client) for client in (current, second, third, another)] == [True, False, False, True]
    assert "Sign out all others" not in element_texts(page, "button")


def test_ending_sessions_requires_reauthentication(clock, coordinator):
    current, other = log_in(coordinator), log_in(coordinator)
    clock.shift(16 * 60)

    response = current.post(PAGE)

    assert response.url == "/admin/reauthenticate/?next=%2Fadmin%2Fsessions%2F"
    assert is_logged_in(other)


def test_deleting_user_deletes_sessions(coordinator):
    client = log_in(coordinator)

    coordinator.delete()

    assert (UserSession.objects.count(), is_logged_in(client)) == (0, False)


def test_clearsessions_deletes_expired_sessions(clock, coordinator):
    log_in(coordinator)
    clock.shift(2 * 3600 + 1)

    call_command("clearsessions")

    assert UserSession.objects.count() == 0
