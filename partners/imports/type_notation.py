"""The notation of the office's list for agreement types: "Bilateral/Erasmus+ (in process)"."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from partners.enums import AgreementStatus
from partners.name_normalization import collapse_white_space, matching_key, normalize_name
from partners.validators import QUALIFIER_RE, TERM_SEPARATOR_RE

STATUS_BY_QUALIFIER = {status.qualifier.replace(" ", ""): status for status in AgreementStatus if status.is_open}
"""Statuses by what stands after the type, without spaces: nothing if it is signed."""
LINE_BREAK_RE = re.compile(r"(?<! [+])(?<! and)\n(?![(])", re.IGNORECASE)
"""A line break that separates terms: not beside another separator, nor before a status."""
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
        match = QUALIFIER_RE.search(part)
        name = part[: match.start()] if match else part
        qualifier = matching_key(match[1] or match[2]) if match else ""
        if name and matching_key(name) not in known:
            unknown.setdefault(matching_key(name), name)
        else:
            status = STATUS_BY_QUALIFIER[re.sub("[ -]", "", qualifier)]
            terms.add(Term(known[matching_key(name)] if name else None, status))
    return frozenset(terms), list(unknown.values())[:MAX_UNKNOWN]


def format_terms(terms: Iterable[Term], order: Mapping[str, int]) -> str:
    """Return the terms as a cell, ordered by the position of their types, signed before others."""
    last = len(order)
    ordered = sorted(
        terms,
        key=lambda term: (order.get(term.agreement_type, last), term.status != AgreementStatus.SIGNED, term.status),
    )
    return "/".join(map(str, ordered))
