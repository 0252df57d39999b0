"""Functions of helpers and test modules, called in processes of their own."""

import sys

import django
from django.utils.module_loading import import_string


def function_command(function, *arguments):
    """Return the command line that calls a function with strings.

    Its working directory has to be ROOT, or a copy of the site with ROOT as PYTHONPATH.
    """
    return [sys.executable, "-m", __name__, f"{function.__module__}.{function.__name__}", *map(str, arguments)]


def report(line):
    """Write a line for the process that waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    django.setup()
    name, *values = sys.argv[1:]
    import_string(name)(*values)
