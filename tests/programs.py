"""Programs of the system that some tests need."""

import os
import shutil

import pytest


def needed(program, variable):
    """A program that this machine may do without, unless the variable says that it has to be there."""
    is_missing = not shutil.which(program) and not os.environ.get(variable)
    return pytest.mark.skipif(is_missing, reason=f"no {program} on this machine")
