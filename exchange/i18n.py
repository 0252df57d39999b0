"""The language of a page is part of its URL, so that caches need not vary on cookies or Accept-Language."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect
from django.urls import get_script_prefix, is_valid_path, reverse, translate_url
from django.utils import translation
from django.utils.encoding import iri_to_uri
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

ADMIN_PREFIX = "/admin/"


def url_locale_middleware(get_response):
    """Activate the language of the URL alone. Django's LocaleMiddleware considers Accept-Language as well.

    The admin is always English, since only Django's half of its texts is translated.
    """

    def middleware(request):
        path = request.path_info
        url_language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
        language = "en" if path.startswith(ADMIN_PREFIX) else url_language
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


@csrf_exempt
@require_safe
def redirect_to_default_language(request):
    """Redirect from a URL with the default language's prefix, such as `/en/x`, to the page without a prefix."""
    path = request.get_full_path().partition(f"/{settings.LANGUAGE_CODE}/")[2]
    return redirect(reverse("partners") + path.lstrip("/"))


@csrf_exempt
@require_safe
def redirect_to_lower_case(request):
    """Redirect from a path in wrong case, such as `/Universities/x/`, or raise Http404."""
    path, query = request.path_info.lower(), request.META["QUERY_STRING"]
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        if not is_valid_path(path):
            raise Http404
    url = iri_to_uri(get_script_prefix() + path.removeprefix("/"))
    return redirect(f"{url}?{query}" if query else url, permanent=True)


def language_links(request):
    """Add a link to this page in each language, named in itself. From an error page they lead to the list."""

    def build_links():
        path = request.get_full_path() if request.resolver_match else reverse("partners")
        return [{"language": code, "name": name, "url": translate_url(path, code)} for code, name in settings.LANGUAGES]

    return {"language_links": SimpleLazyObject(build_links)}
