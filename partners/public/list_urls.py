"""URLs of the list with other choices. Their parameters are in one order, that of the form's fields."""

from django.http import QueryDict

from partners.public.offers import OFFER_PARAMS

FILTER_PARAMS = ["q", "term", "type", "status", *OFFER_PARAMS, "region", "country"]
LIST_PARAMS = [*FILTER_PARAMS, "unrecorded", "sort", "view", "page"]
PARAMS = [*LIST_PARAMS, "embed", "theme", "filters", "pick", "compare"]


def list_url(params, **changes):
    """Return the list's query string with other lists of values for some of the parameters, empty to leave them out."""
    values, ordered = dict(params.lists()) | changes, QueryDict(mutable=True)
    for name in PARAMS:
        if name != "compare" and values.get(name):
            ordered.setlist(name, values[name])
    if ordered.getlist("pick"):
        avoid_comparison(ordered)
    return f"?{ordered.urlencode()}"


def avoid_comparison(params):
    """Add the default order to parameters without any of the list, as ``pick`` alone leads to the comparison."""
    if not any(params.getlist(name) for name in LIST_PARAMS):
        picks = params.pop("pick", [])
        params["sort"] = "country"
        params.setlist("pick", picks)
