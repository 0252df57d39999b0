"""The language of a page is part of its URL, so that caches need not vary on cookies or Accept-Language."""

from dataclasses import dataclass

from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse, translate_url
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

ADMIN_PREFIX = "/admin/"


@dataclass(slots=True)
class LanguageLink:
    language: str
    name: str
    """The language's name in itself, such as Deutsch."""
    url: str


def url_locale_middleware(get_response):
    """Activate the language of the URL alone. Django's LocaleMiddleware considers Accept-Language as well."""

    def middleware(request):
        language = _language_for_path(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def _language_for_path(path):
    """Return the language code. The admin is always English, since only Django's half of its texts is translated."""
    if path.startswith(ADMIN_PREFIX):
        return "en"
    return translation.get_language_from_path(path) or settings.LANGUAGE_CODE


@csrf_exempt
@require_safe
def redirect_to_default_language(request):
    """Redirect from a URL with the default language's prefix, such as `/en/x`, to the page without a prefix."""
    path = request.get_full_path().partition(f"/{settings.LANGUAGE_CODE}/")[2]
    return redirect(reverse("partners") + path.lstrip("/"))


def language_links(request):
    return {"language_links": SimpleLazyObject(lambda: _language_links(request))}


def _language_links(request):
    """Return a link to this page in each language. From an error page they lead to the list."""
    path = request.get_full_path() if request.resolver_match else reverse("partners")
    return [LanguageLink(code, name, translate_url(path, code)) for code, name in settings.LANGUAGES]
