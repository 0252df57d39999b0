"""The language of a page is part of its address, so that caches and links need to know nothing else."""

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
    """In that language."""
    address: str


def url_locale_middleware(get_response):
    """Django's own middleware asks the browser as well, and so makes each page a different one for each browser."""

    def middleware(request):
        language = _language_for_path(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def _language_for_path(path):
    """That of the office is English, as long as its own words are: a page in two languages helps nobody."""
    if path.startswith(ADMIN_PREFIX):
        return "en"
    return translation.get_language_from_path(path) or settings.LANGUAGE_CODE


@csrf_exempt
@require_safe
def redirect_to_default_language(request):
    """Lead from an address with the code of the default language, which has no pages, to the same without it."""
    asked = request.get_full_path().partition(f"/{settings.LANGUAGE_CODE}/")[2]
    return redirect(reverse("partners") + asked.lstrip("/"))


def language_links(request):
    return {"translations": SimpleLazyObject(lambda: _language_links(request))}


def _language_links(request):
    """The page in each language. What has no page, such as a wrong address, is left for the first page."""
    asked = request.get_full_path() if request.resolver_match else reverse("partners")
    return [LanguageLink(code, name, translate_url(asked, code)) for code, name in settings.LANGUAGES]
