"""Load test with concurrent readers, searchers and coordinators: response times, errors, lost saves."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from bench import competitor_servers, load_sites
from bench.consistency_check import run_check
from bench.coordinators import Coordinator
from bench.load_sites import WORKER_COUNT, Site, serve_on_postgresql, serve_on_sqlite
from bench.measure import ROOT, InvalidMeasurementError
from bench.measurement_env import MeasurementEnv
from tests.helpers.serving import http_get

MAX_SLOWDOWN = 3
"""Target for the 99th percentile of reads while coordinators write, relative to reads alone."""
PAGE_COUNT = 100
"""Universities that readers open."""
SCENARIOS = ["sqlite", "postgresql", "lists"]
PACES = {"people's pace": (5, 10), "without a pause": (0, 0)}
"""Mean seconds that students and coordinators pause before a page and before a form."""
MAX_WARM_UP = 5
"""Seconds before measuring, in which caches fill."""
TABLE_HEAD = "| | responses a second | median, ms | 99th percentile, ms | errors |\n|---|--:|--:|--:|--:|"


class LoadResult(NamedTuple):
    durations_ms: list[float]
    errors: list[str]
    seconds: float

    @property
    def percentiles(self) -> tuple[float, float]:
        """The 50th and the 99th percentile, in milliseconds."""
        if len(self.durations_ms) < 2:
            raise InvalidMeasurementError(f"{len(self.durations_ms)} responses are too few. {self.errors[:1]}")
        cut_points = statistics.quantiles(self.durations_ms, n=100, method="inclusive")
        return cut_points[49], cut_points[98]


class LoadTest:
    """Measure each site and print table rows at once; conclusions and failures are collected for the end."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.students = {"Reader": options.readers, "Searcher": options.searchers}
        self.conclusions: list[str] = []
        self.failures: list[str] = []

    def measure_site(self, site: Site) -> None:
        pages = run_check(site.environment, "pages", str(PAGE_COUNT))
        for pace, (student_pause, coordinator_pause) in PACES.items():
            name, coordinators = f"{site.name}, {pace}", self.sign_in_coordinators(site)
            self.run_visitors(site.ports, pages, 0, self.warm_up, **self.students)
            alone = self.run_visitors(site.ports, pages, student_pause, **self.students)
            self.print_result(f"{name}: students alone", alone)
            with ThreadPoolExecutor(1) as executor:
                students = executor.submit(self.run_visitors, site.ports, pages, student_pause, **self.students)
                saves = self.run_coordinators(coordinators, coordinator_pause)
            self.print_result(f"{name}: students beside coordinators", students.result())
            self.print_result(f"{name}: saves of coordinators", saves)
            self.check_saves(name, site, coordinators)
            self.check_slowdown(name, alone, students.result())

    def measure_lists(self, env: MeasurementEnv) -> None:
        """Compare the public list alone with other servers, with all visitors and without pauses."""
        visitor_count = self.options.readers + self.options.searchers
        for name, ports, path in serve_lists(env, self.options.rows):
            self.run_visitors(ports, [path], 0, self.warm_up, Visitor=visitor_count)
            self.print_result(f"the list alone: {name}", self.run_visitors(ports, [path], 0, Visitor=visitor_count))

    @property
    def warm_up(self) -> int:
        return min(MAX_WARM_UP, self.options.seconds)

    def run_visitors(self, ports: Sequence[int], pages: Sequence[str], pause: float, seconds: int = 0, **visitors: int):
        """Run as many visitors of each class as given, by default for the seconds of the options."""
        arguments = {"visitors": visitors, "pages": pages, "pause": pause, "ports": ports}
        arguments["seconds"] = seconds or self.options.seconds
        completed = subprocess.run(
            [sys.executable, "-m", "bench.student_load"],
            cwd=ROOT,
            input=json.dumps(arguments),
            capture_output=True,
            text=True,
        )
        if completed.returncode:
            raise InvalidMeasurementError(f"The simulated students failed: {completed.stderr[-400:]}")
        return LoadResult(**json.loads(completed.stdout))

    def sign_in_coordinators(self, site: Site) -> list[Coordinator]:
        accounts = run_check(site.environment, "coordinators", str(self.options.coordinators))
        coordinators = [Coordinator(account, site.ports) for account in accounts]
        with ThreadPoolExecutor(len(coordinators)) as threads:
            list(threads.map(Coordinator.sign_in, coordinators))
        return coordinators

    def run_coordinators(self, coordinators: Sequence[Coordinator], pause: float) -> LoadResult:
        start = time.monotonic()
        with ThreadPoolExecutor(len(coordinators)) as threads:
            list(threads.map(lambda coordinator: coordinator.work(self.options.seconds, pause), coordinators))
        durations_ms = [duration for coordinator in coordinators for duration in coordinator.durations_ms]
        errors = [error for coordinator in coordinators for error in coordinator.errors]
        return LoadResult(durations_ms, errors, time.monotonic() - start)

    def print_result(self, name: str, result: LoadResult) -> None:
        median, percentile_99 = result.percentiles
        rate = len(result.durations_ms) / result.seconds
        print(f"| {name} | {rate:,.1f} | {median:,.0f} | {percentile_99:,.0f} | {len(result.errors)} |", flush=True)
        self.failures += [f"{name}: {error}" for error in result.errors[:3]]

    def check_saves(self, name: str, site: Site, coordinators: Sequence[Coordinator]) -> None:
        saves = [save for coordinator in coordinators for save in coordinator.confirmed_saves]
        lost = run_check(site.environment, "lost", stdin_data=saves)
        stale_count = sum(coordinator.stale_count for coordinator in coordinators)
        conclusion = f"{name}: {len(saves):,} saves confirmed, {len(lost)} lost, {stale_count} public pages stale."
        self.conclusions.append(conclusion)
        self.failures += [f"{conclusion} {lost[:3]}"] if lost or stale_count else []

    def check_slowdown(self, name: str, alone: LoadResult, beside: LoadResult) -> None:
        ratio = beside.percentiles[1] / alone.percentiles[1]
        verdict = "met" if ratio <= MAX_SLOWDOWN else "MISSED"
        conclusion = f"the 99th percentile of students beside coordinators is {ratio:.1f} times that alone"
        self.conclusions.append(f"{name}: {conclusion}, target at most {MAX_SLOWDOWN}: {verdict}.")


def serve_lists(env: MeasurementEnv, rows: int) -> Iterator[tuple[str, list[int], str]]:
    """Yield name, ports and URL path of the list, of one running server after another."""
    with serve_on_sqlite(env, rows) as site:
        page = http_get(site.ports[0], "/")[2]
        yield "ours, on SQLite", site.ports, "/"
    with competitor_servers.stock(env, rows, WORKER_COUNT) as (port, path):
        yield "a generic view of Django", [port], path
    if competitor_servers.DATASETTE:
        with competitor_servers.datasette(env, rows) as (port, path):
            yield "Datasette", [port], path
    if competitor_servers.NGINX:
        with competitor_servers.nginx(env, page) as (port, path):
            yield "nginx, our page as a file", [port], path


def skipped_messages(options: argparse.Namespace) -> Iterator[str]:
    if "postgresql" in options.on and not load_sites.DATABASE_SERVER:
        yield "Skipped: PostgreSQL, because BENCH_DATABASE_URL is not set."
    if "lists" in options.on and not competitor_servers.DATASETTE:
        yield "Skipped: Datasette, because it is not installed (pipx install datasette)."
    if "lists" in options.on and not competitor_servers.NGINX:
        yield "Skipped: nginx, because it is not installed."


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each line")
    parser.add_argument("--rows", type=int, default=1_000, help="universities")
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--searchers", type=int, default=10)
    parser.add_argument("--coordinators", type=int, default=10)
    parser.add_argument("--on", nargs="+", choices=SCENARIOS, default=SCENARIOS, help="what to measure")
    parser.add_argument("--seed", type=int, default=1, help="of the generated list")
    return parser.parse_args()


def introduction(options: argparse.Namespace) -> str:
    users = f"{options.readers} readers, {options.searchers} searchers and {options.coordinators} coordinators"
    machine = f"{options.rows:,} universities, {os.cpu_count()} processors shared by the servers and the clients"
    return f"{users} for {options.seconds} seconds a line; {machine}:\n"


def measure(load_test: LoadTest, env: MeasurementEnv) -> None:
    scenarios, rows = load_test.options.on, load_test.options.rows
    if "sqlite" in scenarios:
        with serve_on_sqlite(env, rows) as site:
            load_test.measure_site(site)
    if "postgresql" in scenarios and load_sites.DATABASE_SERVER:
        with serve_on_postgresql(env, rows) as site:
            load_test.measure_site(site)
    if "lists" in scenarios:
        load_test.measure_lists(env)


def main() -> int:
    options = parse_options()
    load_test = LoadTest(options)
    print(introduction(options), TABLE_HEAD, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            measure(load_test, MeasurementEnv(Path(folder), options.seed))
        except InvalidMeasurementError as error:
            load_test.failures.append(str(error))
    conclusions = [f"- {conclusion}" for conclusion in load_test.conclusions]
    print("", *conclusions, "", *skipped_messages(options), sep="\n")
    if load_test.failures:
        print("!!! FAILED, THE NUMBERS ARE INVALID:", *load_test.failures, sep="\n")
    return 1 if load_test.failures else 0


if __name__ == "__main__":
    sys.exit(main())
