"""URLs of the list with other choices."""

from partners.public.offers import OFFER_PARAMS

FILTER_PARAMS = ["q", "type", "status", "region", "country", *OFFER_PARAMS, "term"]
LIST_PARAMS = [*FILTER_PARAMS, "unrecorded", "sort", "view", "page"]


def list_url(params, **changes):
    """Return the list's query string with other lists of values for some of the parameters, empty to leave them out."""
    params = params.copy()
    params.pop("compare", None)
    for name, values in changes.items():
        params.setlist(name, values)
    if params.getlist("pick"):
        avoid_comparison(params)
    return f"?{params.urlencode()}"


def avoid_comparison(params):
    """Add the default order to parameters without any of the list, as ``pick`` alone leads to the comparison."""
    if not any(params.getlist(name) for name in LIST_PARAMS):
        params["sort"] = "country"
