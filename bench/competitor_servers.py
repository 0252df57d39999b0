"""Servers that the public list is compared with, each as a port and the URL path of its list."""

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

from bench.competitors import OURS, STOCK
from bench.measure import ROOT
from bench.measurement_env import MeasurementEnv

DATASETTE, NGINX = shutil.which("datasette"), shutil.which("nginx")
FACETS = "_facet=country_id&_facet=name&_size=100"
NGINX_CONFIG = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 2;
events {{}}
http {{
  access_log off; default_type text/html; gzip_static on;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
WSGI = "django.core.wsgi:get_wsgi_application()"
Server = tuple[int, str]
"""Port and URL path."""


@contextmanager
def run_server(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[int]:
    no_output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **no_output)  # noqa: S603
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
    raise SystemExit("A server did not start within 30 seconds.")


def gunicorn(application: str, environment: Mapping[str, str], workers: int = 2):
    port = free_port()
    options = ["--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    return run_server([sys.executable, "-m", "gunicorn", *options, application], environment, port)


@contextmanager
def stock(env: MeasurementEnv, rows: int, workers: int = 2) -> Iterator[Server]:
    """Serve a FilterView of django-filter with 250 rows a page and related objects prefetched."""
    with gunicorn(WSGI, STOCK.environment(env.loaded_database(STOCK, rows)), workers) as port:
        yield port, "/prefetched/"


@contextmanager
def finder(env: MeasurementEnv, rows: int) -> Iterator[Server]:
    """Serve a FilterView of django-filter with the filters, counts and facts of the public list, on its own tables."""
    environment = OURS.environment(env.loaded_database(OURS, rows))
    environment |= {"DJANGO_SETTINGS_MODULE": "bench.finder.settings", "STOCK_DATABASE": ":memory:"}
    with gunicorn(WSGI, environment) as port:
        yield port, "/"


@contextmanager
def datasette(env: MeasurementEnv, rows: int) -> Iterator[Server]:
    """Serve the stock setup's table with two facets."""
    database, port = env.loaded_database(STOCK, rows), free_port()
    with run_server([DATASETTE, "serve", str(database), "--port", str(port)], {}, port):
        yield port, f"/{database.stem}/stock_university?{FACETS}"


@contextmanager
def nginx(env: MeasurementEnv, page: bytes) -> Iterator[Server]:
    """Serve a page as a static file, also compressed."""
    folder, port = env.folder, free_port()
    folder.chmod(0o755)
    (folder / "index.html").write_bytes(page)
    (folder / "index.html.gz").write_bytes(gzip.compress(page))
    config_file = folder / "nginx.conf"
    config_file.write_text(NGINX_CONFIG.format(folder=folder, port=port))
    with run_server([NGINX, "-c", str(config_file)], {}, port):
        yield port, "/"
