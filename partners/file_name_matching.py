"""Find the university that a file name refers to: by a name, its web address, or the distinctive words of a name.

A suggestion is right or absent, so words of the file name that nothing explains rule it out: “Agreement University of
Bonn” is of the University of Bonn, “Bonn-Rhein-Sieg” is not, and “Bonn” only if no other university is of Bonn.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from partners.name_normalization import matching_key, tokenize_query
from partners.name_similarity import ParsedName, canonical_words, is_abbreviation
from partners.university_words import GENERIC_WORDS

DOCUMENT_WORDS = canonical_words("""
academic accord acuerdo addendum agreement agreements amended amendment anlage annex annexe appendix apr april
attachment aug august bilateral completed contract convenio convention convenzione cooperation copia copy
countersignature countersigned current date dated dec december doc document documents dokument draft ects en english
erasmus ewp exchange executed extension feb february file final finale firmado firmato from fully http https iia
incoming institutional inter interinstitutional jan january jul july jun june ka1 ka103 ka131 ka171 kooperation kopie
ksa letter loa mar march may memorandum mobility mou new nov november oct october old original outgoing partner
partners partnership pdf plus program programm programme renewal renewed rev revised scan scanned scansione sep sept
september sig signature signatures signe signed smp sms sta staff stamped stt student students understanding unsigned
unterschrieben update updated vereinbarung version vertrag with www year
""")
"""Words of file names that do not distinguish universities."""
DATES_RE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d\W?[01]\d\W?[0-3]\d|[0-3]?\d[._-][01]?\d[._-](?:19|20)?\d\d"
    r"|(?:19|20)\d\d[-/_](?:\d\d)?\d\d|(?:19|20)\d\d)(?!\d)"
)
VERSION_RE = re.compile(r"(?<![^\W_])v\d+(?:\.\d+)*(?!\w)|\(\d+\)\s*$", re.IGNORECASE)
CAMEL_CASE_RE = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
# Bounded as labels of host names are, so that the time stays linear.
HOST_RE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}")
REGISTERED_HOST_RE = re.compile(r"([^.]{1,63})\.(?:(?:ac|edu|co)\.)?[^.]{1,63}")
MIN_DISTINCT_LENGTH = 3
MAX_WORDS = 30
"""Words of a file name that are compared."""

Words = frozenset[str]
Window = tuple[Words, Words]


@dataclass(frozen=True, eq=False)
class KnownUniversity:
    """A university with all names that it has in the register, its web addresses, and its city and country."""

    key: Hashable
    names: Sequence[str]
    hosts: Sequence[str] = ()
    """Without “www.”, in small letters."""
    places: Sequence[str] = ()

    @cached_property
    def words(self) -> Words:
        return canonical_words(" ".join([*self.names, *self.hosts, *self.places]))

    @cached_property
    def forms(self) -> set[Words]:
        """The sets of words of its names and of its hosts."""
        labels = [match[1] for host in self.hosts if (match := REGISTERED_HOST_RE.fullmatch(host))]
        forms = {form for name in [*self.names, *labels] for form in name_forms(name)}
        return {form for form in forms if form - GENERIC_WORDS - DOCUMENT_WORDS}


def name_forms(name: str) -> Iterator[Words]:
    parsed = ParsedName(name)
    yield from (parsed.words, parsed.all_words)
    for part in parsed.parts_apart:
        if part.isupper() or is_abbreviation(matching_key(part), parsed.tokens):
            yield canonical_words(part)


class FileNameMatcher:
    """Find universities by file names. ``ignored_words``, such as those of agreement types, are not compared."""

    def __init__(self, universities: Iterable[KnownUniversity], ignored_words: Words = frozenset()):
        self._universities = list(universities)
        self._ignored = DOCUMENT_WORDS | ignored_words - GENERIC_WORDS
        self._by_form: dict[Words, set[KnownUniversity]] = defaultdict(set)
        self._by_distinct_words: dict[Words, set[KnownUniversity]] = defaultdict(set)
        for university in self._universities:
            for form in university.forms:
                self._by_form[form].add(university)
                self._by_distinct_words[form - GENERIC_WORDS].add(university)

    def find(self, file_name: str) -> Hashable | None:
        """Return the key of the only university that the file name can mean, or None."""
        for stem in spellings(file_name):
            windows = list(word_windows(tokenize_query(stem.replace("_", " "))[:MAX_WORDS]))
            for found in (self._find_hosts(stem), self._find_names(windows), self._find_distinct_words(windows)):
                if keys := {university.key for university in found}:
                    return keys.pop() if len(keys) == 1 else None
        return None

    def _find_hosts(self, stem: str) -> list[KnownUniversity]:
        hosts = [host.removeprefix("www.") for host in HOST_RE.findall(matching_key(stem))]
        return [
            university
            for university in self._universities
            if any(is_same_site(host, known) for host in hosts for known in university.hosts)
        ]

    def _find_names(self, windows: Iterable[Window]) -> Iterator[KnownUniversity]:
        for words, others in windows:
            if len(words) > 2 or (len(words) == 2 and not words.isdisjoint(GENERIC_WORDS)):
                yield from self._explaining(self._by_form.get(words, ()), others)

    def _find_distinct_words(self, windows: Iterable[Window]) -> Iterator[KnownUniversity]:
        """Find distinctive words of names, such as a city or an abbreviation, if no other university has them."""
        for words, others in windows:
            found = self._by_distinct_words.get(words, ())
            is_initial = all(len(word) < MIN_DISTINCT_LENGTH for word in words)
            if found and not is_initial and sum(words <= university.words for university in self._universities) == 1:
                yield from self._explaining(found, others)

    def _explaining(self, universities: Iterable[KnownUniversity], words: Words) -> Iterator[KnownUniversity]:
        """Yield those to which the words can refer: each word is its own, or ignored."""
        for university in universities:
            if words <= self._ignored | (university.words - GENERIC_WORDS):
                yield university


def spellings(file_name: str) -> dict[str, None]:
    """Return the name without extension, dates and versions, as it is and with its capital letters as spaces."""
    stem = file_name
    while re.fullmatch(r"\.[A-Za-z]{3,4}", PurePath(stem).suffix) and not HOST_RE.fullmatch(matching_key(stem)):
        stem = PurePath(stem).stem
    stem = VERSION_RE.sub(" ", DATES_RE.sub(" ", stem))
    return dict.fromkeys([stem, CAMEL_CASE_RE.sub(" ", stem)])


def file_name_words(file_name: str) -> Words:
    """Return all words of a file name."""
    return canonical_words(" ".join(spellings(file_name)).replace("_", " "))


def word_windows(tokens: Sequence[str]) -> Iterator[Window]:
    """Yield the words of each run of tokens, and the words of the other tokens."""
    for start in range(len(tokens)):
        for end in range(start + 1, len(tokens) + 1):
            others = [*tokens[:start], *tokens[end:]]
            yield canonical_words(" ".join(tokens[start:end])), canonical_words(" ".join(others))


def is_same_site(host: str, known: str) -> bool:
    return host == known or host.endswith(f".{known}") or known.endswith(f".{host}")
