"""What of an address its page knows: two that ask the same are one, and what no page knows is not in it."""

from functools import wraps
from types import MappingProxyType

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponseNotAllowed, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter, bad_request

SINGLE, MULTIPLE, COUNTRY_CODES, IN_ORDER = "one", "many", "codes", "in order"
VALUE_CLEANERS = {
    SINGLE: lambda values: values[-1:],
    MULTIPLE: lambda values: sorted(set(values)),
    COUNTRY_CODES: lambda values: sorted({value.upper() for value in values}),
    IN_ORDER: lambda values: list(dict.fromkeys(values)),
}
"""What counts of the values that an address gives a parameter."""
MAX_VALUES = 300
"""Of one parameter. There are fewer countries."""
ALLOWED_METHODS = ["GET", "HEAD", "OPTIONS"]


def public_view(view, headers=MappingProxyType({}), **parameters):
    """A view for whoever it may be, with the parameters that it reads and how many values each has.

    Its headers go with each of its answers, also with that nothing has changed.
    """

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = _answer(request, view, parameters, *args, **kwargs)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    answer.parameters, answer.headers = parameters, headers
    return answer


def _answer(request, view, parameters, *args, **kwargs):
    if request.method not in ALLOWED_METHODS:
        return HttpResponseNotAllowed(ALLOWED_METHODS)
    try:
        _validate_number_of_values(request, parameters)
        return view(request, *args, **kwargs)
    except InvalidParameter as error:
        return bad_request(request, error)


def _validate_number_of_values(request, parameters):
    for name in parameters:
        if (count := len(request.GET.getlist(name))) > MAX_VALUES:
            words = _(
                "The address has %(count)d values for “%(name)s”. At most %(maximum)d are allowed: leave some out."
            )
            raise InvalidParameter(words % {"count": count, "name": name, "maximum": MAX_VALUES})


def resolve_public_view(request):
    """Where the address leads, if that is to a public view."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if hasattr(match.func, "parameters") else None


def _has_too_many_values(request, parameters):
    try:
        return any(len(request.GET.getlist(name)) > MAX_VALUES for name in parameters)
    except TooManyFieldsSent:
        return True


def canonicalize_query(request, parameters):
    """Leaves in a request the parameters that its view knows, and each of their values once.

    No value has a null character, which PostgreSQL refuses to look for. With too many values, the view refuses it.
    """
    if not request.META["QUERY_STRING"] or _has_too_many_values(request, parameters):
        return
    asked = QueryDict(mutable=True)
    for name, number in parameters.items():
        given = (value.replace("\0", " ").split() for value in request.GET.getlist(name))
        values = [" ".join(words) for words in given if words]
        asked.setlist(name, VALUE_CLEANERS[number](values))
    set_parameters(request, asked)


def set_parameters(request, parameters):
    """Have the links of a page, which repeat its address, go by these parameters."""
    request.META["QUERY_STRING"] = parameters.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])
