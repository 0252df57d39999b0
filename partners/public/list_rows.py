"""What a page of the list shows: plain rows, read with one query however long it is."""

from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from django.urls import reverse

from partners.country_names import localized_names
from partners.models import University
from partners.querysets import IN_PROCESS


class AgreementBadge(NamedTuple):
    name: str
    """Empty while the type is unknown."""
    is_in_process: bool


class PartnerRow(NamedTuple):
    slug: str
    name: str
    country: str
    address: str
    """Of its page."""
    star: str
    """The address of the list with it on the shortlist, or without it if it is there."""
    agreements: tuple[AgreementBadge, ...]
    is_shortlisted: bool
    has_page: bool
    """On the list of today, whatever day this one is of."""


def build_rows(universities, whole, day, shortlist):
    """Of a page of the whole list. Who came onto it a moment ago, after it was counted, has no agreements yet."""
    rows = list(universities.values_list("pk", "slug", "name", "country__code", "country__name"))
    gone = _gone([slug for _, slug, *_ in rows], day.today) if day.is_past else ()
    local = localized_names({code: name for *_, code, name in rows})
    agreements = cache(lambda offers: tuple(_agreements(offers, whole.types)))
    before, _, after = reverse("university", args=["-"]).rpartition("-")
    return [
        PartnerRow(
            slug=slug,
            name=name,
            country=local[code],
            address=f"{before}{quote(slug)}{after}{shortlist.carried}",
            star=shortlist.star(slug),
            agreements=agreements(whole.offers_of(pk)),
            is_shortlisted=slug in shortlist.slugs,
            has_page=slug not in gone,
        )
        for pk, slug, name, code, _ in rows
    ]


def _gone(slugs, today):
    """A list of a past day has those that have left it since, whose pages are not shown."""
    return set(slugs).difference(University.objects.public(today).filter(slug__in=slugs).values_list("slug", flat=True))


def _agreements(offers, types):
    """In the order of the types, what is in process after what is in force, and what has no type yet at the end."""
    places = {slug: place for place, slug in enumerate(types)}
    for offer in sorted(offers, key=lambda offer: (places.get(offer.type, len(places)), offer.status == IN_PROCESS)):
        yield AgreementBadge(types.get(offer.type, ""), offer.status == IN_PROCESS)
