"""How long one stays signed in, where, and how to end it."""

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from partners.accounts.models import UserSession
from tests.html import cells, messages, pieces

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


def browser(user, agent=FIREFOX, address="192.0.2.7"):
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post("/admin/login/", {"username": user.username, "password": "the right one"})
    return client


def is_in(client):
    return client.get("/admin/").status_code == 200


def test_two_hours_without_doing_anything_end_it(clock, coordinator):
    client = browser(coordinator)
    found = []
    for minutes in (119, 119, 121):
        clock.shift(60 * minutes)
        found.append(is_in(client))

    assert found == [True, True, False]


def test_working_day_ends_it_however_busy_one_is(clock, coordinator):
    client = browser(coordinator)
    found = []
    for _hour in range(10):
        clock.shift(3600 - 1)
        found.append(is_in(client))
    clock.shift(10)

    assert (found, is_in(client)) == ([True] * 10, False)


def test_working_writes_once_in_five_minutes(clock, coordinator):
    client = browser(coordinator)
    is_in(client)
    written = []
    for seconds in (10, 10, 300):
        clock.shift(seconds)
        is_in(client)
        written.append(UserSession.objects.get().expire_date.isoformat())

    assert written == ["2026-11-24T10:00:00+00:00"] * 2 + ["2026-11-24T10:05:20+00:00"]


def test_page_tells_where_one_is_signed_in(clock, coordinator):
    browser(coordinator, SAFARI, "198.51.100.1")
    clock.shift(60)
    browser(User.objects.create_superuser("another", password="the right one"))
    browser(coordinator, "curl/8", "198.51.100.2")
    clock.shift(60)

    page = browser(coordinator, EDGE).get(PAGE)

    assert [row for row in cells(page) if len(row) == 4 and "ago" in row[1]] == [
        ["Edge on Windows 192.0.2.7", "0 minutes ago", "0 minutes ago", "This one"],
        ["A program 198.51.100.2", "1 minute ago", "1 minute ago", "End"],
        ["Safari on iPhone 198.51.100.1", "2 minutes ago", "2 minutes ago", "End"],
    ]


def test_page_has_no_key_that_opens_the_office(coordinator):
    here, there = browser(coordinator), browser(coordinator)

    page = here.get(PAGE).content.decode()

    assert [client.cookies["sessionid"].value in page for client in (here, there)] == [False, False]


def test_one_place_is_ended_and_the_others_go_on(coordinator):
    here, there = browser(coordinator), browser(coordinator, SAFARI)
    third = browser(coordinator, EDGE)
    [number] = [
        button.split('value="')[1].split('"')[0]
        for button in here.get(PAGE).content.decode().split("<button")
        if "End Safari on iPhone" in button
    ]

    page = here.post(PAGE, {"number": number}, follow=True)

    assert messages(page) == ["Signed out in 1 other place."]
    assert [is_in(client) for client in (here, there, third)] == [True, False, True]


def test_all_others_are_ended_and_nobody_else_s(coordinator):
    another = browser(User.objects.create_superuser("another", password="the right one"))
    here, there, third = (browser(coordinator) for _number in range(3))

    page = here.post(PAGE, follow=True)

    assert messages(page) == ["Signed out in 2 other places."]
    assert [is_in(client) for client in (here, there, third, another)] == [True, False, False, True]
    assert "End all others" not in pieces(page, "button")


def test_ending_asks_who_one_is_after_a_quarter_of_an_hour(clock, coordinator):
    here, there = browser(coordinator), browser(coordinator)
    clock.shift(16 * 60)

    asked = here.post(PAGE)

    assert asked.url == "/admin/confirm/?next=%2Fadmin%2Fsessions%2F"
    assert is_in(there)


def test_account_that_is_deleted_takes_its_sessions_along(coordinator):
    client = browser(coordinator)

    coordinator.delete()

    assert (UserSession.objects.count(), is_in(client)) == (0, False)


def test_sessions_that_have_ended_are_cleared(clock, coordinator):
    browser(coordinator)
    clock.shift(2 * 3600 + 1)

    call_command("clearsessions")

    assert UserSession.objects.count() == 0
