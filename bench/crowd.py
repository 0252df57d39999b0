"""Students, as they ask a server for one page after another."""

import random
import re
from itertools import product

from bench.loader import answer, request

TYPES, STATUSES = ["bilateral", "erasmus", "ge3"], ["in-force", "in-process"]
COUNTRIES = ["DE", "ES", "FR", "GB", "IT", "JP", "KR", "MX", "NL", "US"]
NARROWED = [f"/?country={country}" for country in COUNTRIES] + [f"/?type={slug}" for slug in TYPES]
FRESH = [f"/?country={c}&type={t}&status={s}" for c, t, s in product(COUNTRIES, TYPES, STATUSES)]
"""Addresses that are rendered each time, since nobody keeps a page with so much chosen."""
IS_BACK = 0.5
"""How often a browser still has the page, and asks whether it has changed."""
TAG = re.compile(rb'\r\netag: ("[^"\r\n]+")', re.IGNORECASE)


class Reader:
    """Looks at the list, narrows it, and opens universities."""

    def __init__(self, seed, universities):
        self.chance = random.Random(seed)  # noqa: S311
        self.pages = [["/"], NARROWED, FRESH, universities]
        self.tags = {}

    def address(self):
        return self.chance.choice(self.chance.choices(self.pages, [30, 20, 10, 40])[0])

    def ask(self, port):
        address = self.address()
        tag = self.tags.get(address) if self.chance.random() < IS_BACK else None
        head = answer(port, request(f"{address}\tIf-None-Match: {tag}" if tag else address))
        if found := TAG.search(head):
            self.tags[address] = found[1].decode()
