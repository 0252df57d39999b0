"""A further status of agreements is one line of the enumeration and a migration, as in a copy of the project."""

import os
import subprocess
import sys

import pytest

from tests.helpers.serving import copy_site


def run(project, *arguments):
    """Return the exit status and the output of a Python program in the project, with a database of its own."""
    environment = os.environ | {"TEST_DATABASE_URL": "sqlite://:memory:"}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("properties", ["StatusProperties()", "StatusProperties(public_label=_('Suspended'))"])
def test_further_status_has_its_own_word_everywhere(tmp_path, properties):
    project = copy_site(tmp_path, "tests", "pyproject.toml")
    enums = project / "partners/enums.py"
    ended = next(line for line in enums.read_text().splitlines(keepends=True) if "ENDED = " in line)
    further = f'    SUSPENDED = "suspended", {properties}, _("suspended")\n'
    enums.write_text(enums.read_text().replace(ended, ended + further))

    migration = run(project, "manage.py", "makemigrations", "partners")
    walk = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/further_status/walk.py")

    assert migration[0] == 0, migration[1]
    assert walk[0] == 0, walk[1]
