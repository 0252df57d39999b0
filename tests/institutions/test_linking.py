import pytest

from partners.institutions.linking import directory_differences, fill_from_institution
from partners.models import University
from tests.helpers.factories import InstitutionFactory

MUNICH = {"city": "Munich", "website": "https://www.tum.de"}


def university(institution=None, **values):
    return University(name="TUM", institution=InstitutionFactory.build(**institution or {}), **values)


@pytest.mark.parametrize(
    ("office", "expected"),
    [
        ({}, MUNICH),
        ({"city": "Garching"}, MUNICH | {"city": "Garching"}),
        ({"website": "https://tum.example"}, MUNICH | {"website": "https://tum.example"}),
    ],
)
def test_empty_fields_are_filled_and_others_stay(office, expected):
    tum = university(**office)

    fill_from_institution(tum)

    assert {"city": tum.city, "website": tum.website} == expected


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ({"city": "", "website": ""}, {"city": "", "website": ""}),
        ({"city": "=Munich"}, MUNICH | {"city": ""}),
        ({"city": "  New \u00a0 York"}, MUNICH | {"city": "New York"}),
        ({"website": "ftp://tum.de"}, MUNICH | {"website": ""}),
        ({"website": f"https://tum.de/{'x' * 200}"}, MUNICH | {"website": ""}),
    ],
)
def test_value_that_the_register_may_not_have_is_left_out(directory, expected):
    tum = university(directory)

    fill_from_institution(tum)

    assert {"city": tum.city, "website": tum.website} == expected
    assert directory_differences(tum) == {}


@pytest.mark.parametrize(
    ("office", "expected"),
    [
        (MUNICH, {}),
        ({"city": "MÜNICH", "website": "http://tum.de/"}, {}),
        ({"city": "München", "website": "https://www.tum.de"}, {"city": "Munich"}),
        ({"city": "", "website": "https://www.tum.de/en"}, MUNICH),
    ],
)
def test_differences_are_what_the_directory_has_otherwise(office, expected):
    assert directory_differences(university(**office)) == expected
