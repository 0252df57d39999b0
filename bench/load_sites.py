"""The site as ``make serve`` has it on SQLite, and as two sites in folders of their own on PostgreSQL."""

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

from bench.measurement_env import Workshop
from bench.sides import OURS
from tests.serving import copy_site, prepare, redis, served, surroundings

PROCESSES = 2 * (os.cpu_count() or 1) + 1
SERVER = os.environ.get("BENCH_DATABASE_URL", "")
CACHE = os.environ.get("BENCH_CACHE_URL", "")


class Site(NamedTuple):
    name: str
    environment: Mapping[str, str]
    ports: list[int]


@contextmanager
def on_sqlite(workshop: Workshop, rows: int) -> Iterator[Site]:
    environment = surroundings(DATABASE_URL=f"sqlite:///{workshop.loaded(OURS, rows)}", WEB_CONCURRENCY=str(PROCESSES))
    with ExitStack() as stack:
        yield Site("SQLite", environment, _serve(stack, workshop.folder, environment, 1))


@contextmanager
def on_postgresql(workshop: Workshop, rows: int) -> Iterator[Site]:
    """In a database of its own beside the one that is named, with half of the processes each."""
    with _cache() as cache, database() as address:
        workers = str(round(PROCESSES / 2))
        environment = surroundings(DATABASE_URL=address, CACHE_URL=cache, WEB_CONCURRENCY=workers)
        with ExitStack() as stack:
            ports = _serve(stack, workshop.folder, environment, 2, workshop.file(rows))
            yield Site("two sites on PostgreSQL", environment, ports)


def _serve(stack: ExitStack, folder: Path, environment: Mapping[str, str], number: int, file: Path | None = None):
    """The ports of sites in copies of the code, which are stopped with the stack."""
    first = folder / f"site-{uuid4().hex}"
    first.mkdir()
    prepare(copy_site(first), environment)
    if file:
        command = [sys.executable, "manage.py", "import_partners", file]
        subprocess.run(command, cwd=first, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    copies = [shutil.copytree(first, folder / f"{first.name}-{n}") for n in range(1, number)]
    return [stack.enter_context(served(each, environment)) for each in (first, *copies)]


def _cache():
    if CACHE:
        return nullcontext(CACHE)
    return redis() if shutil.which("redis-server") else nullcontext("locmem://")


@contextmanager
def database() -> Iterator[str]:
    name, server = f"bench_{uuid4().hex}", conninfo_to_dict(SERVER)["dbname"]
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield SERVER.removesuffix(server) + name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
