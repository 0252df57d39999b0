"""Releases of the Research Organization Registry, as small as a test needs them."""

import json
from zipfile import ZIP_DEFLATED, ZipFile


def ror_ids(count):
    """Return so many valid IDs."""
    return [f"0{number:06}{98 - int(f'{number:06}', 32) * 100 % 97:02}" for number in range(count)]


def ror_organization(ror_id="02kkvpp62", **fields):
    """Return an organization in the shape of schema v2."""
    organization = {
        "id": f"https://ror.org/{ror_id}",
        "status": "active",
        "types": ["education", "funder"],
        "established": 1868,
        "names": [
            {"value": "TUM", "types": ["acronym"], "lang": "de"},
            {"value": "Technical University of Munich", "types": ["label", "ror_display"], "lang": "en"},
            {"value": "Technische Universität München", "types": ["label"], "lang": "de"},
        ],
        "locations": [
            {
                "geonames_id": 2867714,
                "geonames_details": {"country_code": "DE", "country_name": "Germany", "name": "Munich", "lat": 48.13},
            }
        ],
        "domains": ["tum.de"],
        "links": [
            {"type": "wikipedia", "value": "https://en.wikipedia.org/wiki/Technical_University_of_Munich"},
            {"type": "website", "value": "https://www.tum.de"},
        ],
        "relationships": [{"id": "https://ror.org/01eezs655", "label": "Klinikum", "type": "related"}],
    }
    return organization | fields


def ror_names(*names):
    return [{"value": name, "types": ["label"], "lang": None} for name in names]


def write_release(path, *organizations, name="v2.9-ror-data.json", content=None):
    """Write a release as ROR does, with CSV beside the JSON. Return its path."""
    content = json.dumps(organizations, indent=2) if content is None else content
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("v2.9-ror-data.csv", "id,names\n")
        archive.writestr(name, content)
    return path
