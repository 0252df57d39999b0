"""The office's pages with 1,000 agreements and with 100,000, on SQLite and, where one is named, on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measure import WorkNotDoneError, run
from bench.office_pages import PAGES

SIZES = 1_000, 100_000
TARGET = 3
"""How many times as long a page may take with the large register."""


def databases(folder: Path) -> dict[str, str]:
    found = {"SQLite": f"sqlite:///{folder}/office.sqlite3"}
    if server := os.environ.get("BENCH_DATABASE_URL") or os.environ.get("TEST_DATABASE_URL"):
        found["PostgreSQL"] = server
    return found


def measure(address: str, sizes: Sequence[int], seed: int, runs: int, folder: Path) -> list[dict[str, float]]:
    """The seconds of each page, for each size."""
    output, environment = folder / "output.txt", {"TEST_DATABASE_URL": address, "SECRET_KEY": "for measuring only"}
    found = []
    for size in sizes:
        run(["-m", "bench.office_pages", str(size), str(seed), str(runs)], environment, output)
        found.append(json.loads(output.read_text(encoding="utf-8").splitlines()[-1]))
    return found


def line(database: str, page: str, small: float, large: float, has_target: bool) -> str:
    ratio = large / small
    verdict = ("met" if ratio <= TARGET else "MISSED") if has_target else ""
    return f"{database:<12}{page:<14}{small:>10.3f}{large:>10.3f}{ratio:>9.1f}x   {verdict}".rstrip()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench OFFICE=...", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="agreements in the two registers")
    parser.add_argument("--runs", type=int, default=9, help="of which the median counts")
    parser.add_argument("--seed", type=int, default=1, help="of the generated registers")
    return parser.parse_args(arguments)


def main() -> int:
    chosen = options(sys.argv[1:])
    small, large = chosen.sizes
    print(f"Seconds of the office's pages with {small:,} and {large:,} agreements, target at most {TARGET} times:\n")
    print(f"{'':26}{small:>10,}{large:>10,}{'ratio':>10}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for database, address in databases(Path(folder)).items():
            try:
                costs = measure(address, chosen.sizes, chosen.seed, chosen.runs, Path(folder))
            except WorkNotDoneError as error:
                print(f"\n!!! WORK NOT DONE, NO NUMBER: {database}: {error}")
                return 1
            for page in PAGES:
                print(line(database, page, costs[0][page], costs[1][page], tuple(chosen.sizes) == SIZES), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
