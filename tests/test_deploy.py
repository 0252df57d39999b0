"""What is in deploy/, read by the programs that it is for."""

import re
import shutil
import ssl
import subprocess
import sys
from http.client import HTTPSConnection
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
