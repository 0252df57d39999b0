"""Canonical query strings: equivalent URLs share one cache entry, and unknown parameters are dropped."""

from functools import wraps
from types import MappingProxyType

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponseNotAllowed, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter, bad_request

SINGLE, MULTIPLE, COUNTRY_CODES, ORDERED = "single", "multiple", "country codes", "ordered"
VALUE_CLEANERS = {
    SINGLE: lambda values: values[-1:],
    MULTIPLE: lambda values: sorted(set(values)),
    COUNTRY_CODES: lambda values: sorted({value.upper() for value in values}),
    ORDERED: lambda values: list(dict.fromkeys(values)),
}
"""Functions from a parameter's values in a URL to their canonical list, by kind of parameter."""
MAX_VALUES = 300
"""Values of one parameter. There are fewer countries."""
ALLOWED_METHODS = ["GET", "HEAD", "OPTIONS"]


def public_view(view, headers=MappingProxyType({}), **query_params):
    """Wrap a view that needs no session, and declare its query parameters as name=kind.

    The headers are added to all of its responses, including 304.
    """

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = _call_view(request, view, query_params, *args, **kwargs)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    wrapper.query_params, wrapper.headers = query_params, headers
    return wrapper


def _call_view(request, view, query_params, *args, **kwargs):
    if request.method not in ALLOWED_METHODS:
        return HttpResponseNotAllowed(ALLOWED_METHODS)
    try:
        _validate_value_counts(request, query_params)
        return view(request, *args, **kwargs)
    except InvalidParameter as error:
        return bad_request(request, error)


def _validate_value_counts(request, query_params):
    for name in query_params:
        if (count := len(request.GET.getlist(name))) > MAX_VALUES:
            message = _(
                "The address has %(count)d values for “%(name)s”. At most %(maximum)d are allowed: leave some out."
            )
            raise InvalidParameter(message % {"count": count, "name": name, "maximum": MAX_VALUES})


def resolve_public_view(request):
    """Return the ResolverMatch if the path leads to a public view, otherwise None."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if hasattr(match.func, "query_params") else None


def _has_too_many_values(request, query_params):
    try:
        return any(len(request.GET.getlist(name)) > MAX_VALUES for name in query_params)
    except TooManyFieldsSent:
        return True


def canonicalize_query(request, query_params):
    """Replace the request's query string by its canonical form.

    Null characters, which PostgreSQL rejects, become spaces. A request with too many values is left as it is, for the
    view to reject.
    """
    if not request.META["QUERY_STRING"] or _has_too_many_values(request, query_params):
        return
    canonical = QueryDict(mutable=True)
    for name, kind in query_params.items():
        values_words = (value.replace("\0", " ").split() for value in request.GET.getlist(name))
        values = [" ".join(words) for words in values_words if words]
        canonical.setlist(name, VALUE_CLEANERS[kind](values))
    set_query_params(request, canonical)


def set_query_params(request, params):
    """Replace the request's query string, which the links of its page are built from."""
    request.META["QUERY_STRING"] = params.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])
