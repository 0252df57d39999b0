"""IDs of the Research Organization Registry (ROR), such as 02kkvpp62: their form, checksum and addresses."""

from __future__ import annotations

import re

ROR_URL = "https://ror.org/"
ROR_ID_RE = re.compile(r"(?:(?:https?://)?(?:www\.)?ror\.org/)?(0[0-9a-hjkmnp-tv-z]{6}[0-9]{2})/?", re.ASCII)
"""An ID in lower case, alone or as an address: 0, six digits of Crockford's base 32, a checksum."""
BASE_32_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def find_ror_id(text: str) -> str | None:
    """Return the ID that a text consists of, alone or as an address, in any case; None if it is not a valid one."""
    match = ROR_ID_RE.fullmatch(text.strip().lower())
    return match[1] if match and _has_valid_checksum(match[1]) else None


def ror_url(ror_id: str) -> str:
    return f"{ROR_URL}{ror_id}"


def _has_valid_checksum(ror_id: str) -> bool:
    """Check the last two digits by ISO 7064, MOD 97-10, as https://ror.readme.io/docs/identifier describes it."""
    number = 0
    for digit in ror_id[:-2]:
        number = number * 32 + BASE_32_DIGITS.index(digit)
    return 98 - number * 100 % 97 == int(ror_id[-2:])
