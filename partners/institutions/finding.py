"""Finding institutions in the directory by any name, acronym, city or domain."""

from collections.abc import Iterable, Mapping

from django.db.models import Case, QuerySet, When
from django.db.models.functions import Length

from partners.models import Institution
from partners.name_normalization import tokenize_query
from partners.querysets import SEARCH_LINES


def find_institutions(query: str, country_code: str = "") -> QuerySet[Institution]:
    """Return the institutions in which every word of the query begins a word, the likeliest first.

    Those of the country come before others, and withdrawn ones last. Then whole names come before beginnings of names,
    these before other words, and short names before long ones.
    """
    name = "".join(f" {word}" for word in tokenize_query(query))
    ranks = [When(search_lines__contains=f"\n{name}\n", then=0), When(search_lines__contains=f"\n{name}", then=1)]
    is_abroad = Case(When(country_code=country_code, then=0), default=1)
    found = Institution.objects.search(query).alias(search_lines=SEARCH_LINES)
    return found.order_by(is_abroad, "is_withdrawn", Case(*ranks, default=2), Length("name"), "pk")


def load_successors(institutions: Iterable[Institution]) -> Mapping[str, Institution]:
    """Return the successors of withdrawn institutions by their ROR ID, as far as the directory has them."""
    return Institution.objects.in_bulk({institution.successor for institution in institutions} - {""})
