import pytest
import time_machine
from django.utils.timezone import now

from tests.pages import text

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
