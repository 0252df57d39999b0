"""Import and export, side by side with the stock setup of django-import-export and with csv + sqlite3 alone."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import report
from bench.measure import Cost, WorkNotDoneError, median
from bench.sides import FLOOR, OURS, STOCK
from bench.workshop import Side, Workshop

LARGER = 10
"""How many times the rows of the small file the large one has."""
TARGET_ROWS = 10_000
GROWTH = 11


class Task(NamedTuple):
    title: str
    work: Callable[[Workshop, Side, int], Cost]
    sides: Sequence[Side]
    targets: tuple[float | None, float | None]
    """How many times faster than the stock setup, at 10,000 and at 100,000 rows."""
    large_by_default: Sequence[Side]


TASKS = [
    Task("first load", Workshop.first_load, [OURS, STOCK, FLOOR], (15, None), [OURS, FLOOR]),
    Task("same again", Workshop.same_again, [OURS, STOCK, FLOOR], (50, None), [OURS, FLOOR]),
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
        first_loads = []
        for task in TASKS:
            for size, target in zip(self.sizes, task.targets, strict=True):
                costs = self._costs(task, size)
                print(report.line(task.title, size, costs, target if self._has_targets() else None), flush=True)
                first_loads.append(costs.get("ours"))
        if all(first_loads[:2]):
            print(f"\n{report.growth(*self.sizes, first_loads[:2], GROWTH if self._has_targets() else None)}")

    def _costs(self, task: Task, size: int) -> dict[str, Cost]:
        """Turn by turn, so that a disturbance of the machine meets every side. The stock setup has one turn."""
        found = defaultdict(list)
        sides = self._sides(task, size)
        for turn in range(self.runs):
            for side in [side for side in sides if side is not STOCK or turn == 0]:
                try:
                    found[side.name].append(task.work(self.workshop, side, size))
                except WorkNotDoneError as error:
                    self.failures.append(f"{task.title}, {size:,} rows, {side.name}: {error}")
                    sides = [other for other in sides if other is not side]
                    found.pop(side.name, None)
        return {name: median(costs) for name, costs in found.items()}

    def _sides(self, task: Task, size: int) -> Sequence[Side]:
        is_small = size == self.sizes[0]
        sides = task.sides if self.is_full or is_small else task.large_by_default
        self.skipped += [f"{task.title} of {size:,} rows by {side.name}" for side in task.sides if side not in sides]
        return sides

    def _has_targets(self) -> bool:
        return self.sizes[0] == TARGET_ROWS

    def told(self) -> str:
        """What the table doesn't tell."""
        lines = [f"Ours and the floor are the median of {self.runs}; the stock setup, being slow, ran once."]
        lines += ["The admin has no floor."]
        if self.skipped:
            lines += [f"Skipped: {'; '.join(self.skipped)}. ARGS=--full measures them too."]
        if not self._has_targets():
            lines += [f"The targets are for {TARGET_ROWS:,} and {TARGET_ROWS * LARGER:,} rows and are not shown."]
        return "\n".join([*lines, *(f"\n!!! WORK NOT DONE, NO NUMBER: {failure}" for failure in self.failures)])


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=TARGET_ROWS, help="of the small file; the large one has 10 times as many"
    )
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts; the stock setup runs once")
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
