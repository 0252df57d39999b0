"""Every pattern that reads outside text takes steps in proportion to its length."""

import ast
import importlib
import re
from types import SimpleNamespace

import pytest
from django.contrib import admin

from partners.models import Agreement
from tests.matching import hostile_texts, is_unbounded, steps_to_find_all
from tests.serving import ROOT

PATHS = sorted(path for folder in ("partners", "exchange") for path in (ROOT / folder).rglob("*.py"))
FUNCTIONS = {"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"}
LOCAL_NAMES = {
    "delimiter": ";",
    "found": ["office", "exchange"],
    "mark": "Chrome",
    "model": Agreement,
    "self": SimpleNamespace(prefix="agreements"),
}
"""What stands in patterns that are made while the site runs."""
SHORT, LONG = 10, 80


def patterns():
    admin.autodiscover()
    for path in PATHS:
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if is_pattern(node)]
        if calls:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            for call in calls:
                pattern = pattern_of(call, module)
                if is_unbounded(pattern):
                    yield pytest.param(pattern, id=f"{name}:{call.lineno}")


def is_pattern(node):
    function = getattr(node, "func", None)
    is_of_re = (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
    )
    return is_of_re and function.attr in FUNCTIONS


def pattern_of(call, module):
    names = vars(module) | LOCAL_NAMES
    expression = ast.Expression(call.args[0])
    flags = 0
    if call.func.attr == "compile" and len(call.args) == 2:
        flags = eval(compile(ast.Expression(call.args[1]), module.__name__, "eval"), names)  # noqa: S307
    return re.compile(eval(compile(expression, module.__name__, "eval"), names), flags)  # noqa: S307


@pytest.mark.parametrize("pattern", list(patterns()))
def test_pattern_takes_ten_times_the_steps_for_ten_times_the_text(pattern):
    texts = zip(hostile_texts(pattern, SHORT), hostile_texts(pattern, LONG), strict=True)

    slow = [
        long
        for short, long in texts
        if steps_to_find_all(pattern, long) > 2 * LONG / SHORT * steps_to_find_all(pattern, short)
    ]

    assert slow == []


@pytest.mark.parametrize(
    ("pattern", "is_quadratic"),
    [(r"\s*[/&]", True), (r"\s+and", True), (r"a+$", True), (r"(a|b)*c", True), (r"\s+", False), (r"a?[/&]", False)],
)
def test_steps_tell_a_quadratic_pattern(pattern, is_quadratic):
    compiled = re.compile(pattern)
    ratios = [
        steps_to_find_all(compiled, long) / steps_to_find_all(compiled, short)
        for short, long in zip(hostile_texts(compiled, SHORT), hostile_texts(compiled, LONG), strict=True)
    ]

    assert (max(ratios) > 2 * LONG / SHORT) == is_quadratic
