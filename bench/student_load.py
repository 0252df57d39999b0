"""Simulate concurrent students, each of whom requests one page after another.

``python -m bench.student_load`` reads the arguments of ``main`` as JSON from standard input and prints as JSON the
milliseconds of each response, the errors and the total seconds. It runs in a process of its own, so that the
simulated coordinators do not delay the measured requests.
"""

import json
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, combinations, cycle, islice, product
from urllib.parse import quote

from bench.generators import ENDINGS, STEMS
from bench.loader import build_request, fetch_head

TYPES, STATUSES = ["bilateral", "erasmus", "ge3"], ["in-force", "in-process"]
COUNTRIES = ["DE", "ES", "FR", "GB", "IT", "JP", "KR", "MX", "NL", "US"]
FILTERED_PATHS = [f"/?country={country}" for country in COUNTRIES] + [f"/?type={slug}" for slug in TYPES]
UNCACHED_PATHS = [
    *(f"/?country={c}&type={t}&status={s}" for c, t, s in product(COUNTRIES, TYPES, STATUSES)),
    *(f"/?country={first}&country={second}&sort=name" for first, second in combinations(COUNTRIES, 2)),
]
"""Pages with so many filters are not cached, so each request renders them."""
REVALIDATION_PROBABILITY = 0.5
"""The share of repeated requests for which the browser still has the page and sends its ETag."""
ETAG_RE = re.compile(rb'\r\netag: ("[^"\r\n]+")', re.IGNORECASE)


class Visitor:
    """Request the first page again and again."""

    def __init__(self, seed, pages):
        self.random = random.Random(seed)  # noqa: S311
        self.pages = pages

    def choose_path(self):
        return self.pages[0]

    def request_page(self, port):
        return fetch_head(port, build_request(self.choose_path()))


class Searcher(Visitor):
    """Search for the beginning of a name."""

    def choose_path(self):
        return "/?q=" + quote(self.random.choice(STEMS) + self.random.choice(ENDINGS)[:2])


class Reader(Visitor):
    """Request the list, filtered lists and pages of universities, revalidating some of those in the browser's cache."""

    def __init__(self, seed, pages):
        super().__init__(seed, pages)
        self.etags = {}

    def choose_path(self):
        groups = [["/"], FILTERED_PATHS, UNCACHED_PATHS, self.pages]
        return self.random.choice(self.random.choices(groups, [30, 20, 10, 40])[0])

    def request_page(self, port):
        path = self.choose_path()
        etag = self.etags.get(path) if self.random.random() < REVALIDATION_PROBABILITY else None
        head = fetch_head(port, build_request(f"{path}\tIf-None-Match: {etag}" if etag else path))
        if match := ETAG_RE.search(head):
            self.etags[path] = match[1].decode()


VISITOR_CLASSES = {cls.__name__: cls for cls in (Visitor, Reader, Searcher)}


def run_visitor(visitor, index, seconds, pause, ports):
    """Request pages of the sites in turn, until the time is over; return milliseconds and errors."""
    durations_ms, errors, end = [], [], time.monotonic() + seconds
    for port in islice(cycle(ports), index, None):
        time.sleep(visitor.random.uniform(0, 2 * pause))
        if time.monotonic() > end:
            return durations_ms, errors
        start = time.perf_counter()
        try:
            visitor.request_page(port)
            durations_ms.append((time.perf_counter() - start) * 1000)
        except (OSError, ValueError) as error:
            errors.append(str(error))


def main(visitors, pages, seconds, pause, ports):
    """Run the visitors, given as a count by class name. ``pause`` is the mean number of seconds before a request."""
    class_names = [name for name, count in visitors.items() for _ in range(count)]
    start = time.monotonic()
    with ThreadPoolExecutor(len(class_names)) as threads:
        futures = [
            threads.submit(run_visitor, VISITOR_CLASSES[name](index, pages), index, seconds, pause, ports)
            for index, name in enumerate(class_names)
        ]
    durations_ms, errors = zip(*(future.result() for future in futures), strict=True)
    result = {
        "durations_ms": [*chain(*durations_ms)],
        "errors": [*chain(*errors)],
        "seconds": time.monotonic() - start,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(**json.load(sys.stdin))
