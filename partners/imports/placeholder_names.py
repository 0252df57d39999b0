"""Recognition of numbers, dates and placeholders that stand in place of a university's name."""

import re
from functools import cache

from babel import Locale
from django.utils.translation import gettext as _

from partners.name_normalization import matching_key, normalize_name

NOT_ALPHANUMERIC_RE = re.compile(r"[\W_]+")
PLACEHOLDERS = (
    "tbc; tbd; tba; tbn; t.b.c.; to be confirmed; to be decided; to be determined; to be announced; to be defined; "
    "to be named; to be added; todo; n/a; na; n.a.; not applicable; not available; not known; unknown; none; nil; "
    "null; nan; undefined; empty; blank; missing; pending; n.n.; no name; nn; placeholder; xx; xxx; xxxx; "
    "true; false; yes; no; ditto; idem; same as above; see above; s.o.; siehe oben; dito; unbekannt; noch offen; "
    "k. A.; keine Angabe; keine; Platzhalter; wahr; falsch; folgt; à confirmer; à définir; à déterminer; "
    "inconnu; inconnue; aucun; aucune; n.c.; s.n.; s/n; desconocido; desconocida; ninguno; ninguna; por confirmar; "
    "por definir; por determinar; n/d; s/d; sin nombre; da confermare; da definire; sconosciuto; nessuno; nessuna; "
    "a confirmar; a definir; desconhecido; nenhum; nenhuma; onbekend; n.v.t.; n.t.b.; geen; nieznany; nieznana; brak; "
    "brak danych; do ustalenia; b.d.; neznámý; neznámá; neuvedeno; bilinmiyor; yok; okänd; ukjent; ukendt; "
    "tuntematon; неизвестно; нет; нет данных; άγνωστο; לא ידוע; غير معروف; 未定; 不明; 待定; 未知; 無; 미정"
)
"""Separated by semicolons. The comparison ignores case, accents, spaces and punctuation."""
SCIENTIFIC_RE = re.compile(r"[\d.,]{1,40}e[+-]?\d{1,3}|\d{4}-\d\d-\d\dt[\d:.]{1,20}", re.IGNORECASE)
"""A large number or a time, as spreadsheets write them."""
TOKEN_RE = re.compile(r"[^\W\d_]+|\d+")
LOST_LETTER_RE = re.compile(r"[?\ufffd]")
"""Characters that a program writes for a letter that it does not know."""
ENTITY_RE = re.compile(r"&(?:[A-Za-z]{2,8}|#[0-9]{1,6});")
MARK_RE = re.compile(
    r"\A(?:[*\u2022\u00b7\u25aa\u25cf\u25e6\u2023]|[0-9]{1,3}[.)] )"
    r"|(?:\*|[\u2020\u2021\u00b9\u00b2\u00b3\u2074-\u2079]\)?|\[[0-9]{1,2}\])\Z"
)
MAX_LENGTH = 30
"""Characters. Longer texts with letters in them are names."""
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr")
"""Languages whose names of months are known."""


def describe_doubt(name: str) -> str:
    """Return a sentence about a name that is none or that is damaged, or "". It has “%s” for the name."""
    if looks_like_no_name(normalize_name(name)):
        return _(
            "“%s” looks like a number, a date or a placeholder. Write the university's name, or accept such names."
        )
    if LOST_LETTER_RE.search(name):
        return _("“%s” has lost letters. Save the file that it comes from in UTF-8 and choose that one, or accept it.")
    if ENTITY_RE.search(name):
        return _("“%s” has the code of a web page for a character. Write the character, or accept such names.")
    if MARK_RE.search(name):
        return _("“%s” has the mark of a list or of a footnote. Take it out, or accept such names.")
    return ""


def looks_like_no_name(name: str) -> bool:
    """Return True for a text without letters, a date, or a usual placeholder."""
    if not any(map(str.isalpha, name)):
        return True
    if len(name) > MAX_LENGTH:
        return False
    if _word(name) in WORDS or SCIENTIFIC_RE.fullmatch(name):
        return True
    tokens = TOKEN_RE.findall(name)
    words = [token for token in tokens if token.isalpha()]
    # One or two numbers and a month, such as 1 Sep 2028 or Sep-28.
    return len(words) == 1 and len(tokens) in (2, 3) and matching_key(words[0]) in _months()


@cache
def _months() -> frozenset[str]:
    months = [Locale.parse(language).months["format"] for language in LANGUAGES]
    names = [name for forms in months for width in ("wide", "abbreviated") for name in forms[width].values()]
    return frozenset(matching_key(name.rstrip(".")) for name in names)


def _word(text: str) -> str:
    return NOT_ALPHANUMERIC_RE.sub("", matching_key(text))


WORDS = frozenset(map(_word, PLACEHOLDERS.split(";")))
