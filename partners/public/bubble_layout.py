"""Layout of the map's bubbles: circles are moved apart until none overlaps another, and no further than necessary."""

from math import hypot

MAX_ITERATIONS = 250
ANCHOR_PULL = 0.06
"""Fraction of the distance to its anchor that a circle moves in the first iteration; it declines linearly to 0."""
MIN_GAP = 1e-3
"""Tolerated overlap, in the units of the coordinates: without it the last iterations would hardly converge."""


def resolve_overlaps(anchors, radii, box):
    """Return the positions of circles so that none overlap, each as near to its anchor as possible.

    ``anchors`` maps names to (x, y), ``radii`` names to radii; ``box`` is (left, top, width, height), and no circle
    leaves it. All are in the same unit. Gives up after MAX_ITERATIONS, with the overlaps that are left.
    """
    positions = {name: list(anchor) for name, anchor in sorted(anchors.items())}
    for remaining in range(MAX_ITERATIONS, 0, -1):
        for name, position in positions.items():
            for axis in (0, 1):
                position[axis] += (anchors[name][axis] - position[axis]) * ANCHOR_PULL * remaining / MAX_ITERATIONS
        has_moved = _separate_all(positions, radii)
        for name, position in positions.items():
            for axis in (0, 1):
                start, length = box[axis] + radii[name], box[axis + 2] - 2 * radii[name]
                position[axis] = min(max(position[axis], start), start + length)
        if not has_moved:
            break
    return {name: tuple(position) for name, position in positions.items()}


def _separate_all(positions, radii):
    """Separate every overlapping pair; return True if there was one. Sorting by x limits the pairs to compare."""
    names = sorted(positions, key=lambda name: (positions[name][0], name))
    max_radius, has_moved = max(radii.values(), default=0), False
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            if positions[other][0] - positions[one][0] >= radii[one] + max_radius:
                break
            has_moved |= _separate_pair(positions[one], positions[other], radii[one], radii[other])
    return has_moved


def _separate_pair(one, other, radius, other_radius):
    """Move two circles apart; return True if they overlapped. The smaller one moves further."""
    # Two circles at the same position are separated horizontally.
    delta = [other[0] - one[0] or MIN_GAP, other[1] - one[1]]
    distance, min_distance = hypot(*delta), radius + other_radius
    if distance > min_distance - MIN_GAP:
        return False
    step = (min_distance - distance) / distance / (radius**2 + other_radius**2)
    for axis in (0, 1):
        one[axis] -= delta[axis] * step * other_radius**2
        other[axis] += delta[axis] * step * radius**2
    return True
