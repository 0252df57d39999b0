"""Rejection of null characters in requests. No form sends them, and PostgreSQL can neither store nor search them."""

from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter


class RejectNullCharactersMiddleware:
    """Answer 400 if the path, the query or the form has a null character.

    Placed after CsrfViewMiddleware, which reads the form first.
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
