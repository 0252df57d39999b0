"""Similar names of universities: other spellings, abbreviations, translations, and what stands in brackets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from math import log

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from rapidfuzz import process
from rapidfuzz.distance import OSA

from partners.name_normalization import matching_key, tokenize_query
from partners.university_words import CANONICAL_WORDS, GENERIC_WORDS, STOP_WORDS

MIN_SCORE = 60
"""Similarity from 0 to 100 below which two names do not resemble each other."""
MIN_SHARED_WEIGHT = 0.4
"""Share of its own words that a name has in common with each name of the minimum score, by weight."""
MAX_MATCHES = 3
MAX_GENERIC_WEIGHT = 0.3
"""Weight of words such as university, beside at most 1 of others."""
MIN_WORD_SIMILARITY = 0.75
CUT_SHORT_SIMILARITY = 0.9
MIN_CUT_SHORT_LENGTH = 4
MIN_ACRONYM_LENGTH, MAX_ACRONYM_LENGTH = 3, 12
MAX_ABBREVIATED_WORDS = 5
WORD_RE = re.compile(r"\w{3,}")
BRACKETS_RE = re.compile(r"\(([^()]*)\)")
SEPARATOR_RE = re.compile("[,;:/]|\\s[-\u2013\u2014]|[-\u2013\u2014]\\s")
DOTTED_INITIALS_RE = re.compile(r"\b(?:\w\.){2,}")

Form = str | frozenset[str]
"""A spelling, or the words in any order."""


class MatchReason(TextChoices):
    """The reasons why two names may be those of one university, best first."""

    SAME = "same", _("same name")
    SAME_WITHOUT_BRACKETS = "same_without_brackets", _("same name without what stands in brackets")
    SAME_WORDS = "same_words", _("same words")
    ACRONYM = "acronym", _("abbreviation")
    SIMILAR = "similar", _("similar name")


SCORES = {
    MatchReason.SAME: 100,
    MatchReason.SAME_WITHOUT_BRACKETS: 99,
    MatchReason.SAME_WORDS: 98,
    MatchReason.ACRONYM: 90,
}
REASONS = list(MatchReason)
ABBREVIATION_SCORE = 75
MAX_SIMILAR_SCORE = 97


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


class ParsedName:
    """A name in two parts: the main one, and what is set apart by brackets, or an acronym by commas or dashes."""

    def __init__(self, name: str):
        self.key = matching_key(name)
        name = DOTTED_INITIALS_RE.sub(lambda match: match[0].replace(".", ""), name)
        self.name = name
        self.parts_apart = BRACKETS_RE.findall(name)
        self.main = BRACKETS_RE.sub(" ", name)
        parts = [part.strip() for part in SEPARATOR_RE.split(self.main)]
        acronyms = [part for part in parts if part.isupper() and len(tokenize_query(part)) == 1]
        others = " ".join(part for part in parts if part not in acronyms)
        if acronyms and len(canonical_words(others)) > 1:
            self.main, self.parts_apart = others, self.parts_apart + acronyms
        self.main_key = " ".join(matching_key(self.main).split()) or self.key
        self.tokens = tokenize_query(self.main)
        self.significant = [word for word in self.tokens if word not in STOP_WORDS]
        self.initial = self.significant[0][0] if self.significant else ""
        self.words = canonical_words(self.main) or canonical_words(name)
        self.all_words = canonical_words(name)

    @cached_property
    def apart(self) -> frozenset[str]:
        """The words that are set apart, unless they abbreviate or repeat the others."""
        parts = [part for part in self.parts_apart if not is_abbreviation(matching_key(part), self.tokens)]
        return canonical_words(" ".join(parts)) - self.words

    @property
    def acronyms(self) -> set[str]:
        """The words in capital letters, and a name of one word."""
        words = [] if self.name.isupper() else [word for word in WORD_RE.findall(self.name) if word.isupper()]
        return {matching_key(word) for word in words} | set(self.tokens if len(self.tokens) == 1 else ())

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for word in self.all_words if word.isdigit())

    def forms(self) -> dict[Form, MatchReason]:
        """Return the spellings and sets of words that other names of the university may share, with the reason."""
        forms = {}
        for part in self.parts_apart:
            words = canonical_words(part)
            is_acronym = len(words) == 1 or words <= GENERIC_WORDS
            reason = MatchReason.ACRONYM if is_acronym else MatchReason.SAME_WITHOUT_BRACKETS
            forms |= {words: reason, matching_key(part): reason}
        forms |= dict.fromkeys([self.words, self.all_words], MatchReason.SAME_WORDS)
        forms["".join(self.significant)] = MatchReason.SAME_WORDS
        forms[self.main_key] = MatchReason.SAME_WITHOUT_BRACKETS
        forms[self.key] = MatchReason.SAME
        return {form: reason for form, reason in forms.items() if form}

    def abbreviated_forms(self) -> Iterator[frozenset[str]]:
        """Yield the words with initials for the first ones, as in UC Berkeley for University of California Berkeley."""
        for count in range(2, min(len(self.significant), MAX_ABBREVIATED_WORDS + 1)):
            initials = "".join(word[0] for word in self.significant[:count])
            yield frozenset([initials]) | canonical_words(" ".join(self.significant[count:]))

    def can_be(self, other: ParsedName, reason: MatchReason) -> bool:
        """Return False if the numbers in the names differ, or if they are the same but for what is set apart."""
        if reason == MatchReason.SAME:
            return True
        if self.numbers and other.numbers and self.numbers != other.numbers:
            return False
        is_similar = reason in (MatchReason.ACRONYM, MatchReason.SIMILAR)
        has_both_apart = self.apart and other.apart
        return is_similar or not has_both_apart or (self.apart, self.words) == (other.apart, other.words)


class NameIndex:
    """Names of the universities or institutions of one country, each of which may have several names."""

    def __init__(self, names: Iterable[tuple[Hashable, str]]):
        self._names = [(key, name, ParsedName(name)) for key, name in names]
        self._by_form: dict[Form, list[tuple[int, MatchReason]]] = defaultdict(list)
        self._by_abbreviated_form: dict[frozenset[str], list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_initial: dict[str, list[int]] = defaultdict(list)
        self._acronyms_by_initial: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for position, (_key, _name, parsed) in enumerate(self._names):
            for form, reason in parsed.forms().items():
                self._by_form[form].append((position, reason))
            for form in parsed.abbreviated_forms():
                self._by_abbreviated_form[form].append(position)
            self._by_initial[parsed.initial].append(position)
            for acronym in parsed.acronyms:
                self._acronyms_by_initial[acronym[0]].append((acronym, position))
        self._word_sets = [
            (position, words)
            for position, (_key, _name, parsed) in enumerate(self._names)
            for words in {parsed.words, parsed.all_words}
        ]
        for number, (_position, words) in enumerate(self._word_sets):
            for word in words:
                self._by_word[word].append(number)
        self._totals = [sum(map(self._weight, words)) for _position, words in self._word_sets]
        self._similar_words = cache(self._find_similar_words)

    def find(self, name: str, limit: int = MAX_MATCHES) -> list[NameMatch]:
        """Return the best matches, at most one for each key, the best first."""
        searched = ParsedName(name)
        best: dict[int, NameMatch] = {}
        for position, reason, score in self._matches(searched):
            key, known, parsed = self._names[position]
            is_better = position not in best or score > best[position].score
            if is_better and parsed.can_be(searched, reason):
                best[position] = NameMatch(key, known, reason, score)
        by_key: dict[Hashable, NameMatch] = {}
        for match in sorted(best.values(), key=lambda match: (-match.score, match.name, str(match.key))):
            by_key.setdefault(match.key, match)
        return list(by_key.values())[:limit]

    def _matches(self, searched: ParsedName) -> Iterator[tuple[int, MatchReason, float]]:
        """Yield positions of names, with reasons and scores, some of them several times."""
        for position, reason in self._same_forms(searched):
            yield position, reason, SCORES[reason]
        for position in self._acronyms(searched):
            yield position, MatchReason.ACRONYM, ABBREVIATION_SCORE
        for position, score in self._similarities(searched):
            if score >= MIN_SCORE:
                yield position, MatchReason.SIMILAR, min(score, MAX_SIMILAR_SCORE)

    def _same_forms(self, searched: ParsedName) -> Iterator[tuple[int, MatchReason]]:
        for form, reason in searched.forms().items():
            for position, known_reason in self._by_form.get(form, ()):
                yield position, max(reason, known_reason, key=REASONS.index)
            for position in self._by_abbreviated_form.get(form, ()):
                yield position, MatchReason.SAME_WORDS
        for form in searched.abbreviated_forms():
            for position, _reason in self._by_form.get(form, ()):
                yield position, MatchReason.SAME_WORDS

    def _acronyms(self, searched: ParsedName) -> Iterator[int]:
        """Yield names that consist of beginnings of the other's words, as Polimi does of Politecnico di Milano."""
        for acronym in searched.acronyms:
            for position in self._by_initial.get(acronym[0], ()):
                if is_abbreviation(acronym, self._names[position][2].tokens):
                    yield position
        for acronym, position in self._acronyms_by_initial.get(searched.initial, ()):
            if is_abbreviation(acronym, searched.tokens):
                yield position

    def _similarities(self, searched: ParsedName) -> Iterator[tuple[int, float]]:
        """Yield positions with the share of words that the two names have in common, by weight, from 0 to 100."""
        for words in {searched.words, searched.all_words}:
            total = sum(map(self._weight, words))
            shared = {
                known_word: similarity * (self._weight(word) + self._weight(known_word))
                for word in words
                for known_word, similarity in self._similar_words(word)
            }
            for number in self._candidates(words, total):
                position, known_words = self._word_sets[number]
                weight = sum(shared.get(word, 0) for word in known_words)
                score = 100 * weight / (total + self._totals[number])
                is_contained = (words <= known_words or known_words <= words) and words & known_words - GENERIC_WORDS
                yield position, (100 + score) / 2 if is_contained else score

    def _candidates(self, words: frozenset[str], total: float) -> set[int]:
        """Return the numbers of word sets that have a word in common, without which none is similar enough."""
        candidates: set[int] = set()
        remaining = total
        for word in sorted(words, key=self._weight, reverse=True):
            if word not in GENERIC_WORDS or remaining >= MIN_SHARED_WEIGHT * total:
                for known_word, _similarity in self._similar_words(word):
                    candidates.update(self._by_word.get(known_word, ()))
            remaining -= self._weight(word)
        return candidates

    def _weight(self, word: str) -> float:
        """Return how distinctive a word is: 1 if no other name has it."""
        weight = 1 / (1 + log(max(len(self._by_word.get(word, ())), 1)))
        return min(weight, MAX_GENERIC_WEIGHT) if word in GENERIC_WORDS else weight

    def _find_similar_words(self, word: str) -> list[tuple[str, float]]:
        """Return the word, or if no name has it, those that it may be, mistyped or cut short, with their similarity."""
        if word in self._by_word or len(word) < MIN_CUT_SHORT_LENGTH or word.isdigit():
            return [(word, 1)]
        similar = {
            known: CUT_SHORT_SIMILARITY
            for known in self._by_word
            if len(known) >= MIN_CUT_SHORT_LENGTH and (known.startswith(word) or word.startswith(known))
        }
        mistyped = process.extract(
            word, list(self._by_word), scorer=OSA.normalized_similarity, score_cutoff=MIN_WORD_SIMILARITY, limit=None
        )
        return list((similar | {known: score for known, score, _position in mistyped}).items())


def canonical_words(text: str) -> frozenset[str]:
    """Return the words of a name without articles and the like, usual ones spelled out and in one language."""
    tokens = [token for token in tokenize_query(text) if token not in STOP_WORDS]
    words = {word for token in tokens for word in CANONICAL_WORDS.get(token, token).split()}
    if words >= {"applied", "science"} and words & {"university", "uas"}:
        words = words - {"applied", "science", "university"} | {"uas"}
    if "polytechnic" in words:
        words.discard("university")
    return frozenset(words)


def is_abbreviation(token: str, words: list[str]) -> bool:
    """Return whether the token consists of beginnings of all the words. One of three letters is made of initials."""
    significant = [word for word in words if word not in STOP_WORDS]
    if not MIN_ACRONYM_LENGTH <= len(token) <= MAX_ACRONYM_LENGTH or len(significant) < 2:
        return False
    if len(token) == MIN_ACRONYM_LENGTH:
        return token in ("".join(word[0] for word in words), "".join(word[0] for word in significant))
    return consists_of_beginnings(token, words)


def consists_of_beginnings(token: str, words: list[str]) -> bool:
    """Return whether the token consists of beginnings of the words, of each at least one letter, except articles."""
    ends = {0}
    for word in words:
        longer = {
            end + length for end in ends for length in range(1, len(word) + 1) if token.startswith(word[:length], end)
        }
        ends = longer | ends if word in STOP_WORDS else longer
    return len(token) in ends
