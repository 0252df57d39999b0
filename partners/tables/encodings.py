"""Encodings of text files besides UTF-8 and UTF-16."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.tables.types import truncate

ENCODINGS = {
    "cp1252": "Windows-1252 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1258": "Windows-1258 (Vietnamese)",
    "iso8859_2": "ISO-8859-2 (Central European)",
    "mac_roman": "Mac Roman",
    "mac_latin2": "Mac Central European",
    "cp850": "DOS 850 (Western European)",
    "cp437": "DOS 437 (US)",
    "cp852": "DOS 852 (Central European)",
    "cp857": "DOS 857 (Turkish)",
    "cp862": "DOS 862 (Hebrew)",
    "cp866": "DOS 866 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp874": "Windows-874 (Thai)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5hkscs": "Big5 (Chinese)",
    "cp949": "EUC-KR (Korean)",
}
"""Labels of the encodings by Python's names, the most usual first."""
_WINDOWS_1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(128, 256)}
CONTINUATIONS = "".join(_WINDOWS_1252[byte] for byte in range(0x80, 0xC0))
UNUSUAL_CONTINUATIONS = re.sub("[\xa0\u2018-\u201d\u2013\u2014\u2026\xbb]", "", CONTINUATIONS)
"""Without white space and punctuation, which may follow a capital letter."""
LEADS_OF_THREE = "".join(_WINDOWS_1252[byte] for byte in range(0xE0, 0xF0))
DOUBLE_UTF8_RE = re.compile(
    f"Ã[{CONTINUATIONS}]|[ÄÅÎÏÐÑ\xd7ØÙ][{UNUSUAL_CONTINUATIONS}]|[{LEADS_OF_THREE}][{CONTINUATIONS}]{{2}}"
)
"""UTF-8 of a letter that was read as Windows-1252 and stored as UTF-8 once more, such as Ã¤ for ä."""


class EncodingGuess(NamedTuple):
    encoding: str
    """A key of ENCODINGS."""
    examples: list[str]
    """Up to three cells with other letters than ASCII's, as they read under it."""
    is_confirmed: bool
    """More names of the register are found under it than under any other encoding."""

    @property
    def label(self) -> str:
        return ENCODINGS[self.encoding]

    def describe(self) -> str:
        examples = ", ".join(f"“{truncate(example)}”" for example in self.examples)
        if self.is_confirmed:
            return _("The file is read as %(encoding)s: %(examples)s.") % {"encoding": self.label, "examples": examples}
        message = _("The file is read as %(encoding)s, which is a guess: %(examples)s. Check the names.")
        return message % {"encoding": self.label, "examples": examples}


def is_double_utf8(text: str) -> bool:
    """Return True for a text that was encoded twice, such as "UniversitÃ¤t"."""
    return DOUBLE_UTF8_RE.search(text) is not None
