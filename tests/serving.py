"""The site as it is served: a copy of it in a folder of its own, gunicorn, and a way to cut its database off."""

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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ["manage.py", "exchange", "partners", "templates", "fixtures"]
PATIENCE = 60


def copy_site(folder):
    """Without a developer's .env."""
    for name in PARTS:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def surroundings(**variables):
    """The environment of a site that is served over plain HTTP."""
    own = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "HTTPS": "off", "WEB_CONCURRENCY": "1"}
    return own | variables


def prepare(folder, variables):
    for command in ("migrate --verbosity 0", "collectstatic --noinput --verbosity 0"):
        subprocess.run([sys.executable, "manage.py", *command.split()], cwd=folder, env=variables, check=True)


@contextmanager
def served(folder, variables):
    """The port of a running site. It is stopped as a service is, and has to end well."""
    port = free_port()
    options = ["--config", "python:exchange.gunicorn_conf", "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *options, "exchange.wsgi"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
    try:
        until(lambda: answers(port))
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@contextmanager
def redis():
    """The address of a cache that forgets everything with the test."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: listens(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def answers(port):
    with suppress(OSError):
        return bool(get(port, "/")[0])
    return False


def get(port, address, **headers):
    """The status, the headers and the body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    told = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return told


class Line:
    """A line to a server that can be cut and mended."""

    def __init__(self, host, port):
        self.target, self.ends = (host, port), []
        self.port = free_port()
        self.mend()

    def mend(self):
        self.door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._open, args=[self.door], daemon=True).start()

    def cut(self):
        for end in [self.door, *self.ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _open(self, door):
        with suppress(OSError):
            while True:
                near, _address = door.accept()
                far = socket.create_connection(self.target)
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
