import subprocess
import sys
from importlib import import_module

import pytest
from django.conf import settings
from django.core.checks import run_checks

from tests.helpers.processes import function_command, report

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
