from itertools import combinations
from math import hypot

import pytest

from partners.public.bubble_layout import resolve_overlaps

BOX = (0, 0, 100, 60)


def overlaps(spots, radii):
    return [
        (one, other)
        for one, other in combinations(spots, 2)
        if hypot(spots[one][0] - spots[other][0], spots[one][1] - spots[other][1]) < radii[one] + radii[other] - 0.1
    ]


def test_circles_that_are_apart_stay_at_home():
    homes = {"a": (20, 20), "b": (60, 20)}

    assert resolve_overlaps(homes, {"a": 5, "b": 5}, BOX) == homes


@pytest.mark.parametrize(
    "homes",
    [
        {"a": (50, 30), "b": (50, 30)},
        {"a": (50, 30), "b": (50, 30), "c": (50, 30), "d": (50, 30)},
        {str(at): (40 + at, 30 + at % 3) for at in range(12)},
    ],
    ids=["two at one spot", "four at one spot", "twelve in a row"],
)
def test_circles_are_parted(homes):
    radii = dict.fromkeys(homes, 5)

    assert overlaps(resolve_overlaps(homes, radii, BOX), radii) == []


def test_larger_circle_is_moved_less():
    spots = resolve_overlaps({"large": (45, 30), "small": (55, 30)}, {"large": 15, "small": 5}, BOX)

    assert 45 - spots["large"][0] < spots["small"][0] - 55


def test_circles_stay_in_the_box():
    spots = resolve_overlaps({"a": (0, 0), "b": (2, 1), "c": (100, 60)}, {"a": 5, "b": 5, "c": 5}, BOX)

    assert [name for name, (x, y) in spots.items() if not (4.9 < x < 95.1 and 4.9 < y < 55.1)] == []


def test_order_of_circles_does_not_matter():
    homes = {str(at): (40 + at, 30 + at % 3) for at in range(12)}
    radii = dict.fromkeys(homes, 5)

    assert resolve_overlaps(dict(reversed(homes.items())), radii, BOX) == resolve_overlaps(homes, radii, BOX)


def test_no_circle_is_no_trouble():
    assert resolve_overlaps({}, {}, BOX) == {}
