"""Helpers that run a copy of the site with gunicorn, Redis, and a TCP proxy that can interrupt a connection."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection

from tests.helpers.paths import ROOT

SITE_FILES = ["manage.py", "docs", "exchange", "partners", "templates", "fixtures"]
TIMEOUT = 60  # seconds


def copy_site(folder, *more_files):
    """Copy the site and more files to the folder, without a developer's .env, and return the folder."""
    for name in [*SITE_FILES, *more_files]:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def site_environment(**variables):
    """Return the environment variables of a site over plain HTTP with one worker process."""
    defaults = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "HTTPS": "off", "WEB_CONCURRENCY": "1"}
    return defaults | variables


def prepare_site(folder, variables):
    for command in ("migrate --verbosity 0", "collectstatic --noinput --verbosity 0"):
        subprocess.run([sys.executable, "manage.py", *command.split()], cwd=folder, env=variables, check=True)


@contextmanager
def serve_site(folder, variables):
    """Run gunicorn in the folder, and yield its port. It is stopped with SIGTERM and must exit with 0."""
    port = free_port()
    options = ["--config", "python:exchange.gunicorn_conf", "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *options, "exchange.wsgi"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
    try:
        wait_until(lambda: is_responding(port))
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0


@contextmanager
def run_redis():
    """Run an empty Redis server that is not persisted, and yield its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_responding(port):
    with suppress(OSError):
        return bool(http_get(port, "/")[0])
    return False


def http_get(port, url, **headers):
    """Return status, headers and body. Header names are given with underscores."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    result = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return result


class TcpProxy:
    """Forward connections to a server, until `disconnect` closes them and refuses new ones."""

    def __init__(self, host, port):
        self.target, self.sockets = (host, port), []
        self.port = free_port()
        self.connect()

    def connect(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()

    def disconnect(self):
        for connection in [self.listener, *self.sockets]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.sockets.clear()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                server = socket.create_connection(self.target)
                self.sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
