"""Filters whose counts stay quick with 100,000 rows.

Django asks once for each choice, as parts of one statement per filter: that is seconds for a hundred countries, and as
many searches as there are choices. Here the database groups the rows that are listed, and the filters add up.
"""

from collections import Counter

from django.contrib import admin
from django.db.models import Count
from django.utils.timezone import localdate

from partners.admin.ordering import EmptyLastChangeList


class FacetChangeList(EmptyLastChangeList):
    def groups(self, columns, chosen=None):
        """Rows of the columns' values with how often each is listed, as if the filter chosen were not.

        A search is run once for all columns: it takes longer than the grouping.
        """
        if self.query:
            columns = tuple(sorted({name for each in self.filter_specs for name in getattr(each, "columns", ())}))
        key = columns, chosen
        if key not in self._groups:
            rows = self.without(chosen).values(*columns).annotate(listed=Count("pk"))
            self._groups[key] = list(rows)
        return self._groups[key]

    def without(self, chosen=None):
        """What is listed, as if the filter chosen were not. In no order."""
        return self.get_queryset(self._asked, exclude_parameters=[chosen] if chosen else None).order_by()

    def get_results(self, request):
        self._asked, self._groups = request, {}
        super().get_results(request)


class CustomFacetFilter(admin.SimpleListFilter):
    """A filter that counts its choices itself."""

    def counts(self, changelist, chosen):
        """How often each choice is listed, as if the filter chosen were not: its own, if it is in use."""
        raise NotImplementedError

    def get_facet_queryset(self, changelist):
        counts = self.counts(changelist, self.value() and self.parameter_name)
        return {f"{place}__c": counts.get(value, 0) for place, (value, _label) in enumerate(self.lookup_choices)}


class GroupedFacetFilter(CustomFacetFilter):
    """A filter that knows which of its choices a row of its columns' values belongs to."""

    columns = ()

    def __init__(self, *args):
        self.today = localdate()
        super().__init__(*args)

    def choices_of(self, row):
        raise NotImplementedError

    def counts(self, changelist, chosen):
        counts = Counter()
        for row in changelist.groups(self.columns, chosen):
            for choice in self.choices_of(row):
                counts[choice] += row["listed"]
        return counts
