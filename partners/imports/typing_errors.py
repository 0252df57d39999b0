"""Search for names that differ from a text by typing errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

T = TypeVar("T")
MIN_LENGTH, MAX_LENGTH = 4, 100
"""Characters of a key that is searched for."""
LONG_KEY = 8
"""Characters from which two errors are allowed instead of one."""


def find_similar(key: str, values: Mapping[str, T], max_errors: int | None = None) -> set[T]:
    """Return the values whose keys differ from the key by the fewest typing errors, transpositions included."""
    if key in values:
        return {values[key]}
    if not MIN_LENGTH <= len(key) <= MAX_LENGTH:
        return set()
    if max_errors is None:
        max_errors = 1 if len(key) < LONG_KEY else 2
    matches = process.extract(key, values.keys(), scorer=OSA.distance, score_cutoff=max_errors, limit=None)
    fewest = min((errors for _, errors, _ in matches), default=0)
    return {values[name] for name, errors, _ in matches if errors == fewest}
