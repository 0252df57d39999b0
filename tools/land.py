"""Draws the land of the map, and places each country on it: python -m tools.land FOLDER

FOLDER holds ``land-110m.json`` and ``countries-50m.json`` of the npm package world-atlas 2.0.2, which
are Natural Earth's and in the public domain. Needs pycountry, for the numbers that it calls countries by.
Run once; writes ``partners/static/partners/land.svg`` and ``partners/public/places.json``.
"""

import json
import sys
from collections import defaultdict
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import pycountry

PARTNERS = Path(__file__).resolve().parent.parent / "partners"
WIDTH = 2000
MIDDLE = 11
"""The meridian in the middle, whose opposite passes through the Bering Strait."""
SOUTHERNMOST, NORTHERNMOST = -56, 73
"""What is beyond has hardly a university, and takes a third of the picture."""

# Where the middle of the largest part is not where one looks for a country.
ELSEWHERE = {
    "CA": (-97, 53),
    "CL": (-71.3, -33.5),
    "FJ": (178, -17.8),
    "GQ": (10.5, 1.6),
    "HR": (16, 45.6),
    "ID": (110, -7.3),
    "KI": (173, 1.4),
    "MY": (102, 4),
    "NO": (9, 61.3),
    "NZ": (174, -39.5),
    "RU": (39, 56),
    "SE": (15.3, 60.3),
    "US": (-97, 39.5),
}
# Too small for the data, or drawn there as a part of another country.
MISSING = {
    "BQ": (-68.3, 12.2),
    "BV": (3.4, -54.4),
    "CC": (96.9, -12.2),
    "CX": (105.7, -10.5),
    "GF": (-53, 4),
    "GI": (-5.4, 36.1),
    "GP": (-61.5, 16.2),
    "MQ": (-61, 14.6),
    "RE": (55.5, -21.1),
    "SJ": (16, 74.5),
    "TK": (-171.8, -9.2),
    "TV": (179.2, -8.5),
    "UM": (-169.5, 16.7),
    "XK": (20.9, 42.6),
    "YT": (45.2, -12.8),
}


def main(folder):
    land = polygons(topology(folder, "land-110m.json"), "land")
    rings = [[projected(*point) for point in ring] for polygon in land for ring in polygon]
    rings = list(filter(is_kept, rings))
    box = frame(rings)
    path = "".join(drawn([placed(point, box) for point in ring]) for ring in rings)
    height = round(placed(box[1], box)[1])
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"><path id="land" d="{path}"/></svg>\n'
    (PARTNERS / "static" / "partners" / "land.svg").write_text(svg)
    points = {code: placed(projected(*point), box) for code, point in sorted(middles(folder).items())}
    places = {code: [round(x), round(y)] for code, (x, y) in points.items()}
    (PARTNERS / "public" / "places.json").write_text(json.dumps(places).replace("], ", "],\n") + "\n")


def topology(folder, name):
    return json.loads((Path(folder) / name).read_text())


def polygons(atlas, name):
    """The polygons of an object as lists of rings of degrees."""
    (stretch_x, stretch_y), (left, bottom) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for steps in atlas["arcs"]:
        x = y = 0
        arcs.append([((x := x + dx) * stretch_x + left, (y := y + dy) * stretch_y + bottom) for dx, dy in steps])
    for shape in atlas["objects"][name]["geometries"]:
        shapes = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        yield from ([joined(ring, arcs) for ring in polygon] for polygon in shapes)


def joined(ring, arcs):
    parts = (arcs[at] if at >= 0 else arcs[~at][::-1] for at in ring)
    return [point for part in parts for point in part[:-1]]


def is_kept(ring):
    """Antarctica is not, nor Saint Lawrence Island, which lies on the edge and would be drawn across the world."""
    across, up = zip(*ring, strict=True)
    return max(up) > projected(0, SOUTHERNMOST)[1] and max(across) - min(across) < 3


def projected(longitude, latitude):
    """Equal Earth (Šavrič, Patterson and Jenny, 2018), which keeps areas as they are to each other."""
    t = asin(sqrt(3) / 2 * sin(radians(latitude)))
    across = radians((longitude - MIDDLE + 180) % 360 - 180)
    slope = 9 * 0.003796 * t**8 + 7 * 0.000893 * t**6 - 3 * 0.081106 * t**2 + 1.340264
    x = 2 * sqrt(3) * across * cos(t) / (3 * slope)
    return x, t * (1.340264 - 0.081106 * t**2 + t**6 * (0.000893 + 0.003796 * t**2))


def frame(rings):
    """The left upper and the right lower corner."""
    across = [x for ring in rings for x, _ in ring]
    return (min(across), projected(0, NORTHERNMOST)[1]), (max(across), projected(0, SOUTHERNMOST)[1])


def placed(point, box):
    (left, top), (right, _) = box
    scale = WIDTH / (right - left)
    return (point[0] - left) * scale, (top - point[1]) * scale


def drawn(ring):
    """As a path of whole steps, which are a fraction of a pixel off. What has shrunk to a point is left out."""
    points = [tuple(map(round, point)) for point in ring]
    steps = [(x - left, y - top) for (left, top), (x, y) in pairwise(points) if (x, y) != (left, top)]
    if len(steps) < 2:
        return ""
    return f"M{points[0][0]} {points[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-") + "z"


def middles(folder):
    """Where each country is, in degrees: the middle of its largest part."""
    atlas = topology(folder, "countries-50m.json")
    parts = defaultdict(list)
    for shape in atlas["objects"]["countries"]["geometries"]:
        if country := pycountry.countries.get(numeric=shape.get("id", "")):
            rings = [polygon[0] for polygon in polygons(atlas | {"objects": {"it": {"geometries": [shape]}}}, "it")]
            parts[country.alpha_2] += map(area_and_middle, rings)
    return MISSING | {code: max(found)[1] for code, found in parts.items()} | ELSEWHERE


def area_and_middle(ring):
    doubled = x = y = 0
    for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]):
        piece = x1 * y2 - x2 * y1
        doubled, x, y = doubled + piece, x + (x1 + x2) * piece, y + (y1 + y2) * piece
    return abs(doubled), (x / doubled / 3, y / doubled / 3)


if __name__ == "__main__":
    main(sys.argv[1])
