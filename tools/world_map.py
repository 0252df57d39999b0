"""Generate the map of the world and each country's position on it: `python -m tools.world_map FOLDER`

FOLDER contains `land-110m.json` and `countries-50m.json` of the npm package world-atlas 2.0.2 (data of Natural Earth,
public domain). Needs pycountry for the numeric ISO 3166-1 codes. Writes `partners/static/partners/land.svg` and
`partners/public/country_positions.json`.

The steps: decode TopoJSON into rings of (longitude, latitude) in degrees, project them to the plane, scale the plane to
the picture's pixels.
"""

import json
import sys
from collections import defaultdict
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import pycountry

PARTNERS = Path(__file__).resolve().parent.parent / "partners"
WIDTH = 2000  # of the picture in pixels
CENTRAL_MERIDIAN = 11  # degrees east; its antimeridian passes through the Bering Strait and divides no land
MIN_LATITUDE, MAX_LATITUDE = -56, 73  # the regions beyond have hardly any university and a third of the area

# Positions (longitude, latitude) where the centroid of the largest polygon is not where users look for the country.
POSITION_OVERRIDES = {
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
# Positions of countries that the data omits as too small or includes in another country.
MISSING_POSITIONS = {
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
    land = decode_polygons(load_topology(folder, "land-110m.json"), "land")
    rings = [[project(*point) for point in ring] for polygon in land for ring in polygon]
    rings = list(filter(is_included, rings))
    box = bounding_box(rings)
    path = "".join(svg_path([to_pixels(point, box) for point in ring]) for ring in rings)
    height = round(to_pixels(box[1], box)[1])
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"><path id="land" d="{path}"/></svg>\n'
    (PARTNERS / "static" / "partners" / "land.svg").write_text(svg)
    points = {code: to_pixels(project(*point), box) for code, point in sorted(country_positions(folder).items())}
    positions = {code: [round(x), round(y)] for code, (x, y) in points.items()}
    (PARTNERS / "public" / "country_positions.json").write_text(json.dumps(positions).replace("], ", "],\n") + "\n")


def load_topology(folder, name):
    return json.loads((Path(folder) / name).read_text())


def decode_polygons(topology, name):
    """Yield the polygons of a TopoJSON object as lists of rings, a ring as a list of (longitude, latitude)."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arcs.append([((x := x + dx) * scale_x + left, (y := y + dy) * scale_y + bottom) for dx, dy in deltas])
    for geometry in topology["objects"][name]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        yield from ([join_arcs(ring, arcs) for ring in polygon] for polygon in polygons)


def join_arcs(indexes, arcs):
    """Return the points of a ring. A negative index means the arc `~index`, reversed."""
    parts = (arcs[index] if index >= 0 else arcs[~index][::-1] for index in indexes)
    return [point for part in parts for point in part[:-1]]


def is_included(ring):
    """Exclude Antarctica, and Saint Lawrence Island, which lies on the edge and would be drawn across the world."""
    xs, ys = zip(*ring, strict=True)
    return max(ys) > project(0, MIN_LATITUDE)[1] and max(xs) - min(xs) < 3


def project(longitude, latitude):
    """Return the coordinates in the equal-area projection Equal Earth (Šavrič, Patterson and Jenny, 2018)."""
    t = asin(sqrt(3) / 2 * sin(radians(latitude)))
    longitude = radians((longitude - CENTRAL_MERIDIAN + 180) % 360 - 180)
    slope = 9 * 0.003796 * t**8 + 7 * 0.000893 * t**6 - 3 * 0.081106 * t**2 + 1.340264
    x = 2 * sqrt(3) * longitude * cos(t) / (3 * slope)
    return x, t * (1.340264 - 0.081106 * t**2 + t**6 * (0.000893 + 0.003796 * t**2))


def bounding_box(rings):
    """Return the upper left and the lower right corner."""
    xs = [x for ring in rings for x, _ in ring]
    return (min(xs), project(0, MAX_LATITUDE)[1]), (max(xs), project(0, MIN_LATITUDE)[1])


def to_pixels(point, box):
    (left, top), (right, _) = box
    scale = WIDTH / (right - left)
    return (point[0] - left) * scale, (top - point[1]) * scale


def svg_path(ring):
    """Return an SVG path with relative integer coordinates, or "" for a ring that rounding reduces to a point."""
    points = [tuple(map(round, point)) for point in ring]
    steps = [(x - left, y - top) for (left, top), (x, y) in pairwise(points) if (x, y) != (left, top)]
    if len(steps) < 2:
        return ""
    return f"M{points[0][0]} {points[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-") + "z"


def country_positions(folder):
    """Return (longitude, latitude) by country code: the centroid of the country's largest polygon."""
    topology = load_topology(folder, "countries-50m.json")
    parts = defaultdict(list)
    for geometry in topology["objects"]["countries"]["geometries"]:
        if country := pycountry.countries.get(numeric=geometry.get("id", "")):
            polygons = decode_polygons(topology | {"objects": {"country": {"geometries": [geometry]}}}, "country")
            parts[country.alpha_2] += [area_and_centroid(polygon[0]) for polygon in polygons]
    return MISSING_POSITIONS | {code: max(sizes)[1] for code, sizes in parts.items()} | POSITION_OVERRIDES


def area_and_centroid(ring):
    double_area = x = y = 0
    for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]):
        cross = x1 * y2 - x2 * y1
        double_area, x, y = double_area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    return abs(double_area), (x / double_area / 3, y / double_area / 3)


if __name__ == "__main__":
    main(sys.argv[1])
