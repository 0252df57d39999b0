"""The universities that an address picks, so that it can be shared without an account."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from django.http import QueryDict

from partners.models import University
from partners.public.filters import LIST_PARAMS, MAX_PICKS, list_url
from partners.public.university_details import PublicAgreement, public_agreements


@dataclass(slots=True)
class ComparisonColumn:
    university: University
    offers: list[PublicAgreement]
    without: str
    """The address of the comparison without it."""

    def told(self, label):
        return [(offer.type, offer.facts[label]) for offer in self.offers if label in offer.facts]


class Shortlist:
    def __init__(self, data, on):
        self.data, self.on = data, on
        asked = list(dict.fromkeys(data.getlist("pick")))
        self._asked, self.beyond = asked[:MAX_PICKS], asked[MAX_PICKS:]

    @cached_property
    def slugs(self):
        """What is picked, where it is today, and in the order of the address."""
        return list(dict.fromkeys(self._found[slug].slug if slug in self._found else slug for slug in self._asked))

    @property
    def is_full(self):
        return len(self.slugs) == MAX_PICKS

    @cached_property
    def universities(self):
        """Those that are public."""
        return list(dict.fromkeys(self._found[slug] for slug in self._asked if slug in self._found))

    @cached_property
    def _found(self):
        """By the slug that picks them, which may be one that they had before."""
        public = University.objects.public(self.on).select_related("country")
        found = public.filter(slug__in=self._asked).in_bulk(field_name="slug")
        gone = [slug for slug in self._asked if slug not in found]
        return found | (public.by_former_slugs(*gone) if gone else {})

    @property
    def has_cities(self):
        return any(university.city for university in self.universities)

    @property
    def unknown(self):
        known = {university.slug for university in self.universities}
        return [slug for slug in self.slugs if slug not in known]

    @property
    def facts(self):
        """The labels of what is known of any of them, each with what it is for each agreement of each."""
        labels = dict.fromkeys(label for each in self.compared for offer in each.offers for label in offer.facts)
        return {label: [(each, each.told(label)) for each in self.compared] for label in labels}

    @cached_property
    def compared(self):
        found = public_agreements([university.pk for university in self.universities], self.on)
        return [
            ComparisonColumn(university, found[university.pk], _comparison(self._others(university.slug)))
            for university in self.universities
        ]

    def star(self, slug):
        """The address of the list with one more, or without it if it is there."""
        return self._list_with(self._others(slug)) if slug in self.slugs else f"{self._adding}{quote(slug)}"

    @cached_property
    def _adding(self):
        return f"{self._list_with(self.slugs)}&pick="

    @property
    def comparison(self):
        return _comparison(self.slugs)

    @cached_property
    def carried(self):
        """What an address that asks for nothing else takes along."""
        return self.comparison if self.slugs else ""

    def toggled(self, slug):
        """The address of a page that has picks and nothing else, with one more or without it."""
        return _comparison(self._others(slug) if slug in self.slugs else [*self.slugs, slug])

    @property
    def emptied(self):
        asked = self.data.copy()
        asked.pop("pick", None)
        return list_url(asked)

    @property
    def whole_list(self):
        """The address of the list, narrowed to nothing."""
        return list_url(_picks(self.slugs)) if self.slugs else ""

    def _others(self, slug):
        return [other for other in self.slugs if other != slug]

    def _list_with(self, slugs):
        asked = self.data.copy()
        asked.setlist("pick", slugs)
        return list_url(asked)


def is_comparison(data):
    """An address that asks for nothing of the list, but has picks."""
    return "pick" in data and not any(name in data for name in LIST_PARAMS)


def _comparison(slugs):
    return f"?{_picks(slugs).urlencode()}"


def _picks(slugs):
    asked = QueryDict(mutable=True)
    asked.setlist("pick", slugs)
    return asked
