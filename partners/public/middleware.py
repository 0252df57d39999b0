"""The students' way through the site: past what is kept, and out before what is for people who are signed in."""

from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import Http404
from django.middleware.gzip import GZipMiddleware

from partners import revision
from partners.public.addresses import public_match, simplify
from partners.public.kept import Page, edition, not_modified, tag_of

KEPT_SECONDS = 3600
QUICK, SMALL = 1, 6
"""How hard a page is compressed: one that is sent once, and one that is sent again and again."""


class KeptPages:
    """Answers a public address without rendering its page, if nothing has changed since somebody asked for it."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.edition = edition()
        self.compressed = GZipMiddleware(get_response).process_response

    def __call__(self, request):
        match = request.public_match = public_match(request)
        if match is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        request.resolver_match = match
        simplify(request, match.func.parameters)
        if tag := self.tag(request):
            return not_modified(request, tag) or self.kept(request, tag)
        return self.compressed(request, self.get_response(request))

    def tag(self, request):
        """Nothing where pages are not kept. A fault is met again further in, where it is answered with all headers."""
        with suppress(Error, SuspiciousOperation):
            of_now = None if settings.DEBUG else revision.current()
            return of_now and tag_of(request, self.edition, of_now)

    def kept(self, request, tag):
        if stored := cache.get(tag):
            return Page.from_bytes(stored).answer(request, tag)
        response = self.get_response(request)
        if response.status_code != 200 or response.has_header("Cache-Control"):
            return self.compressed(request, response)
        is_kept = getattr(response, "is_kept", True)
        page = Page.of(response, SMALL if is_kept else QUICK)
        if is_kept:
            cache.set(tag, page.to_bytes(), KEPT_SECONDS)
        return page.answer(request, tag)


class PublicEntrance:
    """Leads to a public page at once. What is not found there is asked for with everything that the office has."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        match = request.public_match
        if match is None:
            return self.get_response(request)
        try:
            response = match.func(request, *match.args, **match.kwargs)
        except Http404:
            return self.get_response(request)
        return response.render() if hasattr(response, "render") else response
