"""Time the admin's pages with 1,000 and with 100,000 agreements, on SQLite and, if configured, on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measure import InvalidMeasurementError, run
from bench.office_pages import PAGES

SIZES = 1_000, 100_000
MAX_RATIO = 3
"""Target for the time of a page with the large register, relative to the small one."""


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


def format_line(database: str, page: str, small: float, large: float, has_target: bool) -> str:
    ratio = large / small
    verdict = ("met" if ratio <= MAX_RATIO else "MISSED") if has_target else ""
    return f"{database:<12}{page:<14}{small:>10.3f}{large:>10.3f}{ratio:>9.1f}x   {verdict}".rstrip()


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench OFFICE=...", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="agreements in the two registers")
    parser.add_argument("--runs", type=int, default=9, help="of which the median counts")
    parser.add_argument("--seed", type=int, default=1, help="of the generated registers")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse_options(sys.argv[1:])
    small, large = options.sizes
    print(f"Seconds of the admin's pages with {small:,} and {large:,} agreements, target at most {MAX_RATIO} times:\n")
    print(f"{'':26}{small:>10,}{large:>10,}{'ratio':>10}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for database, url in database_urls(Path(folder)).items():
            try:
                results = measure(url, options.sizes, options.seed, options.runs, Path(folder))
            except InvalidMeasurementError as error:
                print(f"\n!!! FAILED, NO RESULT: {database}: {error}")
                return 1
            has_target = tuple(options.sizes) == SIZES
            for page in PAGES:
                print(format_line(database, page, results[0][page], results[1][page], has_target), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
