"""Suggestions to which institution a university should be linked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from partners.models import Institution, University
from partners.name_normalization import matching_key, split_names
from partners.name_similarity import MAX_MATCHES, SCORES, MatchReason, NameIndex, NameMatch


@dataclass
class Suggestion:
    """An institution of the university's country, with a name that resembles one of the university's."""

    institution: Institution
    name: str
    reason: MatchReason
    is_preselected: bool
    """A name is the same, no other institution of the country has it, and no other university is or would be linked."""


class CountryIndex:
    """The names and acronyms of all institutions of a country."""

    def __init__(self, institutions: Iterable[Institution]):
        self._keys: dict[str, list[str]] = {}
        names, acronyms = [], []
        for institution in institutions:
            own_names = split_names(f"{institution.name}\n{institution.names}")
            self._keys[institution.pk] = [matching_key(name) for name in own_names]
            names += [(institution.pk, name) for name in own_names]
            acronyms += [(institution.pk, acronym) for acronym in split_names(institution.acronyms)]
        self._acronyms = set(acronyms) - set(names)
        self._index = NameIndex([*names, *acronyms])

    def find(self, university: University) -> list[NameMatch]:
        """Return the best matches of all names of the university, at most one for each institution."""
        names = [university.name, *split_names(university.other_names)]
        matches = [self._with_reason(match) for name in names for match in self._index.find(name)]
        best: dict[str, NameMatch] = {}
        for match in sorted(matches, key=lambda match: -match.score):
            best.setdefault(match.key, match)
        return list(best.values())[:MAX_MATCHES]

    def choose(self, matches: Sequence[NameMatch]) -> str | None:
        """Return the ROR ID of the match that can be chosen beforehand, if any: one with the same name, if unambiguous.

        Another name than the main one is not enough if other institutions have names that begin with it, as those of
        several universities do with “University of Illinois”, which is another name of one of them.
        """
        almost_same = [match for match in matches if match.is_almost_same]
        if len(almost_same) != 1 or almost_same[0].reason != MatchReason.SAME:
            return None
        [match] = almost_same
        key, [main_key, *_others] = matching_key(match.name), self._keys[match.key]
        others = (name for ror_id, names in self._keys.items() if ror_id != match.key for name in names)
        is_ambiguous = key != main_key and any(name.startswith(key) for name in others)
        return None if is_ambiguous else match.key

    def _with_reason(self, match: NameMatch) -> NameMatch:
        """Tell an acronym from a name. It may be that of many institutions."""
        is_acronym = match.reason == MatchReason.SAME and (match.key, match.name) in self._acronyms
        return replace(match, reason=MatchReason.ACRONYM, score=SCORES[MatchReason.ACRONYM]) if is_acronym else match


def suggest_institutions(universities: Sequence[University]) -> Mapping[int, list[Suggestion]]:
    """Return up to three suggestions for each university by its pk, best first.

    The names of one country are in memory at a time.
    """
    by_country = defaultdict(list)
    for university in universities:
        by_country[university.country.code].append(university)
    matches, chosen = {}, {}
    for code, index in _country_indexes(by_country):
        for university in by_country[code]:
            found = matches[university.pk] = index.find(university)
            chosen[university.pk] = index.choose(found)
    counts = Counter(chosen.values())
    ids = {match.key for found in matches.values() for match in found}
    institutions = Institution.objects.select_related("university").in_bulk(ids)
    free = {ror_id for ror_id in ids if counts[ror_id] == 1 and not hasattr(institutions[ror_id], "university")}
    return {
        pk: [
            Suggestion(institutions[match.key], match.name, match.reason, match.key in free and match.key == chosen[pk])
            for match in found
        ]
        for pk, found in matches.items()
    }


def _country_indexes(codes: Iterable[str]) -> Iterator[tuple[str, CountryIndex]]:
    institutions = Institution.objects.filter(country_code__in=codes, is_withdrawn=False).order_by("country_code", "pk")
    rows = institutions.only("name", "names", "acronyms", "country_code").iterator()
    for code, group in groupby(rows, key=attrgetter("country_code")):
        yield code, CountryIndex(group)
