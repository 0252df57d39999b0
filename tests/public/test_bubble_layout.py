from itertools import combinations
from math import dist

import pytest

from partners.public.bubble_layout import resolve_overlaps

BOX = (0, 0, 100, 60)


def overlaps(positions, radii):
    return [
        (one, other)
        for one, other in combinations(positions, 2)
        if dist(positions[one], positions[other]) < radii[one] + radii[other] - 0.1
    ]


def test_circles_without_overlap_stay_at_their_anchors():
    anchors = {"a": (20, 20), "b": (60, 20)}

    assert resolve_overlaps(anchors, {"a": 5, "b": 5}, BOX) == anchors


@pytest.mark.parametrize(
    "anchors",
    [
        {"a": (50, 30), "b": (50, 30)},
        {"a": (50, 30), "b": (50, 30), "c": (50, 30), "d": (50, 30)},
        {str(n): (40 + n, 30 + n % 3) for n in range(12)},
    ],
    ids=["two at one position", "four at one position", "twelve in a row"],
)
def test_overlapping_circles_are_separated(anchors):
    radii = dict.fromkeys(anchors, 5)

    assert overlaps(resolve_overlaps(anchors, radii, BOX), radii) == []


def test_larger_circle_moves_less():
    positions = resolve_overlaps({"large": (45, 30), "small": (55, 30)}, {"large": 15, "small": 5}, BOX)

    assert 45 - positions["large"][0] < positions["small"][0] - 55


def test_circles_stay_in_the_box():
    positions = resolve_overlaps({"a": (0, 0), "b": (2, 1), "c": (100, 60)}, {"a": 5, "b": 5, "c": 5}, BOX)

    assert [name for name, (x, y) in positions.items() if not (4.9 < x < 95.1 and 4.9 < y < 55.1)] == []


def test_result_does_not_depend_on_the_order_of_circles():
    anchors = {str(n): (40 + n, 30 + n % 3) for n in range(12)}
    radii = dict.fromkeys(anchors, 5)

    assert resolve_overlaps(dict(reversed(anchors.items())), radii, BOX) == resolve_overlaps(anchors, radii, BOX)


def test_no_circles_give_no_positions():
    assert resolve_overlaps({}, {}, BOX) == {}
