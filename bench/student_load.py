"""Students at once, each of whom asks for one page after another.

``python -m bench.student_load`` reads as JSON whom there is and for how long (see ``main``), and prints how many milliseconds
each page took, what went wrong, and how many seconds it took in all. It is a process of its own, so that those who
write keep nobody waiting who is measured.
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
from bench.loader import answer, request

TYPES, STATUSES = ["bilateral", "erasmus", "ge3"], ["in-force", "in-process"]
COUNTRIES = ["DE", "ES", "FR", "GB", "IT", "JP", "KR", "MX", "NL", "US"]
NARROWED = [f"/?country={country}" for country in COUNTRIES] + [f"/?type={slug}" for slug in TYPES]
FRESH = [
    *(f"/?country={c}&type={t}&status={s}" for c, t, s in product(COUNTRIES, TYPES, STATUSES)),
    *(f"/?country={one}&country={other}&sort=name" for one, other in combinations(COUNTRIES, 2)),
]
"""Addresses that are rendered each time, since nobody keeps a page with so much chosen."""
IS_BACK = 0.5
"""How often a browser still has the page, and asks whether it has changed."""
TAG = re.compile(rb'\r\netag: ("[^"\r\n]+")', re.IGNORECASE)


class Visitor:
    """Looks at the same page again and again."""

    def __init__(self, seed, pages):
        self.chance = random.Random(seed)  # noqa: S311
        self.pages = pages

    def address(self):
        return self.pages[0]

    def ask(self, port):
        return answer(port, request(self.address()))


class Searcher(Visitor):
    """Types the beginning of a name."""

    def address(self):
        return "/?q=" + quote(self.chance.choice(STEMS) + self.chance.choice(ENDINGS)[:2])


class Reader(Visitor):
    """Looks at the list, narrows it, opens universities, and comes back to what the browser still has."""

    def __init__(self, seed, pages):
        super().__init__(seed, pages)
        self.tags = {}

    def address(self):
        kinds = [["/"], NARROWED, FRESH, self.pages]
        return self.chance.choice(self.chance.choices(kinds, [30, 20, 10, 40])[0])

    def ask(self, port):
        address = self.address()
        tag = self.tags.get(address) if self.chance.random() < IS_BACK else None
        head = answer(port, request(f"{address}\tIf-None-Match: {tag}" if tag else address))
        if found := TAG.search(head):
            self.tags[address] = found[1].decode()


KINDS = {kind.__name__: kind for kind in (Visitor, Reader, Searcher)}


def visit(visitor, number, seconds, pause, ports):
    """Asks the sites in turn. Whose time is over asks for no more."""
    took, wrong, end = [], [], time.monotonic() + seconds
    for port in islice(cycle(ports), number, None):
        time.sleep(visitor.chance.uniform(0, 2 * pause))
        if time.monotonic() > end:
            return took, wrong
        start = time.perf_counter()
        try:
            visitor.ask(port)
            took.append((time.perf_counter() - start) * 1000)
        except (OSError, ValueError) as error:
            wrong.append(str(error))


def main(visitors, pages, seconds, pause, ports):
    """Visitors are given with the number of each kind; the pause after a page is in seconds, in the mean."""
    names, start = [name for name, number in visitors.items() for _ in range(number)], time.monotonic()
    with ThreadPoolExecutor(len(names)) as threads:
        visits = [
            threads.submit(visit, KINDS[name](number, pages), number, seconds, pause, ports)
            for number, name in enumerate(names)
        ]
    took, wrong = zip(*(each.result() for each in visits), strict=True)
    told = {"took": [*chain(*took)], "wrong": [*chain(*wrong)], "seconds": time.monotonic() - start}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(**json.load(sys.stdin))
