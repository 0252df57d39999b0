"""Serve the site for load tests: one instance on SQLite, as ``make serve`` does, or two instances on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.competitors import OURS
from bench.measurement_env import MeasurementEnv
from tests.helpers.serving import copy_site, prepare_site, run_redis, serve_site, site_environment

WORKER_COUNT = 2 * (os.cpu_count() or 1) + 1
DATABASE_SERVER = os.environ.get("BENCH_DATABASE_URL", "")
CACHE_URL = os.environ.get("BENCH_CACHE_URL", "")


class Site(NamedTuple):
    name: str
    environment: Mapping[str, str]
    ports: list[int]


@contextmanager
def serve_on_sqlite(env: MeasurementEnv, rows: int) -> Iterator[Site]:
    database_url = f"sqlite:///{env.loaded_database(OURS, rows)}"
    environment = site_environment(DATABASE_URL=database_url, WEB_CONCURRENCY=str(WORKER_COUNT))
    with ExitStack() as stack:
        yield Site("SQLite", environment, _serve_copies(stack, env.folder, environment, 1))


@contextmanager
def serve_on_postgresql(env: MeasurementEnv, rows: int) -> Iterator[Site]:
    """Serve two instances with half of the workers each, on a temporary database of the server."""
    with _cache() as cache_url, temporary_database() as database_url:
        workers = str(round(WORKER_COUNT / 2))
        environment = site_environment(DATABASE_URL=database_url, CACHE_URL=cache_url, WEB_CONCURRENCY=workers)
        with ExitStack() as stack:
            ports = _serve_copies(stack, env.folder, environment, 2, env.list_file(rows))
            yield Site("two sites on PostgreSQL", environment, ports)


def _serve_copies(
    stack: ExitStack, folder: Path, environment: Mapping[str, str], count: int, list_file: Path | None = None
) -> list[int]:
    """Serve copies of the code until the stack is closed, and return their ports."""
    first = folder / f"site-{uuid4().hex}"
    first.mkdir()
    prepare_site(copy_site(first), environment)
    if list_file:
        command = [sys.executable, "manage.py", "import_partners", list_file]
        subprocess.run(command, cwd=first, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    copies = [shutil.copytree(first, folder / f"{first.name}-{n}") for n in range(1, count)]
    return [stack.enter_context(serve_site(copy, environment)) for copy in (first, *copies)]


def _cache():
    if CACHE_URL:
        return nullcontext(CACHE_URL)
    return run_redis() if shutil.which("redis-server") else nullcontext("locmem://")


@contextmanager
def temporary_database() -> Iterator[str]:
    """Create a database on the server, yield its URL and drop it afterwards."""
    name, server_database = f"bench_{uuid4().hex}", conninfo_to_dict(DATABASE_SERVER)["dbname"]
    with psycopg.connect(DATABASE_SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield DATABASE_SERVER.removesuffix(server_database) + name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
