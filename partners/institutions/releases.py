"""Read the institutions of education from a release of the Research Organization Registry (ROR).

A release is a ZIP file with a JSON array of all organizations in schema v2, beside CSV files and, until 2025, JSON in
schema v1. Its longest name has some 200 characters. Source: https://ror.readme.io/docs/data-dump
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import TextIOWrapper
from json import JSONDecodeError, JSONDecoder
from lzma import LZMAError
from pathlib import Path
from typing import TextIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.core.exceptions import ValidationError
from tqdm import tqdm

from partners.models import Institution, University
from partners.name_normalization import collapse_white_space, normalize_name, split_names
from partners.ror_ids import find_ror_id
from partners.validators import CONTROL_CHARACTERS_RE, FORMULA_PREFIXES

MAX_JSON_SIZE = 1_000_000_000
"""Bytes. A release has some 330,000,000."""
CHUNK_SIZE = 1 << 18
MAX_ITEM_SIZE = 1_000_000
"""Characters. An organization has some 3,000."""
MAX_TEXT_LENGTH = 500
REQUIRED_FIELDS = {"ror_id": "valid ROR ID", "name": "name", "country_code": "country"}
COUNTRY_CODE_RE = re.compile("[A-Z]{2}")
ZIP_ERRORS = (BadZipFile, EOFError, LZMAError, RuntimeError, zlib.error)


class ReleaseError(Exception):
    """A release that cannot be loaded. The message is for the user."""


def parse_array(file: TextIO) -> Iterator[object]:
    """Yield the items of a JSON array of objects, with only a part of the file in memory. Raise ReleaseError."""
    text, position, delimiter_re = "", 0, re.compile(r"(?<!\s)\s*\[\s*")
    while chunk := file.read(CHUNK_SIZE):
        text, position = text[position:] + chunk, 0
        if len(text) > MAX_ITEM_SIZE:
            break
        while delimiter := delimiter_re.match(text, position):
            try:
                item, position = JSONDecoder().raw_decode(text, delimiter.end())
            except JSONDecodeError:
                break  # It goes on in the next chunk.
            yield item
            delimiter_re = re.compile(r"(?<!\s)\s*,\s*")
    if text[position:].strip() != "]":
        raise ReleaseError(f"its JSON ends early, is damaged, or has an item of over {MAX_ITEM_SIZE:,} characters")


def read_institutions(path: Path) -> dict[str, Institution]:
    """Return the institutions of education of a release by ROR ID, not saved. Raise ReleaseError."""
    try:
        with ZipFile(path) as archive:
            return _parse_member(archive, _find_member(archive))
    except (RecursionError, ValueError) as error:
        raise ReleaseError(f"{path} is no release of ROR: its JSON is damaged.") from error
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}.") from error
    except ZIP_ERRORS as error:
        raise ReleaseError(f"{path} is not a ZIP file, or is damaged. Download it again.") from error
    except ReleaseError as error:
        raise ReleaseError(f"{path} is no release of ROR: {error}.") from error


def _find_member(archive: ZipFile) -> ZipInfo:
    """Return the member with the organizations in schema v2, by its content, as names of members have changed."""
    for member in archive.infolist():
        if member.filename.endswith(".json") and _has_schema_v2(archive, member):
            if member.file_size > MAX_JSON_SIZE:
                raise ReleaseError(f"its JSON has more than {MAX_JSON_SIZE:,} bytes")
            return member
    raise ReleaseError("it has no JSON file of organizations in schema v2")


def _has_schema_v2(archive: ZipFile, member: ZipInfo) -> bool:
    with archive.open(member) as file:
        try:
            first = next(parse_array(TextIOWrapper(file, "utf-8")), None)
        except (RecursionError, ReleaseError, ValueError):
            return False
    return isinstance(first, dict) and {"names", "locations"} <= first.keys()


def _parse_member(archive: ZipFile, member: ZipInfo) -> dict[str, Institution]:
    institutions = {}
    bar = {"desc": "Reading", "total": member.file_size, "leave": False, "disable": None}
    with archive.open(member) as file, tqdm.wrapattr(TextIOWrapper(file, "utf-8"), "read", **bar) as text:
        for number, organization in enumerate(parse_array(text), start=1):
            if institution := _parse_organization(organization, number):
                if institution.ror_id in institutions:
                    raise ReleaseError(f"it has {institution.ror_url} twice")
                institutions[institution.ror_id] = institution
    if not institutions:
        raise ReleaseError("it has no institution of education")
    return institutions


def _parse_organization(organization: dict, number: int) -> Institution | None:
    """Return the institution, or None if the organization is not one of education."""
    try:
        if "education" not in organization["types"]:
            return None
        institution = _build_institution(organization)
    except (AttributeError, KeyError, TypeError) as error:
        raise ReleaseError(f"organization {number} is not in the shape of schema v2") from error
    for field, label in REQUIRED_FIELDS.items():
        if not getattr(institution, field):
            ror_id = _clean(str(organization.get("id")))
            raise ReleaseError(f"organization {number}, with the id {ror_id}, has no {label}")
    return institution


def _build_institution(organization: dict) -> Institution:
    """Return the institution, with empty fields where the organization has no valid value."""
    names = [(_clean(name["value"]), set(name["types"])) for name in organization.get("names") or []]
    displayed = [name for name, types in names if "ror_display" in types] + [name for name, _types in names]
    details = [location["geonames_details"] for location in organization.get("locations") or []] or [{}]
    country_code = details[0].get("country_code") or ""
    is_withdrawn = organization["status"] != "active"
    return Institution(
        ror_id=find_ror_id(organization.get("id") or "") or "",
        name=next(filter(None, displayed), ""),
        names=_lines(name for name, types in names if types != {"acronym"}),
        acronyms=_lines(name for name, types in names if "acronym" in types),
        country_code=country_code if COUNTRY_CODE_RE.fullmatch(country_code) else "",
        city=_clean(details[0].get("name")),
        website=_website(organization.get("links") or []),
        domains=_lines(map(_clean, organization.get("domains") or [])),
        is_withdrawn=is_withdrawn,
        successor=_successor(organization.get("relationships") or []) if is_withdrawn else "",
    )


def _clean(text: str | None) -> str:
    """Return the text as a name is stored: one line of visible text that a spreadsheet does not take for a formula."""
    line = collapse_white_space(CONTROL_CHARACTERS_RE.sub(" ", (text or "")[:MAX_TEXT_LENGTH]))
    return normalize_name(line).lstrip(f"{FORMULA_PREFIXES} ")


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(split_names("\n".join(texts)))


def _website(links: list[dict]) -> str:
    """Return the first website that a university could have, as it is shown as a link."""
    for url in [link["value"] for link in links if link["type"] == "website"]:
        with suppress(ValidationError):
            University._meta.get_field("website").run_validators(url)
            return url
    return ""


def _successor(relationships: list[dict]) -> str:
    successors = [
        find_ror_id(relationship["id"]) for relationship in relationships if relationship["type"] == "successor"
    ]
    return next(filter(None, successors), "")
