"""The shortlist: universities in the ``pick`` parameter, so that it can be shared without an account."""

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
    agreements: list[PublicAgreement]
    remove_url: str

    def values_for(self, label):
        """Return pairs of agreement type and value."""
        return [
            (agreement.type, agreement.details[label]) for agreement in self.agreements if label in agreement.details
        ]


class Shortlist:
    def __init__(self, data, on):
        self.data, self.on = data, on
        picks = list(dict.fromkeys(data.getlist("pick")))
        self._picks, self.dropped_slugs = picks[:MAX_PICKS], picks[MAX_PICKS:]

    @cached_property
    def slugs(self):
        """Current slugs of the picks, in the order of the URL; a pick that is unavailable keeps its own."""
        return list(dict.fromkeys(self._found[slug].slug if slug in self._found else slug for slug in self._picks))

    @property
    def is_full(self):
        return len(self.slugs) == MAX_PICKS

    @cached_property
    def universities(self):
        """Public universities among the picks, in their order."""
        return list(dict.fromkeys(self._found[slug] for slug in self._picks if slug in self._found))

    @cached_property
    def _found(self):
        """Public universities by the slug in the URL, which may be a former one."""
        public = University.objects.public(self.on).select_related("country")
        found = public.filter(slug__in=self._picks).in_bulk(field_name="slug")
        missing = [slug for slug in self._picks if slug not in found]
        return found | (public.by_former_slugs(*missing) if missing else {})

    @property
    def has_cities(self):
        return any(university.city for university in self.universities)

    @property
    def unavailable_slugs(self):
        available = {university.slug for university in self.universities}
        return [slug for slug in self.slugs if slug not in available]

    @property
    def comparison_rows(self):
        """Pairs of column and its values, by the label of the details that any university has."""
        labels = dict.fromkeys(
            label for column in self.columns for agreement in column.agreements for label in agreement.details
        )
        return {label: [(column, column.values_for(label)) for column in self.columns] for label in labels}

    @cached_property
    def columns(self):
        agreements = public_agreements([university.pk for university in self.universities], self.on)
        return [
            ComparisonColumn(
                university, agreements[university.pk], _comparison_url(self._slugs_without(university.slug))
            )
            for university in self.universities
        ]

    def list_toggle_url(self, slug):
        """Return the URL of the list with a university added, or removed if it is on the shortlist."""
        if slug in self.slugs:
            return self._list_url_with(self._slugs_without(slug))
        return f"{self._add_url_prefix}{quote(slug)}"

    @cached_property
    def _add_url_prefix(self):
        return f"{self._list_url_with(self.slugs)}&pick="

    @property
    def comparison_url(self):
        return _comparison_url(self.slugs)

    @cached_property
    def query_string(self):
        """Query string for URLs without other parameters, empty or with its question mark."""
        return self.comparison_url if self.slugs else ""

    def page_toggle_url(self, slug):
        """Return the URL of a page without other parameters, with a university added or removed."""
        return _comparison_url(self._slugs_without(slug) if slug in self.slugs else [*self.slugs, slug])

    @property
    def clear_url(self):
        params = self.data.copy()
        params.pop("pick", None)
        return list_url(params)

    @property
    def unfiltered_list_query(self):
        """Query string of the list without filters, empty or with its question mark."""
        return list_url(_pick_params(self.slugs)) if self.slugs else ""

    def _slugs_without(self, slug):
        return [other for other in self.slugs if other != slug]

    def _list_url_with(self, slugs):
        params = self.data.copy()
        params.setlist("pick", slugs)
        return list_url(params)


def is_comparison(data):
    """Return True for query parameters with picks and none of the list."""
    return "pick" in data and not any(name in data for name in LIST_PARAMS)


def _comparison_url(slugs):
    return f"?{_pick_params(slugs).urlencode()}"


def _pick_params(slugs):
    params = QueryDict(mutable=True)
    params.setlist("pick", slugs)
    return params
