"""Pages kept as bytes, for as long as the register, the day and the site are what they were."""

import gzip
import hashlib
import json
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.middleware.gzip import re_accepts_gzip
from django.utils.http import parse_etags
from django.utils.timezone import localdate, localtime, make_aware

from exchange import environment

FINGERPRINTED_PATHS = ["requirements.txt", "constraints.txt", "exchange", "partners", "templates"]
S_MAXAGE, STALE_WHILE_REVALIDATE = 60, 600
"""Seconds in which a cache in front of the site need not ask, and those in which it may answer while it asks."""


def build_fingerprint():
    """Tells the site's code, texts and settings from any others, which would make other pages, wherever they lie."""
    shown = {name: value for name, value in vars(environment).items() if name.isupper() and not isinstance(value, Path)}
    told = hashlib.sha256(repr(shown).encode())
    paths = [
        path
        for name in FINGERPRINTED_PATHS
        for path in (settings.BASE_DIR / name, *(settings.BASE_DIR / name).rglob("*"))
    ]
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        told.update(f"\n{path.relative_to(settings.BASE_DIR)}\n".encode())
        told.update(path.read_bytes())
    return told.hexdigest()


def page_etag(request, *state):
    """Names what an address answers in a state of the site. The language is part of the address.

    Of a path, what the script's name is decides what is left as the page's, and where its links lead.
    """
    told = [*state, localdate().isoformat(), request.scheme, request.get_host()]
    told += [request.META.get("SCRIPT_NAME", ""), request.get_full_path()]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def cache_headers():
    """Browsers ask each time, so that nobody sees what was true before a change. Nobody goes on after midnight."""
    now = localtime()
    left = int(_end_of(now.date(), now.tzinfo) - now.timestamp())
    fresh = min(S_MAXAGE, left)
    stale = f"stale-while-revalidate={min(STALE_WHILE_REVALIDATE, left - fresh)}"
    return {
        "Cache-Control": f"public, max-age=0, must-revalidate, s-maxage={fresh}, {stale}",
        "CDN-Cache-Control": f"public, max-age={fresh}, {stale}",
        "Vary": "Accept-Encoding",
    }


@lru_cache(1)
def _end_of(day, time_zone):
    """Return the timestamp of the next midnight. Working it out takes longer than all else in these headers."""
    return make_aware(datetime.combine(day + timedelta(days=1), time.min), time_zone).timestamp()


class CachedPage(NamedTuple):
    headers: dict[str, str]
    compressed: bytes

    @classmethod
    def of(cls, response, level):
        return cls(dict(response.items()), gzip.compress(response.content, level, mtime=0))

    @classmethod
    def from_bytes(cls, data):
        headers, _, compressed = data.partition(b"\n")
        return cls(json.loads(headers), compressed)

    def to_bytes(self):
        """A line of JSON, and then the page as it is."""
        return json.dumps(self.headers).encode() + b"\n" + self.compressed

    def answer(self, request, tag):
        if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            body, told = self.compressed, {"ETag": f'"{tag}-gzip"', "Content-Encoding": "gzip"}
        else:
            body, told = gzip.decompress(self.compressed), {"ETag": f'"{tag}"'}
        return HttpResponse(body, headers=self.headers | told | cache_headers() | {"Content-Length": len(body)})


def not_modified_response(request, tag):
    """An answer for whoever has the page already."""
    held = {each.removeprefix("W/") for each in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))}
    for etag in held.intersection([f'"{tag}"', f'"{tag}-gzip"']):
        return HttpResponseNotModified(
            headers={"ETag": etag} | cache_headers() | request.public_view_match.func.headers
        )
