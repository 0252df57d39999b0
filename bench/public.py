"""Compare the public list under gunicorn with django-filter, Datasette and nginx with a static page."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from http.client import HTTPConnection
from itertools import chain, product
from pathlib import Path

from bench import competitor_servers
from bench.competitor_servers import gunicorn
from bench.competitors import OURS
from bench.load_sites import DATABASE_SERVER, temporary_database
from bench.measure import ROOT, run
from bench.measurement_env import MeasurementEnv
from bench.student_load import TYPES, UNCACHED_PATHS

CONNECTIONS = 8
QUERIES = ["tecnologico", "berg", "lodz", "universidad", "haven north", "sapienza", "wroz", "nothing-like-this"]
TYPING_ERRORS = ["tecnolgico", "unversidad", "sapeinza"]
TERM = f"{date.today().year + 1}-t1"  # noqa: DTZ011
"""The winter term of a fresh database."""
FILTERS = {
    "region": ["region=eu", "region=asia", "region=programme"],
    "level": ["level=bachelor", "level=master", "level=doctoral"],
    "field": ["field=02", "field=0421", "field=07"],
    "language": ["language=en-B2", "language=de-B1", "language=es"],
    "term": [f"term={TERM}", f"level=master&term={TERM}"],
    "not recorded": ["level=master&unrecorded=1", "language=es&unrecorded=1"],
    "all filters": [f"region=europe&level=master&field=07&language=en-B2&status=in-force&term={TERM}"],
}
"""Query strings by the filter that they are about. With a type besides, their pages are rendered anew each time."""
FILTERED_PATHS = {
    name: [f"/?{query}&type={slug}" for query, slug in product(queries, TYPES)] for name, queries in FILTERS.items()
}
ALL_FILTERED_PATHS = [*UNCACHED_PATHS, *chain(*FILTERED_PATHS.values())]
MAX_SLOWDOWN = 3
"""Target for an uncached page, relative to the smallest register."""
MAX_MS = {"search, ms": 100, "filtered, ms": 150}
"""Targets for the median of the responses to one request at a time."""


def pages_per_second(port: int, paths: Sequence[str], seconds: int) -> float:
    command = [sys.executable, "-m", "bench.loader", str(port), str(seconds), str(CONNECTIONS)]
    completed = subprocess.run(  # noqa: S603
        command, cwd=ROOT, input="\n".join(paths), capture_output=True, text=True, check=True
    )
    return float(completed.stdout)


def timed_get(port: int, path: str) -> tuple[float, str]:
    """Return the response time in milliseconds and the ETag."""
    connection = HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return (time.perf_counter() - start) * 1000, response.headers["ETag"]


def median_ms(port: int, paths: Sequence[str]) -> float:
    return statistics.median(timed_get(port, path)[0] for path in paths * 3)


def measure_ours(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    environment = OURS.environment(env.loaded_database(OURS, rows))
    run(_link_all(env), environment, env.folder / "output.txt")
    return _measure_ours(environment, seconds)


def measure_ours_on_postgresql(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    with temporary_database() as url:
        environment = OURS.environment(env.folder) | {"DATABASE_URL": url, "TEST_DATABASE_URL": url}
        migrate, load = ["manage.py", "migrate", "--verbosity", "0"], ["manage.py", "import_partners"]
        for command in (migrate, [*load, env.list_file(rows)], _link_all(env)):
            run(command, environment, env.folder / "output.txt")
        return _measure_ours(environment, seconds)


def _link_all(env: MeasurementEnv) -> list[str]:
    return ["-m", "bench.directory", str(env.seed)]


def _measure_ours(environment: Mapping[str, str], seconds: int) -> dict[str, float]:
    with gunicorn("exchange.wsgi", environment | {"DJANGO_SETTINGS_MODULE": "tests.settings"}) as port:
        _duration_ms, etag = timed_get(port, "/")
        searches = [f"/?q={query.replace(' ', '+')}" for query in QUERIES + TYPING_ERRORS]
        return {
            "search, ms": median_ms(port, searches),
            "filtered, ms": median_ms(port, ALL_FILTERED_PATHS),
            "cached": pages_per_second(port, ["/"], seconds),
            "not modified": pages_per_second(port, [f"/\tIf-None-Match: {etag}"], seconds),
            "uncached": pages_per_second(port, UNCACHED_PATHS, seconds),
            "filtered": pages_per_second(port, ALL_FILTERED_PATHS, seconds),
            **{name: pages_per_second(port, paths, seconds) for name, paths in FILTERED_PATHS.items()},
        }


def measure_stock(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    with competitor_servers.stock(env, rows) as (port, path):
        filtered = [f"{path}?country={country}" for country in range(1, 200, 7)]
        return {
            "stock": pages_per_second(port, ["/plain/"], seconds),
            "stock with prefetch": pages_per_second(port, [path], seconds),
            "stock with prefetch, filtered": pages_per_second(port, filtered, seconds),
        }


def measure_finder(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    with competitor_servers.finder(env, rows) as (port, path):
        return {
            "stock with our filters": pages_per_second(port, [path], seconds),
            "stock with our filters, filtered": pages_per_second(port, ALL_FILTERED_PATHS, seconds),
        }


def measure_datasette(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    """Return nothing if Datasette is not installed."""
    if not competitor_servers.DATASETTE:
        return {}
    with competitor_servers.datasette(env, rows) as (port, path):
        return {"Datasette": pages_per_second(port, [path], seconds)}


def measure_nginx(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    """Serve a static page as large as ours. Return nothing if nginx is not installed."""
    if not competitor_servers.NGINX:
        return {}
    with competitor_servers.nginx(env, b"<p>A line of a page.</p>" * 2_000) as (port, path):
        return {"nginx, a static page": pages_per_second(port, [path], seconds)}


MEASUREMENTS = {"SQLite": (measure_stock, measure_datasette, measure_nginx, measure_ours, measure_finder)}
if DATABASE_SERVER:
    MEASUREMENTS["PostgreSQL"] = (measure_ours_on_postgresql,)


def format_ratios(results: Mapping[str, float]) -> Iterator[str]:
    for ours, other, target in [
        ("cached", "stock with prefetch", 30),
        ("cached", "Datasette", 50),
        ("cached", "stock with our filters", 30),
        ("not modified", "cached", 1),
        ("filtered", "stock with our filters, filtered", 2),
        ("uncached", "stock with prefetch", 2),
        *((name, "stock with prefetch", 2) for name in FILTERED_PATHS),
    ]:
        if other in results:
            ratio = results[ours] / results[other]
            yield f"  {ours} / {other}: {ratio:.1f}, target {target}: {_format_met(ratio >= target)}"


def format_growth(small: Mapping[str, float], large: Mapping[str, float]) -> Iterator[str]:
    slowdown = small["uncached"] / large["uncached"]
    verdict = _format_met(slowdown <= MAX_SLOWDOWN)
    yield f"  uncached, against the smallest: {slowdown:.1f} times as long, target {MAX_SLOWDOWN}: {verdict}"
    yield f"  cached, against the smallest: {small['cached'] / large['cached']:.2f} times as long"
    for name, target in MAX_MS.items():
        yield f"  {name}: {large[name]:.0f} in the median, target {target}: {_format_met(large[name] <= target)}"


def _format_met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.public", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[108, 10_000, 100_000], help="universities")
    parser.add_argument("--seconds", type=int, default=5, help="for each number")
    parser.add_argument("--seed", type=int, default=1, help="of the generated lists")
    options = parser.parse_args()
    print(f"{CONNECTIONS} connections on {os.cpu_count()} cores.")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        env = MeasurementEnv(Path(folder), options.seed)
        smallest: dict[str, dict[str, float]] = {}
        for rows, (database_name, measurements) in product(options.sizes, MEASUREMENTS.items()):
            results: dict[str, float] = {}
            for measure in measurements:
                results |= measure(env, rows, options.seconds)
            print(f"{rows:,} universities on {database_name}, pages in a second:")
            print(*(f"  {name:<30}{value:>10,.1f}" for name, value in results.items()), sep="\n")
            print(*format_ratios(results), sep="\n")
            baseline = smallest.setdefault(database_name, results)
            if baseline is not results:
                print(*format_growth(baseline, results), sep="\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
