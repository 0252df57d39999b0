"""Null characters in a request. No form sends them, and PostgreSQL can neither store one nor look for it."""

from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter


class RejectNullCharactersMiddleware:
    """Answer 400 to an address or a form with a null character, wherever the view would have met it.

    It stands after the check against forged forms, which reads the form first.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if "\0" in request.path_info or _has_null_character(request.GET) or _has_null_character(request.POST):
            raise InvalidParameter(_("There is a null character in what you sent. Remove it, and send it again."))


def _has_null_character(query_dict):
    return any("\0" in text for name, values in query_dict.lists() for text in (name, *values))
