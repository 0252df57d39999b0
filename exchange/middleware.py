from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter

PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb"))


def default_headers_middleware(get_response):
    """Deny browser features that no page uses, and forbid caching of responses without Cache-Control."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return middleware


class RejectNullCharactersMiddleware(MiddlewareMixin):
    """Answer 400 if the path, the query or the form has a null character.

    No form sends them, and PostgreSQL can neither store nor search them. Placed after CsrfViewMiddleware, which reads
    the form first.
    """

    def process_view(self, request, view_func, view_args, view_kwargs):
        texts = [request.path_info]
        for parameters in (request.GET, request.POST):
            for name, values in parameters.lists():
                texts += [name, *values]
        if any("\0" in text for text in texts):
            raise InvalidParameter(_("There is a null character in what you sent. Remove it, and send it again."))
