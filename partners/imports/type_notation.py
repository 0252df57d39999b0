"""The notation of the office's list for agreement types: "Bilateral/Erasmus+ (in process)"."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from partners.cell_words import STATUS_BY_WORD, normalize_word
from partners.enums import AgreementStatus
from partners.name_normalization import collapse_white_space, matching_key, normalize_name
from partners.validators import QUALIFIER_RE, TERM_SEPARATOR_RE

STATUS_BY_QUALIFIER = {status.qualifier.replace(" ", ""): status for status in AgreementStatus if status.is_open}
"""Statuses by what stands after the type, without spaces: nothing if it is signed."""
LINE_BREAK_RE = re.compile(r"(?<! [+])(?<! and)\n(?![(])", re.IGNORECASE)
"""A line break that separates terms: not beside another separator, nor before a status."""
FURTHER_SEPARATOR_RE = re.compile(
    r" ?[|\\\u2022\u00b7] ?| [\u2013\u2014-] | (?:und|et|y|e|ve|og|och|en|i|ja) ", re.IGNORECASE
)
"""Separates terms only if there is nothing but types between."""
SPACES_AND_HYPHENS_RE = re.compile(r"[\s-]+")
AROUND_STATUS = " -\u2013\u2014:()[]"
MAX_WORDS = 10
"""Words of a type and a status."""
MAX_UNKNOWN = 5
"""Unknown types of one cell that are named."""


class Term(NamedTuple):
    """One agreement in the list's notation. The type is None if it is not known yet."""

    agreement_type: str | None
    status: str = AgreementStatus.SIGNED

    def __str__(self) -> str:
        qualifier = AgreementStatus(self.status).qualifier
        if self.agreement_type and qualifier:
            return f"{self.agreement_type} ({qualifier})"
        return self.agreement_type or qualifier


def parse_terms(text: str, known: Mapping[str, str]) -> tuple[frozenset[Term], list[str]]:
    """Return the terms in a cell, and the first names of unknown types in it, as written.

    ``known`` maps the matching key of every name of a type to the type's name. A cell such as "/" has no terms.
    """
    lines = "\n".join(filter(None, map(str.strip, re.split("[\r\n]", text))))
    parts = TERM_SEPARATOR_RE.split(collapse_white_space(normalize_name(LINE_BREAK_RE.sub(" ; ", lines))))
    terms, unknown = set(), {}
    for part in filter(None, map(str.strip, parts)):
        if found := _read_terms(part, known):
            terms.update(found)
        else:
            match = QUALIFIER_RE.search(part)
            name = part[: match.start()] if match else part
            unknown.setdefault(matching_key(name), name)
    return frozenset(terms), list(unknown.values())[:MAX_UNKNOWN]


def find_type(name: str, known: Mapping[str, str]) -> str | None:
    """Return the type of this name, or else the only one whose name has other spaces and hyphens."""
    if type_name := known.get(matching_key(name)):
        return type_name
    key = _key_without_spaces(name)
    found = {type_name for other, type_name in known.items() if _key_without_spaces(other) == key}
    return found.pop() if len(found) == 1 else None


def _key_without_spaces(name: str) -> str:
    return SPACES_AND_HYPHENS_RE.sub("", matching_key(unicodedata.normalize("NFKC", name)))


def _read_terms(text: str, known: Mapping[str, str]) -> list[Term]:
    """Return the term that a text is, or the terms in it, or nothing if it is not understood."""
    if term := _read_term(text, known):
        return [term]
    terms = [_read_term(part, known) for part in FURTHER_SEPARATOR_RE.split(text)]
    return terms if all(term and term.agreement_type for term in terms) else []


def _read_term(text: str, known: Mapping[str, str]) -> Term | None:
    """Return the term of a type, a status, or both in any order, such as “Erasmus+ - in process”."""
    match = QUALIFIER_RE.search(text)
    name = text[: match.start()] if match else text
    qualifier = matching_key(match[1] or match[2]) if match else ""
    type_name = find_type(name, known) if name else None
    if type_name or not name:
        return Term(type_name, STATUS_BY_QUALIFIER[SPACES_AND_HYPHENS_RE.sub("", qualifier)])
    words = text.split(" ")
    for at in range(len(words) + 1) if len(words) <= MAX_WORDS else ():
        first, second = (" ".join(part).strip(AROUND_STATUS) for part in (words[:at], words[at:]))
        for name, word in ((first, second), (second, first)):
            status = STATUS_BY_WORD.get(normalize_word(word))
            if status and status.is_open and (name or status != AgreementStatus.SIGNED):
                type_name = find_type(name, known)
                if type_name or not name:
                    return Term(type_name, status)
    return None


def format_terms(terms: Iterable[Term], order: Mapping[str, int]) -> str:
    """Return the terms as a cell, ordered by the position of their types, signed before others."""
    last = len(order)
    ordered = sorted(
        terms,
        key=lambda term: (order.get(term.agreement_type, last), term.status != AgreementStatus.SIGNED, term.status),
    )
    return "/".join(map(str, ordered))
