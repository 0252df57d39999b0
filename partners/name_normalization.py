"""Normalization of names for storage, matching keys and search."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count

from django.utils.text import slugify

# Letters that Unicode does not decompose into a base letter and an accent, with their usual ASCII spelling.
LETTER_FALLBACKS = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "þ": "th", "\u0131": "i"}
)

# The blocks of combining marks that serve as accents. Vowel signs and voicing marks of
# other scripts are combining marks too, but without them a word becomes another word.
COMBINING_MARKS_RE = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f]")

# Chinese characters, kana, Thai: words are not separated by spaces.
UNSPACED_RE = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")

# Unicode's Default_Ignorable_Code_Point: invisible.
DEFAULT_IGNORABLE_RE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# Invisible characters that no script needs, and directional overrides. Joiners stay: Persian, Indic scripts
# and emoji need them, as emoji do selectors and Hebrew single direction marks.
STRIPPED_RE = re.compile("[\u00ad\u200b\u202a-\u202e\u2060-\u206f\ufeff]")

END_OF_ACCENTED_LETTERS = 0x2000
"""The end of the blocks of Latin, Greek and Cyrillic letters."""

WHITESPACE_RE = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")

# Combining marks in a row, as in Unicode's Stream-Safe Text Format (UAX #15).
MAX_MARKS = 30
# A quick test for text that may have more: no combining mark matches \w.
MANY_MARKS_RE = re.compile(rf"[^\w\x00-\x7f]{{{MAX_MARKS + 1}}}")
GRAPHEME_JOINER = "\u034f"


def normalize(form: str, text: str) -> str:
    """Unicode normalization in linear time.

    The standard library sorts the marks on one letter by insertion: 200 kB of them take a minute.
    """
    if not MANY_MARKS_RE.search(text):
        return unicodedata.normalize(form, text)
    # A grapheme joiner after every MAX_MARKS combining marks ends the run.
    chars, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > MAX_MARKS:
            chars.append(GRAPHEME_JOINER)
            marks = 1
        chars.append(char)
    return unicodedata.normalize(form, "".join(chars))


def collapse_white_space(text: str) -> str:
    """Replace each run of white space, line breaks included, by one space, and strip the ends."""
    return " ".join(text.split())


def normalize_name(text: str) -> str:
    """Return the text in NFC with single plain spaces, stripped, without invisible characters."""
    if text.isascii() and "  " not in text:
        return text.strip(" ")
    return WHITESPACE_RE.sub(" ", normalize("NFC", STRIPPED_RE.sub("", text))).strip(" ")


def matching_key(text: str) -> str:
    """Return the key that all spellings of one name share.

    It ignores case, accents (of the letters in LETTER_FALLBACKS too), runs of spaces, non-breaking spaces,
    invisible characters and Unicode composition, and nothing else.
    """
    if text.isascii():
        return normalize_name(text.lower())
    visible = DEFAULT_IGNORABLE_RE.sub("", text)
    folded = normalize("NFD", normalize("NFD", visible).casefold())
    plain = COMBINING_MARKS_RE.sub("", folded)
    return normalize_name(plain if plain.isascii() else plain.translate(LETTER_FALLBACKS))


def split_names(text: str) -> list[str]:
    """Return the normalized names of a text with one name per line, without blanks and duplicates."""
    names = {}
    for line in re.split(r"\r\n|\r|\n", text):
        if name := normalize_name(line):
            names.setdefault(matching_key(name), name)
    return list(names.values())


def tokenize_query(query: str) -> list[str]:
    """Return the words of a search query, split at spaces and punctuation."""
    key = matching_key(query)
    return re.findall(r"\w+", key) or key.split()


@cache
def _letters_by_key() -> dict[str, str]:
    """Return the letters that have each matching key. The key of “æ” has two letters."""
    letters = defaultdict(str)
    for letter in filter(str.isalpha, map(chr, range(END_OF_ACCENTED_LETTERS))):
        letters[matching_key(letter)] += letter
    return letters


def any_spelling_pattern(key: str) -> str:
    """Return a regular expression for a text with this matching key, in any case and with any accents.

    It means the same to Python and to PostgreSQL.
    """
    letters = _letters_by_key()

    def spellings(match):
        parts = [f"[{letters[char]}]" if char in letters else re.escape(char) for char in match[0]]
        in_one = f"|[{letters[match[0]]}]" if len(parts) > 1 else ""
        return f"(?:{''.join(parts)}{in_one})" if in_one else parts[0]

    return re.sub("|".join([*(pair for pair in letters if len(pair) == 2), "."]), spellings, key)


def word_beginning(word: str) -> str:
    """Return the text that `search_lines` has where a word begins with this, or has it in scripts without spaces."""
    return word if UNSPACED_RE.match(word) else f" {word}"


def search_lines(names: Iterable[str]) -> str:
    """Return a line for each name with a space before each of its words, so that " word" finds beginnings of words."""
    lines = dict.fromkeys("".join(f" {word}" for word in tokenize_query(name)) for name in names)
    return "\n".join(line for line in lines if line)


def slug_candidates(name: str, *qualifiers: str) -> Iterator[str]:
    """Yield slugs for a name, best first: the name, the name with qualifiers, then numbered endlessly."""
    base = slugify(matching_key(name), allow_unicode=True)[:180].strip("-_") or "university"
    yield base
    for qualifier in qualifiers:
        base = f"{base}-{slugify(qualifier)}"
        yield base
    for number in count(2):
        yield f"{base}-{number}"
