"""The names of all listed universities in memory, for searches of the public list.

Reading them there takes a fraction of the time that the databases need, for common words as for rare ones.
"""

from typing import NamedTuple

from partners.data_version import cached_for_version
from partners.models import University


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
        named = _containing(found, [f" {word}" for word in term.words])
        if term.countries:
            pks = {university.pk for university in named}
            named = [university for university in found if university.country in term.countries or university.pk in pks]
        found = named
    return found


def best_matches_first(universities, words):
    """Sort as ``UniversityQuerySet.best_matches_first`` does, and otherwise leave the order as it is."""
    phrase = f"\n {' '.join(words)} \n"
    ranked, others = [], universities
    for texts in ([phrase], [f" {word} " for word in words], [f" {word}" for word in words]):
        if matches := _containing(others, texts):
            ranked += matches
            pks = {university.pk for university in matches}
            others = [university for university in others if university.pk not in pks]
    return ranked + others


def _containing(universities, texts):
    for text in texts:
        universities = [university for university in universities if text in university.lines]
    return universities
