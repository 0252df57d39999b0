"""The effects of linking a university to its institution on its city and its website."""

import re
from collections.abc import Mapping
from contextlib import suppress

from django.core.exceptions import ValidationError

from partners.models import Institution, University
from partners.name_normalization import matching_key

FILLED_FIELDS = ("city", "website")
WEBSITE_PREFIX_RE = re.compile(r"https?://(www\.)?")


def fill_from_institution(university: University) -> None:
    """Set the city and the website, where they are empty, to the institution's. What the office wrote stays."""
    for name, value in institution_values(university.institution).items():
        if not getattr(university, name):
            setattr(university, name, value)


def directory_differences(university: University) -> Mapping[str, str]:
    """Return the institution's city and website, by field name, where the register has another or none."""
    return {
        name: value
        for name, value in institution_values(university.institution).items()
        if value and _comparable(value) != _comparable(getattr(university, name))
    }


def institution_values(institution: Institution) -> Mapping[str, str]:
    """Return the city and the website as the register stores them; empty where it may not store them."""
    values = dict.fromkeys(FILLED_FIELDS, "")
    for name in FILLED_FIELDS:
        with suppress(ValidationError):
            values[name] = University._meta.get_field(name).clean(getattr(institution, name), None)
    return values


def _comparable(value: str) -> str:
    """Return a city or website without what makes no difference, such as accents, www. or a slash at the end."""
    return matching_key(WEBSITE_PREFIX_RE.sub("", value, count=1)).rstrip("/")
