"""Run a command in a process of its own and measure its cost, the start of the interpreter included."""

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


class InvalidMeasurementError(Exception):
    """The measured work failed or was incomplete, so that its cost says nothing."""


class Cost(NamedTuple):
    seconds: float
    """Wall-clock time."""
    cpu: float
    """Seconds of CPU time, which other processes of the machine disturb less."""
    megabytes: float
    """Peak memory of the process (``ru_maxrss``)."""


def run(arguments: Sequence[str | Path], environment: Mapping[str, str], output: Path) -> Cost:
    """Run Python with the arguments, its standard output redirected to the file ``output``.

    Raise InvalidMeasurementError if the exit status is not zero.
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
        error_output = errors.read_text(encoding="utf-8", errors="replace")[-400:]
        command = " ".join(map(str, arguments))
        raise InvalidMeasurementError(f"{command} ended with {process.returncode}: {error_output}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(statistics.median_low(values) for values in zip(*costs, strict=True)))
