"""Names as people write them: cleaned for storing, and keyed for matching and search."""

import re
import unicodedata
from collections.abc import Iterator

from django.utils.text import slugify

# Letters that Unicode does not decompose into a base letter and an accent,
# with the spelling they have in lists that are typed without them.
LETTER_FALLBACKS = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "þ": "th", "\u0131": "i"}
)

# The blocks of combining marks that serve as accents. Vowel signs and voicing marks of
# other scripts are combining marks too, but without them a word becomes another word.
COMBINING_MARKS_RE = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f]")

# Unicode's Default_Ignorable_Code_Point: nothing shows where they are.
DEFAULT_IGNORABLE_RE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# Those of them that no writing needs, and those that turn the text around them about. Joiners belong
# to Persian, to Indic scripts and to emoji, selectors to emoji, and single marks of direction to Hebrew.
STRIPPED_RE = re.compile("[\u00ad\u200b\u202a-\u202e\u2060-\u206f\ufeff]")

WHITESPACE_RE = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")

MAX_MARKS = 30
MANY_MARKS = re.compile(rf"[^\w\x00-\x7f]{{{MAX_MARKS + 1}}}")
"""Where there may be too many combining marks, none of which counts as part of a word."""
GRAPHEME_JOINER = "\u034f"


def normalize(form: str, text: str) -> str:
    """Unicode normalization whose work grows with the length of the text, and not with its square.

    The standard library sorts the marks on one letter by insertion: two hundred kilobytes of them take
    a minute. Unicode's Stream-Safe Text Format (UAX #15) allows thirty, as no writing needs more.
    """
    return unicodedata.normalize(form, _limit_marks(text) if MANY_MARKS.search(text) else text)


def _limit_marks(text: str) -> str:
    """Put a joiner, which ends a run, after each thirty combining marks in a row."""
    chars, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > MAX_MARKS:
            chars.append(GRAPHEME_JOINER)
            marks = 1
        chars.append(char)
    return "".join(chars)


def collapse_white_space(text: str) -> str:
    """One space for each run of white space, line breaks included, and none at the ends."""
    return " ".join(text.split())


def normalize_name(text: str) -> str:
    """Composed Unicode (NFC) with single plain spaces and none at the ends, and nothing hidden in it."""
    if text.isascii() and "  " not in text:
        return text.strip(" ")
    return WHITESPACE_RE.sub(" ", normalize("NFC", STRIPPED_RE.sub("", text))).strip(" ")


def matching_key(text: str) -> str:
    """What two spellings of one name have in common.

    Ignores case, accents (of the letters in ``UNDECOMPOSED`` too), runs of spaces,
    non-breaking spaces, characters that do not show and Unicode composition, and nothing else.
    """
    if text.isascii():
        return normalize_name(text.lower())
    seen = DEFAULT_IGNORABLE_RE.sub("", text)
    folded = normalize("NFD", normalize("NFD", seen).casefold())
    plain = COMBINING_MARKS_RE.sub("", folded)
    return normalize_name(plain if plain.isascii() else plain.translate(LETTER_FALLBACKS))


def split_names(text: str) -> list[str]:
    """The cleaned names in a text of one name per line, without blanks and repetitions."""
    names = {}
    for line in re.split(r"\r\n|\r|\n", text):
        if name := normalize_name(line):
            names.setdefault(matching_key(name), name)
    return list(names.values())


def tokenize_query(query: str) -> list[str]:
    """The words that a search text must contain, told apart by spaces and punctuation."""
    key = matching_key(query)
    return re.findall(r"\w+", key) or key.split()


def slug_candidates(name: str, *qualifiers: str) -> Iterator[str]:
    """Addresses for a name, best first: itself, with its qualifiers, then numbered without end."""
    base = slugify(matching_key(name), allow_unicode=True)[:180].strip("-_") or "university"
    yield base
    for qualifier in qualifiers:
        base = f"{base}-{slugify(qualifier)}"
        yield base
    number = 1
    while number := number + 1:
        yield f"{base}-{number}"
