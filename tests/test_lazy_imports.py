import subprocess
import sys

import pytest
from django.conf import settings

SLOW = {"openpyxl", "partners.admin.universities", "partners.tables.spreadsheets", "tqdm"}
LOADED = """
import sys
import django

django.setup()
{work}
print(*sorted({slow} & sys.modules.keys()))
"""


@pytest.fixture
def loaded():
    """What a process that does some work has loaded, of what is slow to load."""

    def loaded(work):
        command = [sys.executable, "-c", LOADED.format(work=work, slow=SLOW)]
        done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
        return done.stdout.split()

    return loaded


@pytest.mark.parametrize("command", ["import_partners", "export_partners"])
def test_command_loads_nothing_that_it_does_not_need(loaded, command):
    assert loaded(f"import partners.management.commands.{command}") == []


def test_addresses_bring_the_screens(loaded):
    assert "partners.admin.universities" in loaded("import exchange.urls")


def test_check_looks_at_the_screens(loaded):
    check = "from django.core.checks import run_checks; run_checks(tags=['admin'])"

    assert "partners.admin.universities" in loaded(check)
