"""Rows of a page of the list, as plain tuples; the number of queries does not depend on their number."""

from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from django.urls import reverse

from partners.country_names import localized_names
from partners.models import University
from partners.querysets import IN_PROCESS


class AgreementBadge(NamedTuple):
    name: str
    """Name of the type, empty while it is not settled."""
    is_in_process: bool


class PartnerRow(NamedTuple):
    slug: str
    name: str
    country: str
    url: str
    toggle_url: str
    """URL of the list with the university added to the shortlist, or removed from it."""
    agreements: tuple[AgreementBadge, ...]
    is_shortlisted: bool
    has_page: bool
    """False for a university that is no longer on today's list, as its page is not found."""


def build_rows(universities, list_index, day, shortlist):
    """Return a ``PartnerRow`` for each university of a queryset.

    A university that is newer than the index has no agreements in its row.
    """
    rows = list(universities.values_list("pk", "slug", "name", "country__code", "country__name"))
    no_longer_listed = _no_longer_listed([slug for _, slug, *_ in rows], day.today) if day.is_past else ()
    country_names = localized_names({code: name for *_, code, name in rows})
    badges = cache(lambda agreements: tuple(_agreement_badges(agreements, list_index.type_names)))
    # Reversing one URL and replacing its slug is much faster than reversing one per row.
    before, _, after = reverse("university", args=["-"]).rpartition("-")
    return [
        PartnerRow(
            slug=slug,
            name=name,
            country=country_names[code],
            url=f"{before}{quote(slug)}{after}{shortlist.query_string}",
            toggle_url=shortlist.list_toggle_url(slug),
            agreements=badges(list_index.agreements_of(pk)),
            is_shortlisted=slug in shortlist.slugs,
            has_page=slug not in no_longer_listed,
        )
        for pk, slug, name, code, _ in rows
    ]


def _no_longer_listed(slugs, today):
    return set(slugs).difference(University.objects.public(today).filter(slug__in=slugs).values_list("slug", flat=True))


def _agreement_badges(agreements, type_names):
    """Yield badges in the types' order, in process after in force, those without a type last."""
    positions = {slug: position for position, slug in enumerate(type_names)}

    def sort_key(agreement):
        return positions.get(agreement.type, len(positions)), agreement.status == IN_PROCESS

    for agreement in sorted(agreements, key=sort_key):
        yield AgreementBadge(type_names.get(agreement.type, ""), agreement.status == IN_PROCESS)
