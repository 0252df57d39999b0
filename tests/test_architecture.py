"""docs/architecture.md names functions and files that exist. Its table of imports is held by test_layers.py."""

import re
from itertools import groupby
from pydoc import locate

import pytest

from tests.helpers.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
FUNCTIONS = re.findall(r"`((?:exchange|partners)\.[\w.]+)`", PAGE)
PATHS = re.findall(r"`([\w./]+(?:\.(?:py|html|md)|/))`|`(\.env\.example)`", PAGE)


def section(heading):
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def recipes():
    """Return the places to change of each recipe."""
    rows = [line.strip("| ").split(" | ") for line in section("Recipes").splitlines() if line.startswith("| ")]
    return {recipe: places.split(" · ") for recipe, places in rows[1:]}


def packages_of_steps(heading):
    """Return the package of the function in each numbered line, as often as the way enters it."""
    steps = re.findall(r"(?m)^\d+\. `(?:partners\.)?(\w+)", section(heading))
    return [package for package, _steps in groupby(steps)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_exists(name):
    assert locate(name)


@pytest.mark.parametrize("path", sorted({path or other for path, other in PATHS}))
def test_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    ("heading", "packages"),
    [
        ("From an uploaded file to rows of the register", ["admin", "tables", "imports", "runs"]),
        ("From a request for the list to its page", ["exchange", "public", "templates"]),
    ],
)
def test_way_enters_no_package_twice(heading, packages):
    assert packages_of_steps(heading) == packages


def test_recipe_has_at_most_three_places():
    assert [recipe for recipe, places in recipes().items() if len(places) > 3] == []
    assert len(recipes()) == 6
