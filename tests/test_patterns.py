"""The time of every regular expression is linear in the length of the text."""

import ast
import importlib
import re
from contextlib import suppress

import pytest
from django.contrib import admin

from partners.models import Agreement
from tests.helpers.regex_steps import hostile_texts, is_unbounded, steps_to_find_all
from tests.helpers.serving import ROOT

pytestmark = pytest.mark.slow

PATHS = sorted(path for folder in ("partners", "exchange") for path in (ROOT / folder).rglob("*.py"))
RE_FUNCTIONS = {"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"}
LOCAL_NAMES = {
    "delimiter": ";",
    "escaped": ";",
    "found": ["office", "exchange"],
    "letters": {"o": "oöø", "s": "sSś", "ss": "ß"},
    "mark": "Chrome",
    "model": Agreement,
    "prefix": "agreements",
    "query": "Straße in Łódź",
}
"""Values for the local variables of patterns that are composed at run time."""
SHORT_LENGTH, LONG_LENGTH = 10, 80


def pattern_calls():
    """Yield each call with a regular expression that has unbounded repeats, and its module."""
    admin.autodiscover()
    for path in PATHS:
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if is_re_call(node)]
        if calls:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            for call in calls:
                # A pattern of a local variable without a value in LOCAL_NAMES fails in its own test.
                with suppress(NameError):
                    if not is_unbounded(compile_pattern(call, module)):
                        continue
                yield pytest.param(call, module, id=f"{name}:{call.lineno}")


def is_re_call(node):
    """Return True for `re.compile(…)` and the like."""
    function = getattr(node, "func", None)
    is_attribute = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_attribute and function.value.id == "re" and function.attr in RE_FUNCTIONS


def compile_pattern(call, module):
    names = vars(module) | LOCAL_NAMES
    expression = ast.Expression(call.args[0])
    flags = 0
    if call.func.attr == "compile" and len(call.args) == 2:
        flags = eval(compile(ast.Expression(call.args[1]), module.__name__, "eval"), names)  # noqa: S307
    return re.compile(eval(compile(expression, module.__name__, "eval"), names), flags)  # noqa: S307


@pytest.mark.parametrize(("call", "module"), list(pattern_calls()))
def test_pattern_takes_linear_time(call, module):
    pattern = compile_pattern(call, module)
    texts = zip(hostile_texts(pattern, SHORT_LENGTH), hostile_texts(pattern, LONG_LENGTH), strict=True)

    slow = [
        long
        for short, long in texts
        if steps_to_find_all(pattern, long) > 2 * LONG_LENGTH / SHORT_LENGTH * steps_to_find_all(pattern, short)
    ]

    assert slow == []


@pytest.mark.parametrize(
    ("pattern", "is_quadratic"),
    [(r"\s*[/&]", True), (r"\s+and", True), (r"a+$", True), (r"(a|b)*c", True), (r"\s+", False), (r"a?[/&]", False)],
)
def test_matcher_detects_quadratic_patterns(pattern, is_quadratic):
    compiled = re.compile(pattern)
    ratios = [
        steps_to_find_all(compiled, long) / steps_to_find_all(compiled, short)
        for short, long in zip(hostile_texts(compiled, SHORT_LENGTH), hostile_texts(compiled, LONG_LENGTH), strict=True)
    ]

    assert (max(ratios) > 2 * LONG_LENGTH / SHORT_LENGTH) == is_quadratic
