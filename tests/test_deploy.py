"""What is in deploy/, read by the programs that it is for."""

import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections import Counter
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from redis import Redis
from redis.exceptions import AuthenticationError

from tests.nginx import DEPLOY, NAME, certificate, nginx
from tests.programs import needed
from tests.serving import copy_site, free_port, get, listens, prepare, served, surroundings, until

UNITS = sorted((DEPLOY / "systemd").iterdir())
TOOLS = Path(sys.executable).parent


def test_dockerfile_has_no_fault_that_hadolint_finds():
    done = subprocess.run([TOOLS / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("", 0)


def test_compose_file_has_no_grave_fault_that_compose_lint_finds():
    done = subprocess.run([TOOLS / "compose-lint", DEPLOY / "compose.yaml"], capture_output=True, text=True)

    assert (done.returncode, re.findall(r"HIGH|CRITICAL|ERROR", done.stdout)) == (0, [])


@needed("systemd-analyze", "REQUIRE_SYSTEMD")
def test_units_are_understood_by_systemd(tmp_path):
    for program in ("python", "gunicorn"):
        path = tmp_path / ".venv" / "bin" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    units = [tmp_path / unit.name for unit in UNITS]
    for source, copy in zip(UNITS, units, strict=True):
        copy.write_text(source.read_text().replace("/srv/partners", str(tmp_path)))

    command = [shutil.which("systemd-analyze"), "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "compose.yaml", DEPLOY / "Dockerfile"], ids=lambda path: path.name)
def test_commands_that_are_run_are_there(path):
    named = re.findall(r'manage\.py"?,? "?([a-z]\w+)', path.read_text())

    assert set(named) <= set(get_commands())
    assert bool(named) is (path.name not in {"partners.service"} and path.suffix != ".timer")


@needed("redis-server", "REQUIRE_REDIS")
def test_redis_of_the_compose_file_opens_to_the_site_alone(tmp_path):
    text = re.sub(r"\$\{(\w+):\?.*?\}", r"the-\1", (DEPLOY / "compose.yaml").read_text())
    services = yaml.safe_load(text)["services"]
    port = free_port()
    process = subprocess.Popen([*services["cache"]["command"], "--port", str(port)], cwd=tmp_path)
    try:
        until(lambda: listens(port))
        with Redis(port=port) as stranger, pytest.raises(AuthenticationError):
            stranger.keys()
        url = services["web"]["environment"]["CACHE_URL"].replace("cache:6379", f"127.0.0.1:{port}")
        with Redis.from_url(url) as site:
            assert site.keys() == []
    finally:
        process.terminate()
        process.wait()


class Ready(BaseHTTPRequestHandler):
    """A site that answers everything at once."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy(tmp_path):
    """A connection through nginx to a site that answers everything."""
    trust = ssl.create_default_context(cafile=certificate(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        believe = "set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
        with nginx(tmp_path, server.server_port, settings=believe) as (_plain, secure):
            connection = HTTPSConnection("127.0.0.1", secure, context=trust)
            yield connection
            connection.close()
        server.shutdown()


def statuses(connection, method, address, client="203.0.113.9"):
    """How often each of 300 requests is answered how, and the last answer of each kind with its text."""
    found, last = Counter(), {}
    for number in range(300):
        body = "a=b" if method == "POST" else None
        headers = {"Host": NAME, "X-Client": client.format(number % 256)}
        connection.request(method, address.format(number), body=body, headers=headers)
        response = connection.getresponse()
        last[response.status] = response, response.read().decode()
        found[response.status] += 1
    return found, last


@needed("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/?q=word+{}"),
        ("GET", "/de/?%71=word+{}"),
        ("GET", "/partners.json?country=DE&q={}"),
        ("POST", "/admin/login/"),
        ("POST", "/admin/login/?next=/admin/{}"),
        ("POST", "/admin/code/"),
        ("POST", "/admin/password/"),
    ],
)
def test_nginx_limits_searches_and_sign_ins(proxy, method, address):
    found, last = statuses(proxy, method, address)

    assert found.keys() == {200, 429}
    assert found[200] >= 30
    refused, page = last[429]
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("60", "no-store")
    assert page == "There have been too many requests from your network. Please try again in a minute.\n"


@needed("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(("method", "address"), [("GET", "/"), ("GET", "/universities/{}/"), ("GET", "/admin/login/")])
def test_nginx_does_not_limit_what_is_ready(proxy, method, address):
    found, _last = statuses(proxy, method, address)

    assert found == {200: 300}


@needed("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(
    ("clients", "answers"),
    [
        ("10.0.{0}.9", {200}),
        ("2001:db8:0:{}::1", {200}),
        ("2001:db8::{}", {200, 429}),
        ("2001:db8:a0a:1::{}", {200, 429}),
    ],
)
def test_nginx_counts_ipv6_by_network(proxy, clients, answers):
    found, _last = statuses(proxy, "POST", "/admin/login/", client=clients)

    assert found.keys() == answers


@needed("nginx", "REQUIRE_NGINX")
def test_nginx_puts_tls_in_front_of_the_site(tmp_path):
    variables = surroundings(
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3", ALLOWED_HOSTS=NAME, HTTPS="on", BEHIND_PROXY="on"
    )
    prepare(copy_site(tmp_path), variables)
    trust = ssl.create_default_context(cafile=certificate(tmp_path))

    with served(tmp_path, variables) as port, nginx(tmp_path, port) as (plain, secure):
        led = get(plain, "/?q=x", Host=NAME)
        connection = HTTPSConnection("127.0.0.1", secure, context=trust)
        connection.request("GET", "/admin/login/", headers={"Host": NAME})
        login = connection.getresponse()
        login.read()
        connection.request("GET", "/calendar/secret.ics", headers={"Host": NAME})
        connection.getresponse().read()
        connection.close()
        trust.maximum_version = ssl.TLSVersion.TLSv1_2
        trust.set_ciphers("ECDHE-RSA-AES128-SHA")
        with pytest.raises(ssl.SSLError):
            HTTPSConnection("127.0.0.1", secure, context=trust).connect()

    assert (led[0], led[1]["Location"]) == (301, f"https://{NAME}/?q=x")
    assert login.status == 200
    assert login.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = login.headers["Set-Cookie"]
    assert (cookie.startswith("__Host-csrftoken="), "Secure" in cookie, "Domain" in cookie) == (True, True, False)
    assert re.fullmatch(r"[0-9a-f]{32}", login.headers["X-Request-ID"])
    logged = (tmp_path / "access.log").read_text()
    assert ("/admin/login/" in logged, "secret" in logged) == (True, False)
