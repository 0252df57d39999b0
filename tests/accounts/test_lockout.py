import pytest
import time_machine
from axes.models import AccessAttempt
from django.utils.timezone import now

from tests.helpers.html import text

LOGIN = "/admin/login/?next=/admin/"
FAILURE_LIMIT = 10


@pytest.fixture
def account(coordinator):
    coordinator.set_password("the right one")
    coordinator.save()
    return coordinator


def attempt(client, password, username="coordinator", **headers):
    return client.post(LOGIN, {"username": username, "password": password}, follow=True, **headers)


def fail_until_lockout(client, **headers):
    return [attempt(client, f"wrong {number}", **headers).status_code for number in range(FAILURE_LIMIT)]


def is_logged_in(page):
    return "Welcome, coordinator" in text(page)


def test_lockout_refuses_correct_password(client, account):
    assert fail_until_lockout(client) == [200] * (FAILURE_LIMIT - 1) + [429]

    page = attempt(client, "the right one")

    assert page.status_code == 429
    assert "Wait 10 minutes, and try again." in text(page)


def test_lockout_is_limited_to_client_network(client, account):
    fail_until_lockout(client, REMOTE_ADDR="203.0.113.9")

    assert is_logged_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7"))


def test_lockout_is_limited_to_account(client, account):
    fail_until_lockout(client, username="somebody")

    assert is_logged_in(attempt(client, "the right one"))


def test_lockout_ends_after_cooloff(client, account):
    with time_machine.travel(now(), tick=False) as clock:
        fail_until_lockout(client)
        clock.shift(11 * 60)
        page = attempt(client, "the right one")

    assert is_logged_in(page)


def test_successful_login_resets_failures(client, account):
    for _ in range(3):
        for number in range(FAILURE_LIMIT - 1):
            attempt(client, f"wrong {number}")
        assert is_logged_in(attempt(client, "the right one"))
        client.logout()


@pytest.mark.parametrize(("behind_proxy", "expected"), [(True, True), (False, False)])
def test_forwarded_ip_is_used_only_behind_proxy(client, account, settings, behind_proxy, expected):
    settings.BEHIND_PROXY = behind_proxy
    fail_until_lockout(client, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")

    assert is_logged_in(attempt(client, "the right one", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7")) == expected


FORWARDED_HEADERS = [
    ("203.0.113.9:55", "203.0.113.9"),
    ("[2001:db8::9]:443", "2001:db8::9"),
    ("::ffff:203.0.113.9", "203.0.113.9"),
    ("fe80::1%eth0", "fe80::1"),
    (" 203.0.113.9 ", "203.0.113.9"),
    ("1.2.3.4, unknown", "127.0.0.1"),
    ("_hidden", "127.0.0.1"),
    ("203.0.113.999", "127.0.0.1"),
    ("", "127.0.0.1"),
]


@pytest.mark.parametrize(("header", "client_ip"), FORWARDED_HEADERS)
def test_forwarded_ip_is_parsed_or_falls_back_to_proxy_ip(client, account, settings, caplog, header, client_ip):
    settings.BEHIND_PROXY = True
    caplog.set_level("INFO", "partners.security")

    page = attempt(client, "wrong", HTTP_X_FORWARDED_FOR=header)

    assert page.status_code == 200
    assert [record.client_ip for record in caplog.records if record.name == "partners.security"] == [client_ip]


def test_failures_are_counted_without_client_ip(client, account):
    assert fail_until_lockout(client, REMOTE_ADDR="") == [200] * (FAILURE_LIMIT - 1) + [429]


def test_ipv6_network_counts_as_one_client(client, account):
    statuses = [
        attempt(client, "wrong", REMOTE_ADDR=f"2001:db8:1:1::{number:x}").status_code for number in range(FAILURE_LIMIT)
    ]

    assert statuses == [200] * (FAILURE_LIMIT - 1) + [429]
    assert is_logged_in(attempt(client, "the right one", REMOTE_ADDR="2001:db8:1:2::1"))


@pytest.mark.parametrize(("networks", "expected"), [(9, True), (10, False)])
def test_account_limit_counts_failures_from_all_networks(client, account, networks, expected):
    for number in range(networks):
        fail_until_lockout(client, REMOTE_ADDR=f"203.0.113.{number}")

    assert is_logged_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7")) == expected


def test_attempts_during_lockout_do_not_count_for_account_limit(client, account):
    for _number in range(11):
        fail_until_lockout(client, REMOTE_ADDR="203.0.113.9")

    assert is_logged_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7"))


@pytest.mark.parametrize("name", ["hunter2 is my password", "a" * 300])
def test_unknown_usernames_and_form_data_are_not_stored(client, account, name):
    statuses = fail_until_lockout(client, username=name)
    attempt(client, "wrong")
    client.post("/admin/login/?next=hunter2", {"username": "coordinator", "password": "wrong", "code": "hunter2"})

    stored = str([*AccessAttempt.objects.values_list()])
    assert statuses == [200] * (FAILURE_LIMIT - 1) + [429]
    assert ("hunter2" in stored, name in stored, "'coordinator'" in stored) == (False, False, True)
