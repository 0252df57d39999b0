"""Queries for a university's page and the sitemaps."""

from django.db.models import Max

from partners.models import Agreement, Mobility, University

MAX_OTHER_PARTNERS = 12


def register_last_modified():
    """Return when any university, agreement or mobility last changed, or None."""
    models = (University, Agreement, Mobility)
    dates = [model.history.aggregate(last=Max("history_date"))["last"] for model in models]
    return max(filter(None, dates), default=None)


def other_partners_in_country(university, on):
    """Return up to MAX_OTHER_PARTNERS public universities of the same country, and the number of all of them."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.in_alphabetical_order().values("slug", "name")[:MAX_OTHER_PARTNERS], others.count()
