"""The public list under gunicorn, beside Django with django-filter, Datasette, and nginx with a static page."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from itertools import product
from pathlib import Path

from bench import others
from bench.load_sites import SERVER, database
from bench.measure import ROOT, run
from bench.measurement_env import Workshop
from bench.others import gunicorn
from bench.sides import OURS
from bench.student_load import FRESH

CONNECTIONS = 8
WORDS = ["tecnologico", "berg", "lodz", "universidad", "haven north", "sapienza", "wroz", "nothing-like-this"]


def pages_per_second(port: int, addresses: Sequence[str], seconds: int) -> float:
    command = [sys.executable, "-m", "bench.loader", str(port), str(seconds), str(CONNECTIONS)]
    asked = "\n".join(addresses)
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def get(port: int, address: str) -> tuple[float, str]:
    """How long an answer took in milliseconds, and its tag."""
    line = HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    line.request("GET", address, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    answer.read()
    line.close()
    return (time.perf_counter() - start) * 1000, answer.headers["ETag"]


def ours(workshop: Workshop, rows: int, seconds: int) -> dict[str, float]:
    return _ours(OURS.environment(workshop.loaded(OURS, rows)), seconds)


def ours_on_postgresql(workshop: Workshop, rows: int, seconds: int) -> dict[str, float]:
    with database() as address:
        environment = OURS.environment(workshop.folder) | {"DATABASE_URL": address, "TEST_DATABASE_URL": address}
        for command in (["migrate", "--verbosity", "0"], ["import_partners", workshop.file(rows)]):
            run(["manage.py", *command], environment, workshop.folder / "output.txt")
        return _ours(environment, seconds)


def _ours(environment: Mapping[str, str], seconds: int) -> dict[str, float]:
    with gunicorn("exchange.wsgi", environment | {"DJANGO_SETTINGS_MODULE": "tests.settings"}) as port:
        _took, tag = get(port, "/")
        return {
            "kept": pages_per_second(port, ["/"], seconds),
            "not modified": pages_per_second(port, [f"/\tIf-None-Match: {tag}"], seconds),
            "afresh": pages_per_second(port, FRESH, seconds),
            "search, ms": statistics.median(get(port, f"/?q={word.replace(' ', '+')}")[0] for word in WORDS * 3),
        }


def stock(workshop: Workshop, rows: int, seconds: int) -> dict[str, float]:
    with others.stock(workshop, rows) as (port, page):
        filters = [f"{page}?country={country}" for country in range(1, 200, 7)]
        return {
            "stock": pages_per_second(port, ["/plain/"], seconds),
            "stock with prefetch": pages_per_second(port, [page], seconds),
            "stock with prefetch, filtered": pages_per_second(port, filters, seconds),
        }


def datasette(workshop: Workshop, rows: int, seconds: int) -> dict[str, float]:
    """Nothing, where it is not installed."""
    if not others.DATASETTE:
        return {}
    with others.datasette(workshop, rows) as (port, page):
        return {"Datasette": pages_per_second(port, [page], seconds)}


def nginx(workshop: Workshop, rows: int, seconds: int) -> dict[str, float]:
    """With a page of the size of ours, as a file. Nothing, where it is not installed."""
    if not others.NGINX:
        return {}
    with others.nginx(workshop, b"<p>A line of a page.</p>" * 2_000) as (port, page):
        return {"nginx, a static page": pages_per_second(port, [page], seconds)}


SIDES = {"SQLite": (stock, datasette, nginx, ours)} | ({"PostgreSQL": (ours_on_postgresql,)} if SERVER else {})


def ratios(found: Mapping[str, float]) -> Iterator[str]:
    for what, other, target in [
        ("kept", "stock with prefetch", 25),
        ("kept", "Datasette", 50),
        ("not modified", "kept", 1),
        ("afresh", "stock with prefetch", 2),
    ]:
        if other in found:
            ratio = found[what] / found[other]
            yield f"  {what} / {other}: {ratio:.1f}, target {target}: {'met' if ratio >= target else 'MISSED'}"


def growth(small: Mapping[str, float], large: Mapping[str, float]) -> Iterator[str]:
    slower = small["afresh"] / large["afresh"]
    yield f"  afresh, against the smallest: {slower:.1f} times as long, target 3: {'met' if slower <= 3 else 'MISSED'}"
    yield f"  kept, against the smallest: {small['kept'] / large['kept']:.2f} times as long"
    is_met = large["search, ms"] <= 100
    yield f"  search: {large['search, ms']:.0f} ms in the median, target 100: {'met' if is_met else 'MISSED'}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.public", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[108, 10_000, 100_000], help="universities")
    parser.add_argument("--seconds", type=int, default=5, help="for each number")
    parser.add_argument("--seed", type=int, default=1, help="of the generated lists")
    chosen = parser.parse_args()
    print(f"{CONNECTIONS} connections on {os.cpu_count()} cores.")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        workshop = Workshop(Path(folder), chosen.seed)
        smallest: dict[str, dict[str, float]] = {}
        for rows, (database_name, sides) in product(chosen.sizes, SIDES.items()):
            found: dict[str, float] = {}
            for side in sides:
                found |= side(workshop, rows, chosen.seconds)
            print(f"{rows:,} universities on {database_name}, pages in a second:")
            print(*(f"  {what:<30}{number:>10,.1f}" for what, number in found.items()), *ratios(found), sep="\n")
            first = smallest.setdefault(database_name, found)
            if found is not first:
                print(*growth(first, found), sep="\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
