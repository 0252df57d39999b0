"""Circles that are moved apart until none is over another, and no further than they have to be."""

from math import hypot

MAX_ITERATIONS = 250
ANCHOR_PULL = 0.06
"""The part of the way home that a circle goes in the first round, and less in each that follows."""
MIN_GAP = 1e-3
"""What circles may overlap by, so that the last of it need not take forever."""


def resolve_overlaps(homes, radii, box):
    """Where circles come to be that would rather be at their homes, and stay in a box (left, top, width, height)."""
    spots = {name: list(home) for name, home in sorted(homes.items())}
    for rounds_left in range(MAX_ITERATIONS, 0, -1):
        for name, spot in spots.items():
            _move_towards(spot, homes[name], ANCHOR_PULL * rounds_left / MAX_ITERATIONS)
        is_done = not _separate_all(spots, radii)
        for name, spot in spots.items():
            _clamp(spot, radii[name], box)
        if is_done:
            break
    return {name: tuple(spot) for name, spot in spots.items()}


def _move_towards(spot, towards, part):
    for axis in (0, 1):
        spot[axis] += (towards[axis] - spot[axis]) * part


def _clamp(spot, radius, box):
    for axis in (0, 1):
        start, length = box[axis], box[axis + 2]
        spot[axis] = min(max(spot[axis], start + radius), start + length - radius)


def _separate_all(spots, radii):
    """Whether any two had to be parted. Those that are far from each other across are not even looked at."""
    names = sorted(spots, key=lambda name: (spots[name][0], name))
    widest, parted = max(radii.values(), default=0), False
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            if spots[other][0] - spots[one][0] >= radii[one] + widest:
                break
            parted |= _separate_pair(spots[one], spots[other], radii[one], radii[other])
    return parted


def _separate_pair(one, other, radius, other_radius):
    """The smaller one goes further. Of two at the same spot, one goes left."""
    way = [other[0] - one[0] or MIN_GAP, other[1] - one[1]]
    distance, together = hypot(*way), radius + other_radius
    if distance > together - MIN_GAP:
        return False
    step = (together - distance) / distance / (radius**2 + other_radius**2)
    for axis in (0, 1):
        one[axis] -= way[axis] * step * other_radius**2
        other[axis] += way[axis] * step * radius**2
    return True
