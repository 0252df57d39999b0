"""The page cache. A page's ETag is its key: a hash of URL, data version, day, code and settings."""

import gzip
import hashlib
import json
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseNotModified
from django.middleware.gzip import re_accepts_gzip
from django.utils.http import parse_etags
from django.utils.timezone import localdate, localtime, make_aware

from partners import data_version
from partners.public.query_params import (
    PUBLIC_URLS,
    canonicalize_query,
    find_public_url,
    is_linked,
    validate_value_counts,
)

FINGERPRINTED_PATHS = ["requirements.txt", "constraints.txt", "exchange", "partners", "templates"]
S_MAXAGE, STALE_WHILE_REVALIDATE = 30, 30
"""Seconds for shared caches: without revalidation, and then while they revalidate in the background.

Together a minute, within which pages promise to be new after a save, however seldom they are visited.
"""
CACHE_TIMEOUT = 3600
"""Seconds. Only bounds the memory used: a change of data gives a page another key."""
CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""Headers of the downloads, which scripts of other sites may read, and revalidate by their ETag."""
PREFLIGHT_HEADERS = CORS_HEADERS | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
ALLOWED_METHODS = ["GET", "HEAD", "OPTIONS"]


def build_fingerprint():
    """Return a hash of source files and settings, part of every ETag; independent of the install path."""
    # Without paths, and without the databases, which Django completes as it runs.
    names = [name for name in dir(settings) if name.isupper() and settings.is_overridden(name) and name != "DATABASES"]
    values = {name: getattr(settings, name) for name in names}
    content = json.dumps(values, sort_keys=True, default=lambda _value: None) + hash_source_files(settings.BASE_DIR)
    return hashlib.sha256(content.encode()).hexdigest()


@lru_cache(1)
def hash_source_files(folder):
    """Return a hash of names and contents of source files. Cached, as a process keeps the code that it has loaded."""
    digest = hashlib.sha256()
    paths = [path for name in FINGERPRINTED_PATHS for path in (folder / name, *(folder / name).rglob("*"))]
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"\n{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_headers():
    """Return caching headers: browsers revalidate every time, shared caches may serve S_MAXAGE seconds.

    Nothing is served past local midnight, as the list depends on the date.
    """
    now = localtime()
    # A second less, as caches count whole ones, and from when they have the page.
    seconds_left = max(int(_end_of_day(now.date(), now.tzinfo) - now.timestamp()) - 1, 0)
    fresh = min(S_MAXAGE, seconds_left)
    stale = f"stale-while-revalidate={min(STALE_WHILE_REVALIDATE, seconds_left - fresh)}"
    return {
        "Cache-Control": f"public, max-age=0, must-revalidate, s-maxage={fresh}, {stale}",
        "CDN-Cache-Control": f"public, max-age={fresh}, {stale}",
        "Vary": "Accept-Encoding",
    }


@lru_cache(1)
def _end_of_day(day, time_zone):
    """Return the timestamp of the next midnight. Cached, as it takes longer than the rest of the headers."""
    return make_aware(datetime.combine(day + timedelta(days=1), time.min), time_zone).timestamp()


def serialize_page(response):
    """Return a line of JSON with the headers, followed by the compressed body."""
    headers = dict(response.items())
    is_compressed = headers.pop("Content-Encoding", "") == "gzip"
    compressed = response.content if is_compressed else gzip.compress(response.content, mtime=0)
    return json.dumps(headers).encode() + b"\n" + compressed


def build_response(request, page, etag):
    """Return a response with a serialized page, compressed if the client accepts that."""
    stored_headers, _, body = page.partition(b"\n")
    headers = json.loads(stored_headers) | cache_headers()
    if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        headers |= {"ETag": f'"{etag}-gzip"', "Content-Encoding": "gzip"}
    else:
        body, headers["ETag"] = gzip.decompress(body), f'"{etag}"'
    return HttpResponse(body, headers=headers | {"Content-Length": len(body)})


class PageCacheMiddleware:
    """Serve public pages from the cache, as long as data, day, code and settings have not changed."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.fingerprint = build_fingerprint()

    def __call__(self, request):
        url_name = find_public_url(request.path_info)
        if url_name and request.method in ("GET", "HEAD"):
            canonicalize_query(request, PUBLIC_URLS[url_name])
            response = self.public_response(request)
        else:
            response = self.get_response(request)
        if url_name == "download":
            headers = PREFLIGHT_HEADERS if request.method == "OPTIONS" else CORS_HEADERS
            for name, value in headers.items():
                response[name] = value
        return response

    def process_view(self, request, view_func, view_args, view_kwargs):
        """Answer all but GET and HEAD, before the CSRF protection does, and reject too many values."""
        names = PUBLIC_URLS.get(request.resolver_match.view_name)
        if names is None:
            return None
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join(ALLOWED_METHODS)})
        if request.method not in ALLOWED_METHODS:
            return HttpResponseNotAllowed(ALLOWED_METHODS)
        validate_value_counts(request.GET, names)
        return None

    def public_response(self, request):
        etag = self.etag_for(request)
        if etag is None:
            return self.get_response(request)
        known = {tag.removeprefix("W/") for tag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))}
        for match in known.intersection([f'"{etag}"', f'"{etag}-gzip"']):
            return HttpResponseNotModified(headers={"ETag": match} | cache_headers())
        if page := cache.get(etag):
            return build_response(request, page, etag)
        response = self.get_response(request)
        if response.status_code != 200 or response.has_header("Cache-Control"):
            return response
        page = serialize_page(response)
        if is_linked(request.GET):
            cache.set(etag, page, CACHE_TIMEOUT)
        return build_response(request, page, etag)

    def etag_for(self, request):
        """Return a hash of code, data version, day and URL, or None where pages are not cached.

        That is with DEBUG, and inside a transaction. SCRIPT_NAME is hashed apart from the path, as it decides which
        part of that is resolved, and where links lead.
        """
        # An error occurs again in the view, where it is answered with all headers.
        with suppress(Error, SuspiciousOperation):
            version = None if settings.DEBUG else data_version.current_version()
            if version is None:
                return None
            parts = [self.fingerprint, version, localdate().isoformat(), request.scheme, request.get_host()]
            parts += [request.META.get("SCRIPT_NAME", ""), request.get_full_path()]
            return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
