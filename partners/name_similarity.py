"""Similar names of universities: other spellings, abbreviations, translations, and what stands in brackets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz, process

from partners.name_normalization import matching_key, tokenize_query

MIN_SCORE = 75
"""Similarity from 0 to 100 below which two names do not resemble each other."""
MAX_MATCHES = 3
BRACKETS_RE = re.compile(r"\([^()]*\)")
STOP_WORDS = frozenset(
    [
        *["a", "and", "at", "d", "da", "das", "de", "dei", "del", "della", "der", "des", "di", "do", "du"],
        *["e", "et", "for", "fur", "in", "l", "la", "le", "of", "the", "und", "y"],
    ]
)


class MatchReason(TextChoices):
    """The reasons why two names may be those of one university, best first."""

    SAME = "same", _("same name")
    SAME_WITHOUT_BRACKETS = "same_without_brackets", _("same name without what stands in brackets")
    SAME_WORDS = "same_words", _("same words")
    ACRONYM = "acronym", _("abbreviation")
    SIMILAR = "similar", _("similar name")


@dataclass(frozen=True, slots=True)
class NameMatch:
    """One of the things in an index, and the name of it that resembles the name searched for."""

    key: Hashable
    name: str
    reason: MatchReason
    score: float

    @property
    def is_almost_same(self) -> bool:
        """True if the two names can hardly be those of different universities."""
        return self.reason in (MatchReason.SAME, MatchReason.SAME_WITHOUT_BRACKETS, MatchReason.SAME_WORDS)


class NameIndex:
    """Names of the universities or institutions of one country, each of which may have several names."""

    def __init__(self, names: Iterable[tuple[Hashable, str]]):
        self._by_key: dict[str, list[tuple[Hashable, str]]] = defaultdict(list)
        self._names: list[tuple[Hashable, str]] = []
        for key, name in names:
            self._names.append((key, name))
            for form in {matching_key(name), without_brackets(name)}:
                self._by_key[form].append((key, name))
        self._sorted_words = [" ".join(significant_words(name)) for _key, name in self._names]

    def find(self, name: str, limit: int = MAX_MATCHES) -> list[NameMatch]:
        """Return the best matches, at most one for each key, the best first."""
        best: dict[Hashable, NameMatch] = {}
        for match in sorted(
            self._matches(name), key=lambda match: (MatchReason.values.index(match.reason), -match.score)
        ):
            best.setdefault(match.key, match)
        return list(best.values())[:limit]

    def _matches(self, name: str) -> Iterable[NameMatch]:
        for key, known in self._by_key.get(matching_key(name), ()):
            yield NameMatch(key, known, MatchReason.SAME, 100)
        for key, known in self._by_key.get(without_brackets(name), ()):
            yield NameMatch(key, known, MatchReason.SAME_WITHOUT_BRACKETS, 100)
        words = " ".join(significant_words(name))
        found = process.extract(
            words, self._sorted_words, scorer=fuzz.token_set_ratio, score_cutoff=MIN_SCORE, limit=None
        )
        for text, score, position in found:
            reason = MatchReason.SAME_WORDS if sorted(text.split()) == sorted(words.split()) else MatchReason.SIMILAR
            yield NameMatch(*self._names[position], reason, score)


def without_brackets(name: str) -> str:
    """Return the matching key of the name without what stands in brackets."""
    return matching_key(" ".join(BRACKETS_RE.sub(" ", name).split()))


def significant_words(name: str) -> list[str]:
    """Return the words of the name's matching key that tell it from others."""
    return [word for word in tokenize_query(name) if word not in STOP_WORDS]
