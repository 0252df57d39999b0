"""Runs a command as a process of its own and tells what it cost, the start of the interpreter included."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class WorkNotDoneError(Exception):
    """A number that would be worth nothing, as what it measures did not happen."""


class Cost(NamedTuple):
    seconds: float
    """By the clock."""
    cpu: float
    """Seconds of the processor, which what else the machine does disturbs less."""
    megabytes: float
    """The most that the process had in memory at any time (``ru_maxrss``)."""


def run(arguments: Sequence[str | Path], environment: Mapping[str, str], output: Path) -> Cost:
    """Runs Python with the arguments. What it prints goes to a file, as into a pipe.

    Raises WorkNotDoneError when it fails.
    """
    errors = output.with_suffix(".errors")
    with output.open("wb") as out, errors.open("wb") as err:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = errors.read_text(encoding="utf-8", errors="replace")[-400:]
        raise WorkNotDoneError(f"{' '.join(map(str, arguments))} ended with {process.returncode}: {end}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The middle one of each."""
    return Cost(*(statistics.median_low(values) for values in zip(*costs, strict=True)))
