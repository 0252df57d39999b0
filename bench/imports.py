"""Benchmark of import and export, compared with stock django-import-export and with plain csv + sqlite3."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import report
from bench.competitors import ONE_PASS, OURS, RAW, STOCK
from bench.measure import Cost, InvalidMeasurementError, median
from bench.measurement_env import Competitor, MeasurementEnv

SIZE_RATIO = 10
"""Ratio of the rows of the large file to those of the small one."""
TARGET_ROWS = 10_000
MAX_GROWTH = 11
"""Target for the ratio of the times of the large and the small first load."""
MAX_REPEAT_SECONDS = 10
"""Tasks that take longer run once."""


class Task(NamedTuple):
    title: str
    work: Callable[[MeasurementEnv, Competitor, int], Cost]
    competitors: Sequence[Competitor]
    targets: tuple[float | None, float | None]
    """Minimal speedup over the stock setup, at 10,000 and at 100,000 rows."""
    large_by_default: Sequence[Competitor]
    has_dry_run: bool = False
    """The stock setup makes a dry run that it could do without."""


TASKS = [
    Task("first load", MeasurementEnv.first_load, [OURS, STOCK, RAW], (15, None), [OURS, RAW], has_dry_run=True),
    Task("from XLSX", MeasurementEnv.first_load_xlsx, [OURS, STOCK], (1, None), [OURS]),
    Task("same again", MeasurementEnv.reimport, [OURS, STOCK, RAW], (50, None), [OURS, RAW], has_dry_run=True),
    Task("admin", MeasurementEnv.admin_import, [OURS, STOCK], (10, None), [OURS]),
    Task("export", MeasurementEnv.export, [OURS, STOCK, RAW], (8, 25), [OURS, STOCK, RAW]),
]


class Bench:
    def __init__(self, env: MeasurementEnv, rows: int, runs: int, is_full: bool):
        self.env = env
        self.sizes = (rows, rows * SIZE_RATIO)
        self.runs = runs
        self.is_full = is_full
        self.failures: list[str] = []
        self.skipped: list[str] = []

    def measure(self) -> None:
        """Print a line for each task and size as soon as it is measured."""
        costs = {(task.title, size): self._measure(task, size) for task in TASKS for size in self.sizes}
        first_loads = [costs["first load", size].get(OURS.name) for size in self.sizes]
        if all(first_loads):
            print(f"\n{report.format_growth(self.sizes, first_loads, MAX_GROWTH if self._has_targets() else None)}")

    def _measure(self, task: Task, size: int) -> dict[str, Cost]:
        costs = self._costs(task, size, self._competitors(task, size))
        self._print(task.title, size, costs, task.targets[self.sizes.index(size)])
        if task.has_dry_run and STOCK.name in costs:
            one_pass = self._costs(task, size, [ONE_PASS])
            self._print("  no dry run", size, costs | {STOCK.name: None} | one_pass)
        return costs

    def _print(self, title: str, size: int, costs: dict[str, Cost | None], target: float | None = None) -> None:
        print(report.format_line(title, size, costs, target if self._has_targets() else None), flush=True)

    def _costs(self, task: Task, size: int, competitors: Sequence[Competitor]) -> dict[str, Cost]:
        """Run the competitors in alternation, so that other load on the machine affects them equally."""
        costs_by_name: dict[str, list[Cost]] = {}
        for round_ in range(self.runs):
            due = [other for other in competitors if round_ == 0 or _is_quick(costs_by_name.get(other.name))]
            for competitor in due:
                try:
                    costs_by_name.setdefault(competitor.name, []).append(task.work(self.env, competitor, size))
                except InvalidMeasurementError as error:
                    self.failures.append(f"{task.title}, {size:,} rows, {competitor.name}: {error}")
                    costs_by_name[competitor.name] = []
        return {name: median(costs) for name, costs in costs_by_name.items() if costs}

    def _competitors(self, task: Task, size: int) -> Sequence[Competitor]:
        is_small = size == self.sizes[0]
        competitors = task.competitors if self.is_full or is_small else task.large_by_default
        self.skipped += [
            f"{task.title} of {size:,} rows by {competitor.name}"
            for competitor in task.competitors
            if competitor not in competitors
        ]
        return competitors

    def _has_targets(self) -> bool:
        return self.sizes[0] == TARGET_ROWS

    def notes(self) -> str:
        """Return the notes below the table."""
        lines = [
            f"Each number is the median of {self.runs}, or the only one where it is over {MAX_REPEAT_SECONDS} seconds.",
            "Stock imports as its documentation begins, with a dry run first; its import command does without.",
            "There is no raw baseline of the admin and of XLSX.",
        ]
        if self.skipped:
            lines += [f"Skipped: {'; '.join(self.skipped)}. ARGS=--full measures them too."]
        if not self._has_targets():
            lines += [f"The targets are for {TARGET_ROWS:,} and {TARGET_ROWS * SIZE_RATIO:,} rows and are not shown."]
        return "\n".join([*lines, *(f"\n!!! FAILED, NO RESULT: {failure}" for failure in self.failures)])


def _is_quick(costs: Sequence[Cost] | None) -> bool:
    return bool(costs) and costs[0].seconds <= MAX_REPEAT_SECONDS


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=TARGET_ROWS, help="of the small file; the large one has 10 times as many"
    )
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts; what is slow runs once")
    parser.add_argument("--seed", type=int, default=1, help="of the generated lists")
    parser.add_argument("--full", action="store_true", help="the stock setup on the large file too: half an hour")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse_arguments(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(MeasurementEnv(Path(folder), options.seed), options.rows, options.runs, options.full)
        print(
            f"Lists of {bench.sizes[0]:,} and {bench.sizes[1]:,} rows, seed {options.seed}, on {os.cpu_count()} cores."
        )
        print("", *report.HEADINGS, report.RULE, sep="\n", flush=True)
        bench.measure()
        print(bench.notes())
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
