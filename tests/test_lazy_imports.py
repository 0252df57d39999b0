import subprocess
import sys

import pytest
from django.conf import settings

SLOW_MODULES = {"openpyxl", "partners.admin.universities", "partners.tables.spreadsheets", "tqdm"}
SCRIPT = """
import sys
import django

django.setup()
{code}
print(*sorted({slow_modules} & sys.modules.keys()))
"""


@pytest.fixture
def loaded_modules():
    """A function that runs code in a new process and returns which of SLOW_MODULES it has imported."""

    def loaded_modules(code):
        command = [sys.executable, "-c", SCRIPT.format(code=code, slow_modules=SLOW_MODULES)]
        process = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
        return process.stdout.split()

    return loaded_modules


@pytest.mark.parametrize("command", ["import_partners", "export_partners"])
def test_command_imports_no_slow_module(loaded_modules, command):
    assert loaded_modules(f"import partners.management.commands.{command}") == []


def test_urls_import_the_admin_modules(loaded_modules):
    assert "partners.admin.universities" in loaded_modules("import exchange.urls")


def test_system_check_imports_the_admin_modules(loaded_modules):
    check = "from django.core.checks import run_checks; run_checks(tags=['admin'])"

    assert "partners.admin.universities" in loaded_modules(check)
