"""What of an address its page knows: two that ask the same are one, and what no page knows is not in it."""

from functools import wraps
from types import MappingProxyType

from django.http import QueryDict
from django.urls import Resolver404, resolve

ONE, MANY, CODES, IN_ORDER = "one", "many", "codes", "in order"
VALUES = {
    ONE: lambda values: values[-1:],
    MANY: lambda values: sorted(set(values)),
    CODES: lambda values: sorted({value.upper() for value in values}),
    IN_ORDER: lambda values: list(dict.fromkeys(values)),
}
"""What counts of the values that an address gives a parameter."""


def public(view, headers=MappingProxyType({}), **parameters):
    """A view for whoever it may be, with the parameters that it reads and how many values each has.

    Its headers go with each of its answers, also with that nothing has changed.
    """

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    answer.parameters, answer.headers = parameters, headers
    return answer


def public_match(request):
    """Where the address leads, if that is to a public view."""
    if request.method not in ("GET", "HEAD"):
        return None
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if hasattr(match.func, "parameters") else None


def simplify(request, parameters):
    """Leaves in a request the parameters that its view knows, and each of their values once.

    No value has a null character, which PostgreSQL refuses to look for.
    """
    if not request.META["QUERY_STRING"]:
        return
    asked = QueryDict(mutable=True)
    for name, number in parameters.items():
        given = (value.replace("\0", " ").split() for value in request.GET.getlist(name))
        values = [" ".join(words) for words in given if words]
        asked.setlist(name, VALUES[number](values))
    request.META["QUERY_STRING"] = asked.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])
