import pytest
import time_machine
from axes.models import AccessAttempt
from django.utils.timezone import now

from tests.html import text

LOGIN = "/admin/login/?next=/admin/"
MOST = 10


@pytest.fixture
def account(coordinator):
    coordinator.set_password("the right one")
    coordinator.save()
    return coordinator


def attempt(client, password, username="coordinator", **headers):
    return client.post(LOGIN, {"username": username, "password": password}, follow=True, **headers)


def fail(client, **headers):
    return [attempt(client, f"wrong {number}", **headers).status_code for number in range(MOST)]


def is_in(page):
    return "Welcome, coordinator" in text(page)


def test_attempts_beyond_the_most_wait_even_with_the_right_password(client, account):
    assert fail(client) == [200] * (MOST - 1) + [429]

    page = attempt(client, "the right one")

    assert page.status_code == 429
    assert "Wait 10 minutes, and try again." in text(page)


def test_stranger_locks_nobody_out_of_another_network(client, account):
    fail(client, REMOTE_ADDR="203.0.113.9")

    assert is_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7"))


def test_other_accounts_in_the_same_network_go_on(client, account):
    fail(client, username="somebody")

    assert is_in(attempt(client, "the right one"))


def test_waiting_ends(client, account):
    with time_machine.travel(now(), tick=False) as moment:
        fail(client)
        moment.shift(11 * 60)
        page = attempt(client, "the right one")

    assert is_in(page)


def test_success_forgets_the_failures_before(client, account):
    for _ in range(3):
        for number in range(MOST - 1):
            attempt(client, f"wrong {number}")
        assert is_in(attempt(client, "the right one"))
        client.logout()


@pytest.mark.parametrize(("behind_proxy", "is_open"), [(True, True), (False, False)])
def test_address_that_a_proxy_tells_counts_only_where_there_is_one(client, account, settings, behind_proxy, is_open):
    settings.BEHIND_PROXY = behind_proxy
    fail(client, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")

    assert is_in(attempt(client, "the right one", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7")) == is_open


FORWARDED = [
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


@pytest.mark.parametrize(("header", "address"), FORWARDED)
def test_address_of_a_proxy_is_parsed_or_else_the_proxy_counts(client, account, settings, caplog, header, address):
    settings.BEHIND_PROXY = True
    caplog.set_level("INFO", "partners.security")

    page = attempt(client, "wrong", HTTP_X_FORWARDED_FOR=header)

    assert page.status_code == 200
    assert [record.address for record in caplog.records if record.name == "partners.security"] == [address]


def test_server_at_a_socket_has_no_address_and_counts_all_the_same(client, account):
    assert fail(client, REMOTE_ADDR="") == [200] * (MOST - 1) + [429]


def test_household_of_ipv6_counts_as_one(client, account):
    answers = [attempt(client, "wrong", REMOTE_ADDR=f"2001:db8:1:1::{number:x}").status_code for number in range(MOST)]

    assert answers == [200] * (MOST - 1) + [429]
    assert is_in(attempt(client, "the right one", REMOTE_ADDR="2001:db8:1:2::1"))


@pytest.mark.parametrize(("networks", "is_open"), [(9, True), (10, False)])
def test_hundred_failures_from_everywhere_make_an_account_wait(client, account, networks, is_open):
    for number in range(networks):
        fail(client, REMOTE_ADDR=f"203.0.113.{number}")

    assert is_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7")) == is_open


def test_one_network_that_goes_on_while_it_waits_locks_nobody_else_out(client, account):
    for _number in range(11):
        fail(client, REMOTE_ADDR="203.0.113.9")

    assert is_in(attempt(client, "the right one", REMOTE_ADDR="198.51.100.7"))


@pytest.mark.parametrize("name", ["hunter2 is my password", "a" * 300])
def test_what_is_typed_for_a_name_is_stored_only_if_it_is_one(client, account, name):
    answers = fail(client, username=name)
    attempt(client, "wrong")
    client.post("/admin/login/?next=hunter2", {"username": "coordinator", "password": "wrong", "code": "hunter2"})

    stored = str([*AccessAttempt.objects.values_list()])
    assert answers == [200] * (MOST - 1) + [429]
    assert ("hunter2" in stored, name in stored, "'coordinator'" in stored) == (False, False, True)
