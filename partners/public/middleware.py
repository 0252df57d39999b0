"""The students' way through the site: past what is kept, and out before what is for people who are signed in."""

from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import Http404
from django.middleware.gzip import GZipMiddleware

from partners import data_version
from partners.public.page_cache import CachedPage, build_fingerprint, not_modified_response, page_etag
from partners.public.query_params import canonicalize_query, resolve_public_view

CACHE_TIMEOUT = 3600
GZIP_FAST, GZIP_BEST = 1, 6
"""How hard a page is compressed: one that is sent once, and one that is sent again and again."""


class PageCacheMiddleware:
    """Answers a public address without rendering its page, if nothing has changed since somebody asked for it."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.edition = build_fingerprint()
        self.compressed = GZipMiddleware(get_response).process_response

    def __call__(self, request):
        match = request.public_view_match = resolve_public_view(request)
        if match is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        request.resolver_match = match
        canonicalize_query(request, match.func.parameters)
        if tag := self.tag(request):
            return not_modified_response(request, tag) or self.kept(request, tag)
        return self.compressed(request, self.get_response(request))

    def tag(self, request):
        """Nothing where pages are not kept. A fault is met again further in, where it is answered with all headers."""
        with suppress(Error, SuspiciousOperation):
            of_now = None if settings.DEBUG else data_version.current_version()
            return of_now and page_etag(request, self.edition, of_now)

    def kept(self, request, tag):
        if stored := cache.get(tag):
            return CachedPage.from_bytes(stored).answer(request, tag)
        response = self.get_response(request)
        if response.status_code != 200 or response.has_header("Cache-Control"):
            return self.compressed(request, response)
        is_kept = getattr(response, "is_kept", True)
        page = CachedPage.of(response, GZIP_BEST if is_kept else GZIP_FAST)
        if is_kept:
            cache.set(tag, page.to_bytes(), CACHE_TIMEOUT)
        return page.answer(request, tag)


class PublicViewMiddleware:
    """Leads to a public page at once. What is not found there is asked for with everything that the office has."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        match = request.public_view_match
        if match is None:
            return self.get_response(request)
        try:
            response = match.func(request, *match.args, **match.kwargs)
        except Http404:
            return self.get_response(request)
        return response.render() if hasattr(response, "render") else response
