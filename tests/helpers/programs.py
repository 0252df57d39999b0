import os
import shutil

import pytest


def requires_program(program, variable):
    """Return a marker that skips tests if a program is not installed, unless the environment variable is set."""
    is_missing = not shutil.which(program) and not os.environ.get(variable)
    return pytest.mark.skipif(is_missing, reason=f"no {program} on this machine")
