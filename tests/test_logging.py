import gzip
import json
import logging
import logging.config
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from django.conf import settings as site_settings
from django.core import mail
from django.db import OperationalError, connection

from exchange import logging_config
from partners.models import CalendarLink
from tests.serving import copy_site, surroundings


@pytest.fixture
def lines(capsys):
    """What is written to the console in a format, line by line."""

    def configure(format_name):
        logging.config.dictConfig(logging_config.build_logging(format_name, is_quiet=False))
        capsys.readouterr()
        return lambda: capsys.readouterr().err.splitlines()

    yield configure
    logging.config.dictConfig(site_settings.LOGGING)


def fail(*args):
    raise ZeroDivisionError("for the test")


def get_failing(client, address="/"):
    client.raise_request_exception = False
    with connection.execute_wrapper(fail):
        return client.get(address)


def test_request_is_one_line_of_json_with_its_number(client, db, lines):
    written = lines("json")

    response = client.get("/?q=private")

    [line] = map(json.loads, written())
    assert {name: line[name] for name in ("levelname", "name", "method", "path", "status", "request_id")} == {
        "levelname": "INFO",
        "name": "exchange.requests",
        "method": "GET",
        "path": "/",
        "status": 200,
        "request_id": response["X-Request-ID"],
    }
    assert "private" not in str(line)


def test_sign_in_is_one_line_of_json_too(client, coordinator, lines):
    coordinator.set_password("the right one")
    coordinator.save()
    written = lines("json")

    client.post("/admin/login/", {"username": "coordinator", "password": "the right one"})

    event, request = map(json.loads, written())
    assert {name: event[name] for name in ("name", "event", "user", "address", "by")} == {
        "name": "partners.security",
        "event": "signed in",
        "user": "coordinator",
        "address": "127.0.0.1",
        "by": "ModelBackend",
    }
    assert event["request_id"] == request["request_id"]
    assert "the right one" not in str(event)


def test_failure_is_one_line_too_and_has_the_number_of_its_request(client, db, lines):
    written = lines("json")

    response = get_failing(client)

    failure, request = map(json.loads, written())
    assert failure["request_id"] == request["request_id"] == response["X-Request-ID"]
    assert (failure["message"], request["status"]) == ("Internal Server Error: /", 500)
    assert "ZeroDivisionError: for the test" in failure["exc_info"]


def test_plain_line_is_for_people(client, db, lines):
    written = lines("plain")

    response = client.get("/")

    [line] = written()
    assert f"INFO [{response['X-Request-ID']}] GET / 200 " in line


def test_address_forges_no_second_line(client, db, lines):
    written = lines("plain")

    client.get("/x%0aINFO%20[1]%20forged%1b[2J")

    request, _not_found = written()
    assert "] GET /x%0AINFO%20%5B1%5D%20forged%1B%5B2J 404 " in request


def test_token_of_a_calendar_is_not_written(client, coordinator, lines):
    written = lines("plain")
    token = CalendarLink.make(coordinator, include_all=False)

    client.get(f"/calendar/{token}.ics")

    [line] = written()
    assert "GET /calendar/<str:token>.ics 200 " in line
    assert token not in line


@pytest.mark.parametrize(
    ("behind_proxy", "given", "is_taken"),
    [(True, "abc-123", True), (False, "abc-123", False), (True, "a b\\n", False), (True, "x" * 65, False)],
)
def test_number_of_the_proxy_is_taken_from_a_proxy_alone(client, db, settings, behind_proxy, given, is_taken):
    settings.BEHIND_PROXY = behind_proxy

    number = client.get("/", headers={"X-Request-ID": given})["X-Request-ID"]

    assert (number == given) is is_taken


def test_failure_is_mailed_to_the_admins_once_in_ten_minutes_wherever_the_clock_is_set(client, db, settings, lines):
    settings.ADMINS = [("it@example.edu", "it@example.edu")]
    lines("plain")
    subjects = []
    with time_machine.travel("2026-11-24T07:00Z", tick=False) as clock:
        for seconds in (0, 1, 600, -100_000):
            clock.shift(seconds)
            get_failing(client)
            subjects.append([message.subject for message in mail.outbox])

    subject = "[Exchange Office] ERROR (EXTERNAL IP): Internal Server Error: /"
    assert subjects == [[subject] * number for number in (1, 1, 2, 3)]
    assert mail.outbox[0].to == ["it@example.edu"]


@pytest.mark.parametrize("name", ["exchange.upload_handlers", "partners.management.commands.backup"])
def test_error_that_the_site_writes_itself_is_mailed_to_the_admins(settings, lines, name):
    settings.ADMINS = [("it@example.edu", "it@example.edu")]
    written = lines("plain")

    logging.getLogger(name).error("No backup was made: %s", "no room")

    assert [message.subject for message in mail.outbox] == ["[Exchange Office] ERROR: No backup was made: no room"]
    assert [line.rpartition("] ")[2] for line in written()] == ["No backup was made: no room"]


class Reports(HTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Report)
        self.bodies = []


class Report(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


ASK = """
import django
django.setup()
from django.test import Client
Client(raise_request_exception=False).get("/")
import sentry_sdk
sentry_sdk.flush()
"""


def test_failure_is_reported_to_the_address_that_is_set(tmp_path):
    with Reports() as reports:
        threading.Thread(target=reports.serve_forever, daemon=True).start()
        variables = surroundings(
            DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3",
            SENTRY_DSN=f"http://key@127.0.0.1:{reports.server_port}/1",
            ALLOWED_HOSTS="testserver",
            DEBUG="on",
            DJANGO_SETTINGS_MODULE="exchange.settings",
        )
        subprocess.run([sys.executable, "-c", ASK], cwd=copy_site(tmp_path), env=variables, check=True)
        reports.shutdown()

    assert OperationalError.__name__ in b"".join(map(gzip.decompress, reports.bodies)).decode()


def test_address_without_its_package_stops_the_start_with_a_sentence(tmp_path):
    hide = "import sys; sys.modules['sentry_sdk'] = None; from exchange import settings"
    variables = surroundings(SENTRY_DSN="http://key@127.0.0.1/1")

    done = subprocess.run(
        [sys.executable, "-c", hide], cwd=copy_site(tmp_path), env=variables, capture_output=True, text=True
    )

    assert "SENTRY_DSN is set, but sentry-sdk is missing. Install it with pip." in done.stderr
