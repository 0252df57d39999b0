"""The universities of the list in sections, of which all but the first have a heading."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from django.db.models import QuerySet

from partners.public.filters import BEST

MATCHING, IN_PART, UNRECORDED = "matching", "in-part", "unrecorded"


class BestMatches:
    """The universities of a queryset in the order of their ids, as a paginator slices them."""

    def __init__(self, universities, iter_pks):
        self.universities, self.iter_pks = universities, iter_pks

    def __getitem__(self, page):
        pks = list(islice(self.iter_pks(), page.start, page.stop))
        found = self.universities.order_by().in_bulk(pks)
        return [found[pk] for pk in pks if pk in found]


class Section(NamedTuple):
    name: str
    universities: QuerySet | BestMatches
    count: int


class Sections(Sequence):
    """The universities of sections one after another, as a paginator slices them. Each has the name of its section."""

    def __init__(self, sections):
        self.sections = sections

    def __len__(self):
        return sum(section.count for section in self.sections)

    def __getitem__(self, page):
        found, first = [], 0
        for name, universities, count in self.sections:
            start, stop = max(page.start - first, 0), min(page.stop - first, count)
            if start < stop:
                found += _with_section(universities[start:stop], name)
            first += count
        return found


def _with_section(universities, name):
    for university in universities:
        university.section = name
    return universities


def build_sections(partner_filter, match_count, unrecorded_count):
    """Return those that match, those that do for a part of the term, and those without a record if they are shown."""
    matching, in_part, unrecorded = partner_filter.matching, partner_filter.matching_in_part, partner_filter.unrecorded
    if partner_filter.sort == BEST:
        matching = BestMatches(matching, partner_filter.iter_best_pks)
    return Sections(
        [
            Section(MATCHING, matching, match_count),
            Section(IN_PART, in_part, len(partner_filter.pks_in_part)),
            Section(UNRECORDED, unrecorded, unrecorded_count if partner_filter.shows_unrecorded else 0),
        ]
    )
