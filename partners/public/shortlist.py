"""The shortlist: universities in the ``pick`` parameter, so that it can be shared without an account."""

from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlencode

from partners.models import University
from partners.public.agreements import AgreementCard, agreement_cards
from partners.public.filters import LIST_PARAMS, MAX_PICKS, avoid_comparison, list_url


class ComparisonColumn(NamedTuple):
    university: University
    cards: list[AgreementCard]
    remove_url: str


class Shortlist:
    def __init__(self, params, on):
        self.params, self.on = params, on
        picks = list(dict.fromkeys(params.getlist("pick")))
        picks, self.dropped_slugs = picks[:MAX_PICKS], picks[MAX_PICKS:]
        found = _find_universities(picks, on) if picks else {}
        self.universities = list(dict.fromkeys(found[slug] for slug in picks if slug in found))
        """Public universities among the picks, in their order."""
        self.slugs = list(dict.fromkeys(found[slug].slug if slug in found else slug for slug in picks))
        """Current slugs of the picks, in the order of the URL; a pick that is unavailable keeps its own."""
        self.unavailable_slugs = [slug for slug in picks if slug not in found]
        self.is_full = len(self.slugs) == MAX_PICKS
        self.query_string = _query_string(self.slugs) if self.slugs else ""
        """Query string of the comparison and for other pages than the list, empty or with its question mark."""
        self.unfiltered_list_query = f"{self.query_string}&sort=country" if self.slugs else ""
        """Query string of the list without filters, empty or with its question mark."""
        self.clear_url = list_url(params, pick=[])

    @cached_property
    def _add_url_prefix(self):
        params = self.params.copy()
        avoid_comparison(params)
        return f"{list_url(params, pick=self.slugs)}&pick="

    def list_toggle_url(self, slug):
        """Return the URL of the list with a university added, or removed if it is on the shortlist."""
        if slug in self.slugs:
            return list_url(self.params, pick=self._slugs_without(slug))
        return f"{self._add_url_prefix}{quote(slug)}"

    def page_toggle_url(self, slug):
        """Return the URL of a page without other parameters, with a university added or removed."""
        return _query_string(self._slugs_without(slug) if slug in self.slugs else [*self.slugs, slug])

    def _slugs_without(self, slug):
        return [other for other in self.slugs if other != slug]

    def columns(self):
        """Return the columns of the comparison."""
        cards = agreement_cards(self.universities, self.on)
        return [
            ComparisonColumn(university, cards[university.pk], _query_string(self._slugs_without(university.slug)))
            for university in self.universities
        ]


def detail_rows(columns):
    """Return pairs of a column and its pairs of card and ``values``, by the label of the details that any has."""
    lines = [line for column in columns for card in column.cards for line in card.lines]
    rows = {label: [] for line in lines for label in line.agreement.details}
    for label, row in rows.items():
        for column in columns:
            row.append((column, [(card, values) for card in column.cards if (values := card.values(label))]))
    return rows


def _find_universities(slugs, on):
    """Return public universities by slug, which may be a former one."""
    public = University.objects.public(on).select_related("country")
    found = public.filter(slug__in=slugs).in_bulk(field_name="slug")
    missing = [slug for slug in slugs if slug not in found]
    return found | (public.by_former_slugs(*missing) if missing else {})


def _query_string(slugs):
    return f"?{urlencode({'pick': slugs}, doseq=True)}"


def is_comparison(params):
    """Return True for query parameters with picks and none of the list."""
    return "pick" in params and not any(name in params for name in LIST_PARAMS)
