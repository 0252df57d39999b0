"""Time admin and public pages with 1,000 agreements and more, on SQLite and, if configured, on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import InvalidMeasurementError, run
from bench.office_pages import PAGES

BASE_SIZE = 1_000
MAX_RATIOS = {10_000: 2, 100_000: 3}
"""Targets for the time of a page with registers of these sizes, relative to the base."""


def database_urls(folder: Path) -> dict[str, str]:
    urls = {"SQLite": f"sqlite:///{folder}/office.sqlite3"}
    if server := os.environ.get("BENCH_DATABASE_URL") or os.environ.get("TEST_DATABASE_URL"):
        urls["PostgreSQL"] = server
    return urls


def measure(database_url: str, sizes: Sequence[int], seed: int, runs: int, folder: Path) -> list[dict[str, float]]:
    """Return the median seconds by page, for each size."""
    output = folder / "output.txt"
    environment = {"TEST_DATABASE_URL": database_url, "SECRET_KEY": "for measuring only"}
    results = []
    for size in sizes:
        run(["-m", "bench.office_pages", str(size), str(seed), str(runs)], environment, output)
        results.append(json.loads(output.read_text(encoding="utf-8").splitlines()[-1]))
    return results


def format_line(database: str, page: str, base: float, durations: Mapping[int, float]) -> str:
    line = f"{database:<12}{page:<18}{base:>8.3f}"
    for size, seconds in durations.items():
        verdict = "met" if seconds / base <= MAX_RATIOS[size] else "MISSED"
        line += f"{seconds:>10.3f}{seconds / base:>6.1f}x {verdict:<6}"
    return line.rstrip()


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench OFFICE=...", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", choices=MAX_RATIOS, default=[*MAX_RATIOS], help="agreements")
    parser.add_argument("--runs", type=int, default=9, help="of which the median counts")
    parser.add_argument("--seed", type=int, default=1, help="of the generated registers")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse_options(sys.argv[1:])
    targets = " and ".join(f"{MAX_RATIOS[size]} times with {size:,}" for size in options.sizes)
    print(f"Seconds of admin and public pages with {BASE_SIZE:,} agreements and more, target at most {targets}:\n")
    print(f"{BASE_SIZE:>38,}" + "".join(f"{size:>10,}{'':14}" for size in options.sizes).rstrip())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for database, url in database_urls(Path(folder)).items():
            try:
                base, *results = measure(url, [BASE_SIZE, *options.sizes], options.seed, options.runs, Path(folder))
            except InvalidMeasurementError as error:
                print(f"\n!!! FAILED, NO RESULT: {database}: {error}")
                return 1
            for page in PAGES:
                durations = {size: result[page] for size, result in zip(options.sizes, results, strict=True)}
                print(format_line(database, page, base[page], durations), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
