"""What a page of the list shows: plain rows, read with two queries however long it is."""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from django.urls import reverse

from partners.countries import local_name
from partners.models import Agreement, University
from partners.rules import Status


class PartnerAgreement(NamedTuple):
    name: str
    """Empty while the type is unknown."""
    is_in_process: bool


@dataclass(slots=True)
class Partner:
    slug: str
    name: str
    country: str
    address: str
    agreements: tuple[PartnerAgreement, ...] = ()
    unpick: str = ""
    """The address of this list without it on the shortlist, if it is there."""
    has_page: bool = True
    """On the list of today, whatever day this one is of."""


def partners(universities, on):
    rows = universities.values_list("pk", "slug", "name", "country__code", "country__name")
    before, _, after = reverse("university", args=["-"]).rpartition("-")
    found = {
        pk: Partner(slug, name, local_name(*country), f"{before}{quote(slug)}{after}")
        for pk, slug, name, *country in rows
    }
    for university, agreements in public_agreements(found, on).items():
        found[university].agreements = tuple(agreements)
    return list(found.values())


def mark_gone(partners, today):
    """A list of a past day has those that have left it since, whose pages are not shown."""
    public = University.objects.public(today).filter(slug__in=[partner.slug for partner in partners])
    slugs = set(public.values_list("slug", flat=True))
    for partner in partners:
        partner.has_page = partner.slug in slugs


def public_agreements(universities, on):
    """What each university, by its id, offers to students on a day."""
    rows = Agreement.objects.public(on).filter(university__in=list(universities)).in_type_order()
    agreements = defaultdict(list)
    for university, name, status in rows.values_list("university", "agreement_type__name", "status"):
        agreements[university].append(PartnerAgreement(name or "", status == Status.IN_PROCESS))
    return agreements
