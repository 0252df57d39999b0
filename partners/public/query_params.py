"""Canonical query strings: equivalent URLs share one cache entry, and unknown parameters are dropped."""

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter
from partners.public.list_urls import FILTER_PARAMS, PARAMS

MAX_VALUES = 300
"""Values of one parameter. There are fewer countries."""
CACHED_PAGES = ["1", "2", "3", "4", "5"]
"""The first pages of a list, as few readers go further."""
SORTED_PARAMS = ["region", "type", "status", "level", "field"]
PUBLIC_URLS = {
    "partners": PARAMS,
    "university": ["type", "term", "pick"],
    "download": [*FILTER_PARAMS, "unrecorded", "sort"],
    "feed": [],
    "robots": [],
    "sitemaps": [],
    "sitemap": ["p"],
}
"""Query parameters by the names of the URLs that need no session, so that their pages are the same for everybody."""


def find_public_url(path):
    """Return the name of a public URL, or None."""
    try:
        name = resolve(path).view_name
    except Resolver404:
        return None
    return name if name in PUBLIC_URLS else None


def canonicalize_query(request, names):
    """Replace the request's query string by its canonical form.

    Null characters, which PostgreSQL rejects, become spaces. A request with too many values is left as it is, for
    ``validate_value_counts`` to reject.
    """
    if not request.META["QUERY_STRING"]:
        return
    try:
        validate_value_counts(request.GET, names)
    except (InvalidParameter, TooManyFieldsSent):
        return
    canonical = QueryDict(mutable=True)
    for name in names:
        values_words = (value.replace("\0", " ").split() for value in request.GET.getlist(name))
        canonical.setlist(name, _canonical_values(name, [" ".join(words) for words in values_words if words]))
    set_query_params(request, canonical)


def _canonical_values(name, values):
    if name == "country":
        return sorted({value.upper() for value in values})
    if name == "language":
        skills = (value.partition("-") for value in values)
        return sorted({f"{code.lower()}{hyphen}{level.upper()}" for code, hyphen, level in skills})
    if name in SORTED_PARAMS:
        return sorted(set(values))
    return list(dict.fromkeys(values)) if name == "pick" else values[-1:]


def validate_value_counts(params, names):
    for name in names:
        if (count := len(params.getlist(name))) > MAX_VALUES:
            message = _(
                "The address has %(count)d values for “%(name)s”. At most %(maximum)d are allowed: leave some out."
            )
            raise InvalidParameter(message % {"count": count, "name": name, "maximum": MAX_VALUES})


def set_query_params(request, params):
    """Replace the request's query string, which the links of its page are built from."""
    request.META["QUERY_STRING"] = params.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])


def is_linked(params):
    """Return True for what the site itself links to: at most one facet value, as combinations are endless."""
    selected = [value for name in FILTER_PARAMS for value in params.getlist(name)]
    return (
        len(selected) <= 1
        and not {"q", "pick", "compare", "unrecorded"} & params.keys()
        and params.get("page", "1") in CACHED_PAGES
        and params.get("embed", "1") == "1"
    )
