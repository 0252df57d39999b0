"""The names of all listed universities in memory, for searches of the public list.

Reading them there takes a fraction of the time that the databases need, for common words as for rare ones.
"""

from functools import reduce
from typing import NamedTuple

from partners.data_version import cached_for_version
from partners.models import University
from partners.name_normalization import word_beginning


class SearchableUniversity(NamedTuple):
    pk: int
    country: int
    """Pk."""
    lines: str
    """The search text with a space after each line, and line breaks around it."""


@cached_for_version(1)
def get_name_index():
    """Return a ``SearchableUniversity`` for each listed university, in the order of their names."""
    universities = University.objects.filter(is_listed=True).order_by("name_key", "pk")
    rows = universities.values_list("pk", "country", "search_text").iterator()
    return [SearchableUniversity(pk, country, "\n" + f"{text}\n".replace("\n", " \n")) for pk, country, text in rows]


def find_universities(terms):
    """Return those of the name index that ``UniversityQuerySet.matching`` finds for the terms, in its order."""
    found = get_name_index()
    for term in terms:
        named = list(reduce(_containing, map(word_beginning, term.beginnings), found))
        if term.countries:
            pks = {university.pk for university in named}
            named = [university for university in found if university.country in term.countries or university.pk in pks]
        found = named
    return found


def best_matches_first(universities, words):
    """Yield them in the order of ``UniversityQuerySet.best_matches_first``, without ranking more than is asked for."""
    phrase, yielded = f"\n {' '.join(words)} \n", set()
    for texts in ([phrase], [f" {word} " for word in words], [*map(word_beginning, words)], []):
        for university in reduce(_containing, texts, universities):
            if university.pk not in yielded:
                yielded.add(university.pk)
                yield university


def _containing(universities, text):
    return (university for university in universities if text in university.lines)
