"""The files in deploy/, checked with the programs that read them."""

import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import time_machine
import yaml
from django.core.management import get_commands
from redis import Redis
from redis.exceptions import AuthenticationError

from partners.public.page_cache import cache_headers
from tests.helpers.nginx import DEPLOY, SERVER_NAME, create_certificate, run_nginx
from tests.helpers.programs import requires_program
from tests.helpers.serving import (
    copy_site,
    free_port,
    http_get,
    is_listening,
    prepare_site,
    serve_site,
    site_environment,
    wait_until,
)

pytestmark = pytest.mark.slow

UNITS = sorted((DEPLOY / "systemd").iterdir())
BIN_DIR = Path(sys.executable).parent


def test_dockerfile_passes_hadolint():
    process = subprocess.run([BIN_DIR / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True)

    assert (process.stdout, process.returncode) == ("", 0)


def test_compose_file_passes_compose_lint():
    process = subprocess.run([BIN_DIR / "compose-lint", DEPLOY / "compose.yaml"], capture_output=True, text=True)

    assert (process.returncode, re.findall(r"HIGH|CRITICAL|ERROR", process.stdout)) == (0, [])


@requires_program("systemd-analyze", "REQUIRE_SYSTEMD")
def test_systemd_units_are_valid(tmp_path):
    for program in ("python", "gunicorn"):
        path = tmp_path / ".venv" / "bin" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    units = [tmp_path / unit.name for unit in UNITS]
    for source, copy in zip(UNITS, units, strict=True):
        copy.write_text(source.read_text().replace("/srv/partners", str(tmp_path)))

    command = [shutil.which("systemd-analyze"), "verify", "--man=no", *units]
    process = subprocess.run(command, capture_output=True, text=True)

    assert (process.stderr, process.returncode) == ("", 0)


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "compose.yaml", DEPLOY / "Dockerfile"], ids=lambda path: path.name)
def test_management_commands_exist(path):
    named = re.findall(r'manage\.py"?,? "?([a-z]\w+)', path.read_text())

    assert set(named) <= set(get_commands())
    assert bool(named) is (path.name not in {"partners.service"} and path.suffix != ".timer")


@requires_program("redis-server", "REQUIRE_REDIS")
def test_redis_of_the_compose_file_requires_the_password(tmp_path):
    text = re.sub(r"\$\{(\w+):\?.*?\}", r"the-\1", (DEPLOY / "compose.yaml").read_text())
    services = yaml.safe_load(text)["services"]
    port = free_port()
    process = subprocess.Popen([*services["cache"]["command"], "--port", str(port)], cwd=tmp_path)
    try:
        wait_until(lambda: is_listening(port))
        with Redis(port=port) as stranger, pytest.raises(AuthenticationError):
            stranger.keys()
        url = services["web"]["environment"]["CACHE_URL"].replace("cache:6379", f"127.0.0.1:{port}")
        with Redis.from_url(url) as site:
            assert site.keys() == []
    finally:
        process.terminate()
        process.wait()


class OkHandler(BaseHTTPRequestHandler):
    """Answers every request with an empty page."""

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
    """An HTTPS connection through nginx to OkHandler. The header X-Client sets the client's IP address."""
    ssl_context = ssl.create_default_context(cafile=create_certificate(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), OkHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        believe = "set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
        with run_nginx(tmp_path, server.server_port, settings=believe) as (_plain, https_port):
            connection = HTTPSConnection("127.0.0.1", https_port, context=ssl_context)
            yield connection
            connection.close()
        server.shutdown()


def send_requests(connection, method, url, client_ip="203.0.113.9"):
    """Send 300 requests. Return how often each status occurred, and the last response and its body by status."""
    counts, last = Counter(), {}
    for index in range(300):
        body = "a=b" if method == "POST" else None
        headers = {"Host": SERVER_NAME, "X-Client": client_ip.format(index % 256)}
        connection.request(method, url.format(index), body=body, headers=headers)
        response = connection.getresponse()
        last[response.status] = response, response.read().decode()
        counts[response.status] += 1
    return counts, last


@requires_program("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/?q=word+{}"),
        ("GET", "/de/?%71=word+{}"),
        ("GET", "/partners.json?country=DE&q={}"),
        ("POST", "/admin/login/"),
        ("POST", "/admin/login/?next=/admin/{}"),
        ("POST", "/admin/mfa/verify/"),
        ("POST", "/admin/password/"),
    ],
)
def test_nginx_limits_searches_and_logins(proxy, method, url):
    counts, last = send_requests(proxy, method, url)

    assert counts.keys() == {200, 429}
    assert counts[200] >= 30
    response, body = last[429]
    assert (response.headers["Retry-After"], response.headers["Cache-Control"]) == ("60", "no-store")
    assert body == "There have been too many requests from your network. Please try again in a minute.\n"


@requires_program("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(("method", "url"), [("GET", "/"), ("GET", "/universities/{}/"), ("GET", "/admin/login/")])
def test_nginx_does_not_limit_cached_pages_and_forms(proxy, method, url):
    counts, _last = send_requests(proxy, method, url)

    assert counts == {200: 300}


@requires_program("nginx", "REQUIRE_NGINX")
@pytest.mark.parametrize(
    ("client_ips", "expected_statuses"),
    [
        ("10.0.{0}.9", {200}),
        ("2001:db8:0:{}::1", {200}),
        ("2001:db8::{}", {200, 429}),
        ("2001:db8:a0a:1::{}", {200, 429}),
    ],
)
def test_nginx_limits_ipv6_by_network(proxy, client_ips, expected_statuses):
    counts, _last = send_requests(proxy, "POST", "/admin/login/", client_ip=client_ips)

    assert counts.keys() == expected_statuses


class PageHandler(OkHandler):
    """Answers with the server's page and headers, or that the page is not modified."""

    def do_GET(self):
        server, known = self.server, self.headers["If-None-Match"]
        server.requests.append((self.path, known))
        server.may_answer.wait()
        etag = f'"{hash(server.page)}"'
        self.send_response(304 if known == etag else 200)
        headers = {"ETag": etag, "Vary": "Accept-Encoding", "Content-Length": str(len(server.page))}
        for name, value in (headers | server.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if known != etag:
            self.wfile.write(server.page.encode())


class CachedSite:
    """A site of one page behind nginx."""

    def __init__(self, server, port, ssl_context):
        self.server, self.port, self.ssl_context = server, port, ssl_context

    def send(self, url="/", **headers):
        connection = HTTPSConnection("127.0.0.1", self.port, context=self.ssl_context)
        connection.request("GET", url, headers={"Host": SERVER_NAME} | headers)
        return connection

    def get(self, url="/", **headers):
        """Return how nginx answered, and the page."""
        connection = self.send(url, **headers)
        response = connection.getresponse()
        page = response.read().decode()
        connection.close()
        return response.headers["X-Cache-Status"], page

    def get_until(self, *statuses):
        """Repeat the request until nginx answers in one of these ways. Return those before, and the answer."""
        before = set()
        deadline = time.monotonic() + 20
        while (answer := self.get())[0] not in statuses:
            before.add(answer[0])
            assert time.monotonic() < deadline
        return before, answer


@pytest.fixture
def cached_site(tmp_path):
    ssl_context = ssl.create_default_context(cafile=create_certificate(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), PageHandler) as server:
        server.requests, server.may_answer, server.page = [], threading.Event(), "old"
        server.headers = {"Cache-Control": "public, max-age=0, s-maxage=30, stale-while-revalidate=30"}
        server.may_answer.set()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with run_nginx(tmp_path, server.server_port) as (_plain, https_port):
            server.requests.clear()
            yield CachedSite(server, https_port, ssl_context)
        server.shutdown()


@requires_program("nginx", "REQUIRE_NGINX")
def test_nginx_keeps_public_pages_but_none_of_cookies(cached_site):
    first, second = cached_site.get(), cached_site.get(Cookie="_ga=1")
    cached_site.server.page = "of a session"
    signed_in = [cached_site.get(Cookie=f"a=b; {name}=x") for name in ("sessionid", "__Host-sessionid")]
    afterwards = cached_site.get()
    cached_site.server.headers |= {"Set-Cookie": "a=b"}
    with_cookie = [cached_site.get("/cookie/")[0] for _attempt in range(2)]
    cached_site.server.headers = {"Cache-Control": "no-store, private"}
    private = [cached_site.get("/private/")[0] for _attempt in range(2)]

    assert (first, second, afterwards) == (("MISS", "old"), ("HIT", "old"), ("HIT", "old"))
    assert signed_in == [("BYPASS", "of a session")] * 2
    assert (with_cookie, private) == (["MISS", "MISS"], ["MISS", "MISS"])


@requires_program("nginx", "REQUIRE_NGINX")
def test_nginx_revalidates_pages_and_serves_stale_ones_only_meanwhile(cached_site):
    cached_site.server.headers = {"Cache-Control": "public, max-age=0, s-maxage=1, stale-while-revalidate=30"}
    cached_site.get()
    _before, unchanged = cached_site.get_until("STALE", "UPDATING")
    _before, again = cached_site.get_until("HIT")
    cached_site.server.page = "new"
    _before, stale = cached_site.get_until("STALE", "UPDATING")
    _before, renewed = cached_site.get_until("HIT")

    assert [unchanged[1], again[1], stale[1], renewed[1]] == ["old", "old", "old", "new"]
    assert [known for _url, known in cached_site.server.requests][:2] == [None, f'"{hash("old")}"']


@requires_program("nginx", "REQUIRE_NGINX")
def test_nginx_serves_no_page_past_midnight(cached_site):
    with time_machine.travel("2026-11-28 23:59:57.5", tick=False):
        cached_site.server.headers = cache_headers()
    cached_site.get()
    cached_site.server.page = "new"

    before, answer = cached_site.get_until("EXPIRED", "REVALIDATED")

    assert cached_site.server.headers["Cache-Control"].endswith("s-maxage=1, stale-while-revalidate=0")
    assert (before, answer) == ({"HIT"}, ("EXPIRED", "new"))


@requires_program("nginx", "REQUIRE_NGINX")
def test_nginx_requests_a_missing_page_once_for_all_visitors(cached_site):
    cached_site.server.may_answer.clear()
    visitors = [cached_site.send() for _visitor in range(5)]
    wait_until(lambda: cached_site.server.requests)
    cached_site.server.may_answer.set()

    pages = []
    for visitor in visitors:
        pages.append(visitor.getresponse().read().decode())
        visitor.close()
    assert pages == ["old"] * 5
    assert len(cached_site.server.requests) == 1


@requires_program("nginx", "REQUIRE_NGINX")
def test_nginx_terminates_tls_and_keeps_tokens_out_of_its_log(tmp_path):
    environment = site_environment(
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3", ALLOWED_HOSTS=SERVER_NAME, HTTPS="on", BEHIND_PROXY="on"
    )
    prepare_site(copy_site(tmp_path), environment)
    ssl_context = ssl.create_default_context(cafile=create_certificate(tmp_path))

    with serve_site(tmp_path, environment) as port, run_nginx(tmp_path, port) as (http_port, https_port):
        redirect = http_get(http_port, "/?q=x", Host=SERVER_NAME)
        http_get(http_port, "/calendar/secret.ics", Host=SERVER_NAME)
        connection = HTTPSConnection("127.0.0.1", https_port, context=ssl_context)
        connection.request("GET", "/admin/login/", headers={"Host": SERVER_NAME})
        login_page = connection.getresponse()
        login_page.read()
        lists = []
        for _visit in range(2):
            connection.request("GET", "/", headers={"Host": SERVER_NAME})
            response = connection.getresponse()
            lists.append((response.headers["X-Cache-Status"], response.headers["X-Request-ID"], response.read()))
        for url in ("/calendar/secret.ics", "/admin/password/Mg/secret/"):
            connection.request("GET", url, headers={"Host": SERVER_NAME})
            connection.getresponse().read()
        connection.close()
        ssl_context.maximum_version = ssl.TLSVersion.TLSv1_2
        ssl_context.set_ciphers("ECDHE-RSA-AES128-SHA")
        with pytest.raises(ssl.SSLError):
            HTTPSConnection("127.0.0.1", https_port, context=ssl_context).connect()

    assert (redirect[0], redirect[1]["Location"]) == (301, f"https://{SERVER_NAME}/?q=x")
    assert login_page.status == 200
    assert login_page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = login_page.headers["Set-Cookie"]
    assert (cookie.startswith("__Host-csrftoken="), "Secure" in cookie, "Domain" in cookie) == (True, True, False)
    assert re.fullmatch(r"[0-9a-f]{32}", login_page.headers["X-Request-ID"])
    [(first, first_id, page), (second, second_id, same_page)] = lists
    assert (first, second, same_page) == ("MISS", "HIT", page)
    assert first_id != second_id
    access_log = (tmp_path / "access.log").read_text()
    assert ("/admin/login/" in access_log, "secret" in access_log) == (True, False)
