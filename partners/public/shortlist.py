"""The shortlist: universities in the ``pick`` parameter, so that it can be shared without an account."""

from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlencode

from django.http import QueryDict

from partners.models import ApplicationRound, University
from partners.public.agreements import AgreementCard, agreement_cards, most_useful_first
from partners.public.application_rounds import rounds_of_cards
from partners.public.filters import MAX_PICKS
from partners.public.list_urls import LIST_PARAMS, avoid_comparison, list_url
from partners.public.university_details import student_links


class ComparisonColumn(NamedTuple):
    university: University
    cards: list[AgreementCard]
    details: dict[str, list]
    """Pairs of a card and its ``values``, by each label of the details that any column has."""
    rounds: list[ApplicationRound]
    links: list[tuple[str, str]]
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
        types = params.getlist("type")
        self.type_slug = types[0] if len(types) == 1 else ""
        """The type that the list is filtered by, which other pages show first."""
        self.term_value = params.get("term", "")
        self.query_string = self._page_query(self.slugs).removesuffix("?")
        """Query string of universities' pages, empty or with its question mark."""
        self.picks_query = _query_string(pick=self.slugs) if self.slugs else ""
        """Query string of the comparison alone, to be kept and shared, empty or with its question mark."""
        self.comparison_url = self._comparison_query(self.slugs)
        self.list_query = list_url(params, pick=self.slugs).removesuffix("?")
        self.unfiltered_list_query = list_url(QueryDict(), pick=self.slugs) if self.slugs else ""
        """Query strings of the list with and without its filter, empty or with their question mark."""
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
        """Return the URL of a university's page with a university added or removed."""
        return self._page_query(self._slugs_without(slug) if slug in self.slugs else [*self.slugs, slug])

    def _page_query(self, slugs):
        chosen = {"type": self.type_slug, "term": self.term_value}
        return _query_string(**{name: value for name, value in chosen.items() if value}, pick=slugs)

    def _comparison_query(self, slugs):
        """Return the query string of the comparison with the filter of the list, for the way back to it."""
        params = self.params.copy()
        params.setlist("pick", slugs)
        if any(name in params for name in LIST_PARAMS):
            params["compare"] = "1"
        return f"?{params.urlencode()}"

    def _slugs_without(self, slug):
        return [other for other in self.slugs if other != slug]

    def columns(self, term):
        """Return the columns of the comparison."""
        cards = agreement_cards(self.universities, self.on, term)
        rounds = ApplicationRound.objects.not_closed(self.on)
        lines = [line for group in cards.values() for card in group for line in card.lines]
        labels = list(dict.fromkeys(label for line in lines for label in line.agreement.details))
        return [
            ComparisonColumn(
                university,
                own := most_useful_first(cards[university.pk], self.type_slug),
                {label: [(card, values) for card in own if (values := card.values(label))] for label in labels},
                rounds_of_cards(own, rounds),
                student_links(university),
                self._comparison_query(self._slugs_without(university.slug)),
            )
            for university in self.universities
        ]


def _find_universities(slugs, on):
    """Return public universities by slug, which may be a former one."""
    public = University.objects.public(on).select_related("country")
    found = public.filter(slug__in=slugs).in_bulk(field_name="slug")
    missing = [slug for slug in slugs if slug not in found]
    return found | (public.by_former_slugs(*missing) if missing else {})


def _query_string(**params):
    return f"?{urlencode(params, doseq=True)}"


def is_comparison(params):
    """Return True for query parameters with picks, and none of the list unless ``compare`` is among them."""
    return "pick" in params and ("compare" in params or not any(name in params for name in LIST_PARAMS))
