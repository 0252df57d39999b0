"""Import and export, side by side with the stock setup of django-import-export and with csv + sqlite3 alone."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import report
from bench.measure import Cost, WorkNotDoneError, median
from bench.measurement_env import Side, Workshop
from bench.sides import FLOOR, ONE_PASS, OURS, STOCK

LARGER = 10
"""How many times the rows of the small file the large one has."""
TARGET_ROWS = 10_000
GROWTH = 11
PATIENCE = 10
"""Seconds. What takes longer runs once."""


class Task(NamedTuple):
    title: str
    work: Callable[[Workshop, Side, int], Cost]
    sides: Sequence[Side]
    targets: tuple[float | None, float | None]
    """How many times faster than the stock setup, at 10,000 and at 100,000 rows."""
    large_by_default: Sequence[Side]
    has_dry_run: bool = False
    """Whether the stock setup could do without one."""


TASKS = [
    Task("first load", Workshop.first_load, [OURS, STOCK, FLOOR], (15, None), [OURS, FLOOR], has_dry_run=True),
    Task("same again", Workshop.same_again, [OURS, STOCK, FLOOR], (50, None), [OURS, FLOOR], has_dry_run=True),
    Task("admin", Workshop.admin, [OURS, STOCK], (10, None), [OURS]),
    Task("export", Workshop.export, [OURS, STOCK, FLOOR], (8, 25), [OURS, STOCK, FLOOR]),
]


class Bench:
    def __init__(self, workshop: Workshop, rows: int, runs: int, is_full: bool):
        self.workshop = workshop
        self.sizes = (rows, rows * LARGER)
        self.runs = runs
        self.is_full = is_full
        self.failures: list[str] = []
        self.skipped: list[str] = []

    def measure(self) -> None:
        """Prints a line for each task and size as soon as it is known."""
        costs = {(task.title, size): self._measure(task, size) for task in TASKS for size in self.sizes}
        first_loads = [costs["first load", size].get(OURS.name) for size in self.sizes]
        if all(first_loads):
            print(f"\n{report.growth(self.sizes, first_loads, GROWTH if self._has_targets() else None)}")

    def _measure(self, task: Task, size: int) -> dict[str, Cost]:
        costs = self._costs(task, size, self._sides(task, size))
        self._print(task.title, size, costs, task.targets[self.sizes.index(size)])
        if task.has_dry_run and STOCK.name in costs:
            one_pass = self._costs(task, size, [ONE_PASS])
            self._print("  no dry run", size, costs | {STOCK.name: None} | one_pass)
        return costs

    def _print(self, title: str, size: int, costs: dict[str, Cost | None], target: float | None = None) -> None:
        print(report.line(title, size, costs, target if self._has_targets() else None), flush=True)

    def _costs(self, task: Task, size: int, sides: Sequence[Side]) -> dict[str, Cost]:
        """Turn by turn, so that a disturbance of the machine meets every side."""
        found: dict[str, list[Cost]] = {}
        for turn in range(self.runs):
            for side in sides if turn == 0 else [side for side in sides if _is_quick(found.get(side.name))]:
                try:
                    found.setdefault(side.name, []).append(task.work(self.workshop, side, size))
                except WorkNotDoneError as error:
                    self.failures.append(f"{task.title}, {size:,} rows, {side.name}: {error}")
                    found[side.name] = []
        return {name: median(costs) for name, costs in found.items() if costs}

    def _sides(self, task: Task, size: int) -> Sequence[Side]:
        is_small = size == self.sizes[0]
        sides = task.sides if self.is_full or is_small else task.large_by_default
        self.skipped += [f"{task.title} of {size:,} rows by {side.name}" for side in task.sides if side not in sides]
        return sides

    def _has_targets(self) -> bool:
        return self.sizes[0] == TARGET_ROWS

    def told(self) -> str:
        """What the table doesn't tell."""
        lines = [
            f"Each number is the median of {self.runs}, or the only one where it is over {PATIENCE} seconds.",
            "Stock imports as its documentation begins, with a dry run first; its import command does without.",
            "The admin has no floor.",
        ]
        if self.skipped:
            lines += [f"Skipped: {'; '.join(self.skipped)}. ARGS=--full measures them too."]
        if not self._has_targets():
            lines += [f"The targets are for {TARGET_ROWS:,} and {TARGET_ROWS * LARGER:,} rows and are not shown."]
        return "\n".join([*lines, *(f"\n!!! WORK NOT DONE, NO NUMBER: {failure}" for failure in self.failures)])


def _is_quick(costs: Sequence[Cost] | None) -> bool:
    return bool(costs) and costs[0].seconds <= PATIENCE


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=TARGET_ROWS, help="of the small file; the large one has 10 times as many"
    )
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts; what is slow runs once")
    parser.add_argument("--seed", type=int, default=1, help="of the generated lists")
    parser.add_argument("--full", action="store_true", help="the stock setup on the large file too: half an hour")
    return parser.parse_args(arguments)


def main() -> int:
    chosen = options(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Workshop(Path(folder), chosen.seed), chosen.rows, chosen.runs, chosen.full)
        print(
            f"Lists of {bench.sizes[0]:,} and {bench.sizes[1]:,} rows, seed {chosen.seed}, on {os.cpu_count()} cores.\n"
        )
        print(*report.HEADINGS, report.RULE, sep="\n", flush=True)
        bench.measure()
        print(bench.told())
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
