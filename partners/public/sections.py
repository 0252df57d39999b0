"""The universities of the list in sections, of which all but the first have a heading."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from django.db.models import QuerySet

from partners.public.filters import BEST

MATCHING, IN_PART, UNRECORDED = "matching", "in-part", "unrecorded"


class BestMatches:
    """The universities that a query finds, the best first, as a paginator slices them."""

    def __init__(self, partner_filter):
        self.partner_filter = partner_filter

    def __getitem__(self, page):
        pks = list(islice(self.partner_filter.iter_best_pks(), page.start, page.stop))
        found = self.partner_filter.queryset.in_bulk(pks)
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
    """Return those that match, those that do for a part of the term, and those without a record if they are shown.

    Without the empty ones: composing their querysets costs as much as rendering ten rows.
    """
    sections = []
    if match_count:
        is_best_first = partner_filter.sort == BEST
        matching = BestMatches(partner_filter) if is_best_first else partner_filter.matching
        sections.append(Section(MATCHING, matching, match_count))
    if part_count := len(partner_filter.pks_in_part):
        sections.append(Section(IN_PART, partner_filter.matching_in_part, part_count))
    if unrecorded_count and partner_filter.shows_unrecorded:
        sections.append(Section(UNRECORDED, partner_filter.unrecorded, unrecorded_count))
    return Sections(sections)
