"""What a page of the list shows: plain rows, read with two queries however long it is."""

from collections import defaultdict
from typing import NamedTuple
from urllib.parse import quote

from django.urls import reverse

from partners.countries import local_names
from partners.models import Agreement, University
from partners.rules import Status


class PartnerAgreement(NamedTuple):
    name: str
    """Empty while the type is unknown."""
    is_in_process: bool


class Partner(NamedTuple):
    slug: str
    name: str
    country: str
    address: str
    """Of its page."""
    star: str
    """The address of the list with it on the shortlist, or without it if it is there."""
    agreements: tuple[PartnerAgreement, ...]
    is_picked: bool
    has_page: bool
    """On the list of today, whatever day this one is of."""


def partners(universities, day, shortlist):
    rows = list(universities.values_list("pk", "slug", "name", "country__code", "country__name"))
    agreements = public_agreements([pk for pk, *_ in rows], day.on)
    gone = _gone([slug for _, slug, *_ in rows], day.today) if day.is_past else ()
    local = local_names({code: name for *_, code, name in rows})
    before, _, after = reverse("university", args=["-"]).rpartition("-")
    return [
        Partner(
            slug=slug,
            name=name,
            country=local[code],
            address=f"{before}{quote(slug)}{after}{shortlist.carried}",
            star=shortlist.star(slug),
            agreements=tuple(agreements[pk]),
            is_picked=slug in shortlist.slugs,
            has_page=slug not in gone,
        )
        for pk, slug, name, code, _ in rows
    ]


def _gone(slugs, today):
    """A list of a past day has those that have left it since, whose pages are not shown."""
    return set(slugs).difference(University.objects.public(today).filter(slug__in=slugs).values_list("slug", flat=True))


def public_agreements(universities, on):
    """What each university, by its id, offers to students on a day."""
    rows = Agreement.objects.public(on).filter(university__in=universities).in_type_order()
    agreements = defaultdict(list)
    for university, name, status in rows.values_list("university", "agreement_type__name", "status"):
        agreements[university].append(PartnerAgreement(name or "", status == Status.IN_PROCESS))
    return agreements
