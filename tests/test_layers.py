"""Who may import whom. A module may use what stands before it in its line of rooms, and its own room."""

import ast
from pathlib import Path

import pytest

PARTNERS = Path(__file__).resolve().parent.parent / "partners"
FOUNDATION = ["names", "countries", "rules", "fields", "file_kinds", "querysets", "models"]
MAY_USE = {
    "names": [],
    "reference": ["names"],
    "countries": ["names", "reference"],
    "rules": ["names"],
    "fields": ["names", "rules"],
    "file_kinds": ["rules"],
    "querysets": ["names", "countries", "rules"],
    "models": FOUNDATION,
    "revision": [],
    "apps": ["revision"],
    "migrations": [*FOUNDATION, "reference"],
    "past": FOUNDATION,
    "interchange": FOUNDATION,
    "reminders": FOUNDATION,
    "admin": [*FOUNDATION, "past", "interchange", "logins"],
    "site": [*FOUNDATION, "logins", "admin"],
    "public": [*FOUNDATION, "revision", "interchange", "logins"],
    "backups": FOUNDATION,
    "logins": [],
    "templatetags": [],
    "management": [*FOUNDATION, "interchange", "backups", "logins", "reminders"],
}
MODULES = sorted(PARTNERS.rglob("*.py"))


def room(path):
    return path.relative_to(PARTNERS).with_suffix("").parts[0]


def rooms_used(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "partners":
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("partners."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("partners."))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PARTNERS)))
def test_module_imports_only_what_stands_before_it(path):
    allowed = {room(path), *MAY_USE.get(room(path), [])}

    assert set(rooms_used(path)) - allowed == set()


def test_every_room_has_its_rule():
    assert {room(path) for path in MODULES} - {"__init__"} == set(MAY_USE)
