"""The notation of the office's list for agreement types: "Bilateral/Erasmus+ (in process)"."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from partners.name_normalization import collapse_white_space, matching_key, normalize_name
from partners.validators import QUALIFIER_RE, TERM_SEPARATOR_RE

MAX_UNKNOWN = 5
"""Unknown terms of one cell that an error names."""


class Term(NamedTuple):
    """One agreement in the list's notation. The type is None if it is not known yet."""

    agreement_type: str | None
    in_process: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, [self.agreement_type, self._in_process_suffix()]))

    def _in_process_suffix(self) -> str:
        if not self.in_process:
            return ""
        return "(in process)" if self.agreement_type else "in process"


class UnknownTermsError(ValueError):
    """Terms of unknown agreement types. ``names`` are the first of them, as written."""

    def __init__(self, names: list[str]):
        super().__init__(", ".join(names))
        self.names = names


def parse_terms(text: str, known: Mapping[str, str]) -> frozenset[Term]:
    """Parse the terms in a cell. ``known`` maps the matching key of every name of a type to the type's name.

    A cell without any term, such as "/", is an empty set. Raise UnknownTermsError.
    """
    parts = TERM_SEPARATOR_RE.split(collapse_white_space(normalize_name(text)))
    written = [part for part in map(str.strip, parts) if part]
    terms, unknown = set(), {}
    for part in written:
        name = QUALIFIER_RE.sub("", part)
        in_process = name != part
        if name and matching_key(name) not in known:
            unknown.setdefault(matching_key(name), name)
        else:
            terms.add(Term(known[matching_key(name)] if name else None, in_process))
    if unknown:
        raise UnknownTermsError(list(unknown.values())[:MAX_UNKNOWN])
    return frozenset(terms)


def format_terms(terms: Iterable[Term], order: Mapping[str, int]) -> str:
    """Return the terms as a cell, ordered by the position of their types, signed before in process."""
    last = len(order)
    ordered = sorted(terms, key=lambda term: (order.get(term.agreement_type, last), term.in_process))
    return "/".join(map(str, ordered))
