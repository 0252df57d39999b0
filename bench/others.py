"""What the list is measured beside: each as a running server, its port and the address of the list."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.measure import ROOT
from bench.measurement_env import Workshop
from bench.sides import STOCK

DATASETTE, NGINX = shutil.which("datasette"), shutil.which("nginx")
FACETS = "_facet=country_id&_facet=name&_size=100"
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 2;
events {{}}
http {{
  access_log off; default_type text/html; gzip_static on;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
WSGI = "django.core.wsgi:get_wsgi_application()"
Site = tuple[int, str]


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[int]:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **silent)  # noqa: S603
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int) -> None:
    for _attempt in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("A server does not start.")


def gunicorn(application: str, environment: Mapping[str, str], workers: int = 2):
    """A running server and its port."""
    port = free_port()
    options = ["--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    return running([sys.executable, "-m", "gunicorn", *options, application], environment, port)


@contextmanager
def stock(workshop: Workshop, rows: int, workers: int = 2) -> Iterator[Site]:
    """Django's generic list with django-filter, 250 a page, which asks for what belongs to the rows at once."""
    with gunicorn(WSGI, STOCK.environment(workshop.loaded(STOCK, rows)), workers) as port:
        yield port, "/prefetched/"


@contextmanager
def datasette(workshop: Workshop, rows: int) -> Iterator[Site]:
    """With two facets on the stock setup's rows."""
    database, port = workshop.loaded(STOCK, rows), free_port()
    with running([DATASETTE, "serve", str(database), "--port", str(port)], {}, port):
        yield port, f"/{database.stem}/stock_university?{FACETS}"


@contextmanager
def nginx(workshop: Workshop, page: bytes) -> Iterator[Site]:
    """With a page as a file, compressed as well."""
    folder, port = workshop.folder, free_port()
    folder.chmod(0o755)
    (folder / "index.html").write_bytes(page)
    (folder / "index.html.gz").write_bytes(gzip.compress(page))
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    with running([NGINX, "-c", str(configuration)], {}, port):
        yield port, "/"
