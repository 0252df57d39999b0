"""The names of all public universities in memory, for searches of the public list.

Reading them there takes a fraction of the time that the databases need, for common words as for rare ones.
"""

from bisect import bisect_left
from collections import defaultdict
from typing import NamedTuple

from partners.data_version import cached_for_version
from partners.models import University
from partners.name_normalization import word_beginning
from partners.public.facet_index import PartnerProfile, get_facet_index

LAST_CHARACTER = "\U0010ffff"


class SearchableUniversity(NamedTuple):
    position: int
    """Place in the order of names."""
    pk: int
    country: int
    """Pk."""
    profile: PartnerProfile
    lines: str
    """The search text with a space after each line, and line breaks around it."""


class NameIndex:
    """The public universities in the order of their names, and which of them have each word."""

    def __init__(self, universities):
        self.universities = universities
        self._positions = defaultdict(list)
        for university in universities:
            for word in set(university.lines.split()):
                self._positions[word].append(university.position)
        self._words = sorted(self._positions)

    def count_words(self):
        """Return the number of universities by word."""
        return {word: len(positions) for word, positions in self._positions.items()}

    def find(self, terms):
        """Return those that ``UniversityQuerySet.matching`` finds for the terms."""
        return self._at(set.intersection(*map(self._matching, terms))) if terms else [*self.universities]

    def having(self, words):
        """Return those that have each of the words as a whole."""
        return self._at(self._whole(words))

    def has_beginning(self, word):
        """Return True if the word begins one of a name."""
        return bool(self._words_containing(word_beginning(word)))

    def best_matches_first(self, found, words):
        """Yield the found universities in the order of ``UniversityQuerySet.best_matches_first``, lazily."""
        phrase, whole, texts = f"\n {' '.join(words)} \n", self._whole(words), [*map(word_beginning, words)]
        ranks = [
            (each for each in found if each.position in whole and phrase in each.lines),
            (each for each in found if each.position in whole),
            (each for each in found if all(text in each.lines for text in texts)),
            found,
        ]
        yielded = set()
        for rank in ranks:
            for university in rank:
                if university.position not in yielded:
                    yielded.add(university.position)
                    yield university

    def _at(self, positions):
        return [self.universities[position] for position in sorted(positions)]

    def _whole(self, words):
        return set.intersection(*({*self._positions.get(word, ())} for word in words)) if words else set()

    def _matching(self, term):
        named = set.intersection(*(self._containing(word_beginning(text)) for text in term.beginnings))
        if term.countries:
            named.update(each.position for each in self.universities if each.country in term.countries)
        return named

    def _containing(self, text):
        """Return the positions of the universities whose lines contain the text, of a word or a phrase."""
        if len(text.split()) > 1:
            return {each.position for each in self.universities if text in each.lines}
        return set().union(*map(self._positions.get, self._words_containing(text)))

    def _words_containing(self, text):
        """Return the words that begin with the text after its space, or contain it if it has none."""
        if not text.startswith(" "):
            return [word for word in self._words if text in word]
        first, last = bisect_left(self._words, text[1:]), bisect_left(self._words, text[1:] + LAST_CHARACTER)
        return self._words[first:last]


@cached_for_version(1)
def get_name_index(on):
    profiles, universities = get_facet_index(on).profiles, University.objects.order_by("name_key", "pk")
    rows = universities.values_list("pk", "country", "search_text").iterator()
    public = enumerate(row for row in rows if row[0] in profiles)
    return NameIndex(
        [
            SearchableUniversity(position, pk, country, profiles[pk], "\n" + f"{text}\n".replace("\n", " \n"))
            for position, (pk, country, text) in public
        ]
    )
