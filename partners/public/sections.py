"""The universities of the list in sections, of which all but the first have a heading."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import QuerySet

MATCHING, IN_PART, UNRECORDED = "matching", "in-part", "unrecorded"


class Section(NamedTuple):
    name: str
    universities: QuerySet
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
                found += _with_section(universities.select_related("country")[start:stop], name)
            first += count
        return found


def _with_section(universities, name):
    for university in universities:
        university.section = name
    return universities


def build_sections(partner_filter, match_count, unrecorded_count):
    """Return those that match, those that do for a part of the term, and those without a record if they are shown."""
    in_part, unrecorded = partner_filter.matching_in_part, partner_filter.unrecorded
    return Sections(
        [
            Section(MATCHING, partner_filter.matching, match_count),
            Section(IN_PART, in_part, in_part.count()),
            Section(UNRECORDED, unrecorded, unrecorded_count if partner_filter.shows_unrecorded else 0),
        ]
    )
