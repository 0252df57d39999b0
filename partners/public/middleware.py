"""Middleware of the public site: the page cache, and dispatch of public views before session and authentication."""

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
"""Seconds. Only bounds the memory used: a change of data gives a page another key."""
GZIP_FAST, GZIP_BEST = 1, 6
"""Compression levels of pages that are sent once and of those that are cached."""


class PageCacheMiddleware:
    """Serve public pages from the cache, as long as data, day, code and settings have not changed."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.fingerprint = build_fingerprint()
        self.compress = GZipMiddleware(get_response).process_response

    def __call__(self, request):
        match = request.public_view_match = resolve_public_view(request)
        if match is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        request.resolver_match = match
        canonicalize_query(request, match.func.query_params)
        if etag := self.etag_for(request):
            return not_modified_response(request, etag) or self.cached_response(request, etag)
        return self.compress(request, self.get_response(request))

    def etag_for(self, request):
        """Return the ETag's value, or None where pages are not cached."""
        # An error occurs again in the view, where it is answered with all headers.
        with suppress(Error, SuspiciousOperation):
            version = None if settings.DEBUG else data_version.current_version()
            return version and page_etag(request, self.fingerprint, version)

    def cached_response(self, request, etag):
        if stored := cache.get(etag):
            return CachedPage.from_bytes(stored).to_response(request, etag)
        response = self.get_response(request)
        if response.status_code != 200 or response.has_header("Cache-Control"):
            return self.compress(request, response)
        is_cacheable = getattr(response, "is_cacheable", True)
        page = CachedPage.from_response(response, GZIP_BEST if is_cacheable else GZIP_FAST)
        if is_cacheable:
            cache.set(etag, page.to_bytes(), CACHE_TIMEOUT)
        return page.to_response(request, etag)


class PublicViewMiddleware:
    """Dispatch public views without session, CSRF and authentication middleware.

    A 404 falls through to the middleware after this one, so that staff can preview unpublished pages.
    """

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
