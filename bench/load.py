"""Readers, searchers and coordinators at once: how long they wait, and whether anything goes wrong or is lost."""

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

from bench import load_sites, others
from bench.consistency_check import asked
from bench.coordinators import Coordinator
from bench.load_sites import PROCESSES, Site, on_postgresql, on_sqlite
from bench.measure import ROOT, WorkNotDoneError
from bench.measurement_env import Workshop
from tests.serving import get

TARGET = 3
"""How many times as long reads may take beside those who write, in the 99th percentile."""
PAGES = 100
"""Universities that readers open."""
WHERE = ["sqlite", "postgresql", "lists"]
PACES = {"people's pace": (5, 10), "without a pause": (0, 0)}
"""The seconds that students and coordinators take for a page and for a form, in the mean."""
HEAD = "| | answers a second | median, ms | 99th percentile, ms | errors |\n|---|--:|--:|--:|--:|"


class Found(NamedTuple):
    took: list[float]
    """Milliseconds of each answer."""
    wrong: list[str]
    seconds: float

    @property
    def percentiles(self) -> tuple[float, float]:
        """The 50th and the 99th."""
        if len(self.took) < 2:
            raise WorkNotDoneError(f"{len(self.took)} answers are too few to tell anything. {self.wrong[:1]}")
        hundredths = statistics.quantiles(self.took, n=100, method="inclusive")
        return hundredths[49], hundredths[98]


class Load:
    """What is asked of each site. Lines of the table are printed as they come, the rest is kept for the end."""

    def __init__(self, chosen: argparse.Namespace):
        self.chosen = chosen
        self.crowd = {"Reader": chosen.readers, "Searcher": chosen.searchers}
        self.verdicts: list[str] = []
        self.faults: list[str] = []

    def site(self, site: Site) -> None:
        pages = asked(site.environment, "pages", str(PAGES))
        for pace, (pause, pause_to_save) in PACES.items():
            name, coordinators = f"{site.name}, {pace}", self.signed_in(site)
            self.visits(site.ports, pages, 0, self.warming, **self.crowd)
            alone = self.visits(site.ports, pages, pause, **self.crowd)
            self.tell(f"{name}: students alone", alone)
            with ThreadPoolExecutor(1) as aside:
                students = aside.submit(self.visits, site.ports, pages, pause, **self.crowd)
                saves = self.saves(coordinators, pause_to_save)
            self.tell(f"{name}: students beside coordinators", students.result())
            self.tell(f"{name}: saves of coordinators", saves)
            self.judge_saves(name, site, coordinators)
            self.judge_reads(name, alone, students.result())

    def lists(self, workshop: Workshop) -> None:
        """The list alone, by as many visitors at once, as fast as each side can."""
        visitors = self.chosen.readers + self.chosen.searchers
        for name, ports, page in sides(workshop, self.chosen.rows):
            self.visits(ports, [page], 0, self.warming, Visitor=visitors)
            self.tell(f"the list alone: {name}", self.visits(ports, [page], 0, Visitor=visitors))

    @property
    def warming(self) -> int:
        """Seconds in which nothing is measured."""
        return min(5, self.chosen.seconds)

    def visits(self, ports: Sequence[int], pages: Sequence[str], pause: float, seconds: int = 0, **visitors: int):
        """By as many visitors of each kind, over the given or the chosen seconds."""
        plan = {"visitors": visitors, "pages": pages, "pause": pause, "ports": ports}
        told = json.dumps(plan | {"seconds": seconds or self.chosen.seconds})
        command = [sys.executable, "-m", "bench.student_load"]
        done = subprocess.run(command, cwd=ROOT, input=told, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            raise WorkNotDoneError(f"The crowd fails: {done.stderr[-400:]}")
        return Found(**json.loads(done.stdout))

    def signed_in(self, site: Site) -> list[Coordinator]:
        accounts = asked(site.environment, "coordinators", str(self.chosen.coordinators))
        coordinators = [Coordinator(account, site.ports) for account in accounts]
        with ThreadPoolExecutor(len(coordinators)) as threads:
            list(threads.map(Coordinator.sign_in, coordinators))
        return coordinators

    def saves(self, coordinators: Sequence[Coordinator], pause: float) -> Found:
        start = time.monotonic()
        with ThreadPoolExecutor(len(coordinators)) as threads:
            list(threads.map(lambda coordinator: coordinator.work(self.chosen.seconds, pause), coordinators))
        took = [ms for each in coordinators for ms in each.took]
        wrong = [error for each in coordinators for error in each.wrong]
        return Found(took, wrong, time.monotonic() - start)

    def tell(self, name: str, found: Found) -> None:
        median, highest = found.percentiles
        rate = len(found.took) / found.seconds
        print(f"| {name} | {rate:,.1f} | {median:,.0f} | {highest:,.0f} | {len(found.wrong)} |", flush=True)
        self.faults += [f"{name}: {error}" for error in found.wrong[:3]]

    def judge_saves(self, name: str, site: Site, coordinators: Sequence[Coordinator]) -> None:
        confirmed = [value for each in coordinators for value in each.confirmed]
        lost, stale = asked(site.environment, "lost", told=confirmed), sum(each.stale for each in coordinators)
        told = f"{name}: {len(confirmed):,} saves confirmed, {len(lost)} lost, {stale} not on their pages at once."
        self.verdicts.append(told)
        self.faults += [f"{told} {lost[:3]}"] if lost or stale else []

    def judge_reads(self, name: str, alone: Found, beside: Found) -> None:
        ratio = beside.percentiles[1] / alone.percentiles[1]
        met = "met" if ratio <= TARGET else "MISSED"
        told = f"the 99th percentile of students beside coordinators is {ratio:.1f} times that alone"
        self.verdicts.append(f"{name}: {told}, target at most {TARGET}: {met}.")


def sides(workshop: Workshop, rows: int) -> Iterator[tuple[str, list[int], str]]:
    with on_sqlite(workshop, rows) as site:
        page = get(site.ports[0], "/")[2]
        yield "ours, on SQLite", site.ports, "/"
    with others.stock(workshop, rows, PROCESSES) as (port, address):
        yield "a generic view of Django", [port], address
    if others.DATASETTE:
        with others.datasette(workshop, rows) as (port, address):
            yield "Datasette", [port], address
    if others.NGINX:
        with others.nginx(workshop, page) as (port, address):
            yield "nginx, our page as a file", [port], address


def left_out(chosen: argparse.Namespace) -> Iterator[str]:
    if "postgresql" in chosen.on and not load_sites.SERVER:
        yield "Left out: PostgreSQL, as BENCH_DATABASE_URL names no server."
    if "lists" in chosen.on and not others.DATASETTE:
        yield "Left out: Datasette, as it is not installed (pipx install datasette)."
    if "lists" in chosen.on and not others.NGINX:
        yield "Left out: nginx, as it is not installed."


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each line")
    parser.add_argument("--rows", type=int, default=1_000, help="universities")
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--searchers", type=int, default=10)
    parser.add_argument("--coordinators", type=int, default=10)
    parser.add_argument("--on", nargs="+", choices=WHERE, default=WHERE, help="what to measure")
    parser.add_argument("--seed", type=int, default=1, help="of the generated list")
    return parser.parse_args()


def head(chosen: argparse.Namespace) -> str:
    people = f"{chosen.readers} readers, {chosen.searchers} searchers and {chosen.coordinators} coordinators"
    where = f"{chosen.rows:,} universities, {os.cpu_count()} processors, which those who ask use as well"
    return f"{people} for {chosen.seconds} seconds a line; {where}:\n"


def measure(load: Load, workshop: Workshop) -> None:
    on, rows = load.chosen.on, load.chosen.rows
    if "sqlite" in on:
        with on_sqlite(workshop, rows) as site:
            load.site(site)
    if "postgresql" in on and load_sites.SERVER:
        with on_postgresql(workshop, rows) as site:
            load.site(site)
    if "lists" in on:
        load.lists(workshop)


def main() -> int:
    chosen = options()
    load = Load(chosen)
    print(head(chosen), HEAD, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            measure(load, Workshop(Path(folder), chosen.seed))
        except WorkNotDoneError as error:
            load.faults.append(str(error))
    print("", *(f"- {verdict}" for verdict in load.verdicts), "", *left_out(chosen), sep="\n")
    if load.faults:
        print("!!! WORK NOT DONE, THE NUMBERS ARE WORTH NOTHING:", *load.faults, sep="\n")
    return 1 if load.faults else 0


if __name__ == "__main__":
    sys.exit(main())
