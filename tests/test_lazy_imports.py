import ast
import subprocess
import sys
from importlib import import_module

import pytest
from django.conf import settings
from django.core.checks import run_checks

from tests.helpers.paths import ROOT
from tests.helpers.processes import function_command, report

MODULES = [path for package in ("exchange", "partners") for path in sorted((ROOT / package).rglob("*.py"))]
SLOW_MODULES = {"openpyxl", "partners.admin.universities", "partners.tables.spreadsheets", "tqdm"}


def report_slow_modules_after_import(name):
    import_module(name)
    report(" ".join(SLOW_MODULES & sys.modules.keys()))


def report_slow_modules_after_admin_checks():
    run_checks(tags=["admin"])
    report(" ".join(SLOW_MODULES & sys.modules.keys()))


def loaded_modules(function, *arguments):
    """Return which of SLOW_MODULES a function reports in a new process."""
    command = function_command(function, *arguments)
    process = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    return process.stdout.split()


@pytest.mark.parametrize("command", ["import_partners", "export_partners"])
def test_command_imports_no_slow_module(command):
    module = f"partners.management.commands.{command}"

    assert loaded_modules(report_slow_modules_after_import, module) == []


def test_urls_import_the_admin_modules():
    assert "partners.admin.universities" in loaded_modules(report_slow_modules_after_import, "exchange.urls")


def test_system_check_imports_the_admin_modules():
    assert "partners.admin.universities" in loaded_modules(report_slow_modules_after_admin_checks)


def unexplained_lazy_imports(path):
    """Yield the line numbers of imports in functions without a comment on their line or on the line above them."""
    lines = path.read_text().splitlines()
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        numbers = {node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)}
        firsts = [number for number in numbers if number - 1 not in numbers]
        yield from (number for number in firsts if "#" not in lines[number - 2] + lines[number - 1])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lazy_import_has_a_reason_beside_it(path):
    assert list(unexplained_lazy_imports(path)) == []
