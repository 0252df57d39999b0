"""The office's logo and colours. Their URLs have a hash of the content, so that browsers may keep them for ever."""

from django.http import Http404, HttpResponse

from partners.models import OfficeSettings

HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}


def logo(request, digest):
    row = OfficeSettings.objects.filter(logo_hash=digest).values_list("logo", flat=True).first()
    if row is None:
        raise Http404
    return HttpResponse(bytes(row), content_type="image/png", headers=HEADERS)


def stylesheet(request, digest):
    office = OfficeSettings.objects.current()
    if digest != office.stylesheet_hash:
        raise Http404
    return HttpResponse(office.stylesheet, content_type="text/css; charset=utf-8", headers=HEADERS)
