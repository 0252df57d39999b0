"""Error values of spreadsheets, such as #N/A, in the languages of Excel and LibreOffice. Imports no Django."""

import re

ERROR_RE = re.compile(r"#[¿¡]?[\w./]{1,40} ?[!?]?")
NOT_AVAILABLE = frozenset(["#NV", "#ND", "#YOK", "#HIÁNYZIK", "#NEDOSTUPNÉ", "#NEDOSTUPNÝ", "#PUUTTUU"])
"""Translations of #N/A that have neither a slash nor a punctuation mark."""
NUMBERED_RE = re.compile(
    r"(?:err|error|erreur|erro|errore|fehler|fout|fel|feil|fejl|virhe|błąd|chyba|hiba|eroare|hata|ошибка) ?: ?\d{3}",
    re.IGNORECASE,
)
"""Errors of LibreOffice, such as Err:502."""
TOO_NARROW_RE = re.compile("#{3,40}")
"""Number signs, which Excel writes to a text file in place of a value that is wider than its column."""


def is_spreadsheet_error(text: str) -> bool:
    """Return True for an error of any language: in capitals with "!", "?", "/" or "_", or a translation of #N/A."""
    text = text.strip()
    if not text.startswith("#"):
        return bool(NUMBERED_RE.fullmatch(text))
    if text.casefold() == "#n/a" or text.startswith("#N/A ") or TOO_NARROW_RE.fullmatch(text):
        return True
    is_word = text.isupper() and ERROR_RE.fullmatch(text)
    return bool(is_word and (text in NOT_AVAILABLE or text[-1] in "!?" or "/" in text or "_" in text))
