import gzip
import json
import logging
import logging.config
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sentry_sdk
import time_machine
from django.conf import settings as site_settings
from django.core import mail
from django.db import OperationalError, connection
from django.test import Client

from exchange import logging_config
from partners.models import CalendarLink
from tests.helpers.paths import ROOT
from tests.helpers.processes import function_command
from tests.helpers.serving import copy_site, site_environment


@pytest.fixture
def configure_logging(capsys):
    """A function that configures the log format, and returns a function that returns the lines logged since."""

    def configure(format_name):
        logging.config.dictConfig(logging_config.build_logging(format_name, is_quiet=False))
        capsys.readouterr()
        return lambda: capsys.readouterr().err.splitlines()

    yield configure
    logging.config.dictConfig(site_settings.LOGGING)


def fail(*args):
    raise ZeroDivisionError("for the test")


def get_failing(client, url="/"):
    client.raise_request_exception = False
    with connection.execute_wrapper(fail):
        return client.get(url)


def test_request_is_logged_as_one_line_of_json(client, db, configure_logging):
    read_lines = configure_logging("json")

    response = client.get("/?q=private")

    [line] = map(json.loads, read_lines())
    assert {name: line[name] for name in ("levelname", "name", "method", "path", "status", "request_id")} == {
        "levelname": "INFO",
        "name": "exchange.requests",
        "method": "GET",
        "path": "/",
        "status": 200,
        "request_id": response["X-Request-ID"],
    }
    assert "private" not in str(line)


def test_login_is_logged_as_one_line_of_json(client, coordinator, configure_logging):
    coordinator.set_password("the right one")
    coordinator.save()
    read_lines = configure_logging("json")

    client.post("/admin/login/", {"username": "coordinator", "password": "the right one"})

    event, request = map(json.loads, read_lines())
    assert {name: event[name] for name in ("name", "event", "user", "client_ip", "backend")} == {
        "name": "partners.security",
        "event": "login",
        "user": "coordinator",
        "client_ip": "127.0.0.1",
        "backend": "ModelBackend",
    }
    assert event["request_id"] == request["request_id"]
    assert "the right one" not in str(event)


def test_exception_is_logged_as_one_line_with_its_request_id(client, db, configure_logging):
    read_lines = configure_logging("json")

    response = get_failing(client)

    failure, request = map(json.loads, read_lines())
    assert failure["request_id"] == request["request_id"] == response["X-Request-ID"]
    assert (failure["message"], request["status"]) == ("Internal Server Error: /", 500)
    assert "ZeroDivisionError: for the test" in failure["exc_info"]


def test_plain_line_has_the_request_id(client, db, configure_logging):
    read_lines = configure_logging("plain")

    response = client.get("/")

    [line] = read_lines()
    assert f"INFO [{response['X-Request-ID']}] GET / 200 " in line


def test_line_breaks_in_the_path_are_escaped(client, db, configure_logging):
    read_lines = configure_logging("plain")

    client.get("/x%0aINFO%20[1]%20forged%1b[2J")

    request, _not_found = read_lines()
    assert "] GET /x%0AINFO%20%5B1%5D%20forged%1B%5B2J 404 " in request


def test_calendar_token_is_not_logged(client, coordinator, configure_logging):
    read_lines = configure_logging("plain")
    token = CalendarLink.issue_token(coordinator, include_all=False)

    client.get(f"/calendar/{token}.ics")

    [line] = read_lines()
    assert "GET /calendar/<str:token>.ics 200 " in line
    assert token not in line


def test_calendar_token_of_a_failed_request_is_neither_logged_nor_mailed(
    client, coordinator, configure_logging, mailoutbox, settings
):
    settings.ADMINS = [("it", "it@example.edu")]
    read_lines = configure_logging("plain")
    token = CalendarLink.issue_token(coordinator, include_all=False)

    get_failing(client, f"/calendar/{token}.ics")

    lines = "\n".join(read_lines())
    assert "Internal Server Error: /calendar/<str:token>.ics" in lines
    assert [mail.subject for mail in mailoutbox] == [
        "[Exchange Office] ERROR: Internal Server Error: /calendar/<str:token>.ics"
    ]
    assert token not in lines + mailoutbox[0].body


def test_time_is_logged_with_its_offset(client, db, configure_logging):
    read_lines = configure_logging("plain")

    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        client.get("/")

    [line] = read_lines()
    assert datetime.fromisoformat(line.split(" ")[0]) == datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("behind_proxy", "header", "is_accepted"),
    [(True, "abc-123", True), (False, "abc-123", False), (True, "a b\\n", False), (True, "x" * 65, False)],
)
def test_request_id_header_is_accepted_only_behind_a_proxy(client, db, settings, behind_proxy, header, is_accepted):
    settings.BEHIND_PROXY = behind_proxy

    request_id = client.get("/", headers={"X-Request-ID": header})["X-Request-ID"]

    assert (request_id == header) is is_accepted


def test_exception_is_mailed_to_admins_once_in_ten_minutes_even_if_the_clock_is_set_back(
    client, db, settings, configure_logging
):
    settings.ADMINS = [("it@example.edu", "it@example.edu")]
    configure_logging("plain")
    subjects = []
    with time_machine.travel("2026-11-24T07:00Z", tick=False) as clock:
        for seconds in (0, 1, 600, -100_000):
            clock.shift(seconds)
            get_failing(client)
            subjects.append([message.subject for message in mail.outbox])

    subject = "[Exchange Office] ERROR (EXTERNAL IP): Internal Server Error: /"
    assert subjects == [[subject] * count for count in (1, 1, 2, 3)]
    assert mail.outbox[0].to == ["it@example.edu"]


@pytest.mark.parametrize("name", ["exchange.upload_handlers", "partners.management.commands.backup"])
def test_logged_error_is_mailed_to_admins(settings, configure_logging, name):
    settings.ADMINS = [("it@example.edu", "it@example.edu")]
    read_lines = configure_logging("plain")

    logging.getLogger(name).error("No backup was made: %s", "no room")

    assert [message.subject for message in mail.outbox] == ["[Exchange Office] ERROR: No backup was made: no room"]
    assert [line.rpartition("] ")[2] for line in read_lines()] == ["No backup was made: no room"]


class ReportServer(HTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), ReportHandler)
        self.bodies = []


class ReportHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def report_exception_of_a_view():
    Client(raise_request_exception=False).get("/")
    sentry_sdk.flush()


def test_exception_is_reported_to_sentry(tmp_path):
    with ReportServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = site_environment(
            DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3",
            SENTRY_DSN=f"http://key@127.0.0.1:{server.server_port}/1",
            ALLOWED_HOSTS="testserver",
            DEBUG="on",
            DJANGO_SETTINGS_MODULE="exchange.settings",
            PYTHONPATH=str(ROOT),
        )
        command = function_command(report_exception_of_a_view)
        subprocess.run(command, cwd=copy_site(tmp_path), env=variables, check=True)
        server.shutdown()

    assert OperationalError.__name__ in b"".join(map(gzip.decompress, server.bodies)).decode()


def test_missing_sentry_package_stops_with_a_message(tmp_path):
    site = copy_site(tmp_path)
    (site / "sentry_sdk.py").write_text("raise ImportError")
    variables = site_environment(SENTRY_DSN="http://key@127.0.0.1/1")

    command = [sys.executable, "manage.py", "check"]
    process = subprocess.run(command, cwd=site, env=variables, capture_output=True, text=True)

    assert "SENTRY_DSN is set, but sentry-sdk is missing. Install it with pip." in process.stderr
