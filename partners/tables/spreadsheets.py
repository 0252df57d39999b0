"""XLSX, ODS and XLS files to sheets of records, read in a child process."""

import json
import logging
import subprocess
import sys
from itertools import pairwise
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.utils.translation import gettext_lazy

from partners.tables.spreadsheet_process import cpu_limit
from partners.tables.types import Record, Sheet, TableError

logger = logging.getLogger(__name__)
READER = "partners.tables.spreadsheet_process"
TIMEOUT_FACTOR = 6
"""Seconds of waiting for each second of CPU time that the process may use, as the machine may be busy."""
MESSAGES = {
    "damaged": gettext_lazy(
        "The file is damaged. Open it in a spreadsheet program, save it as XLSX or ODS again and choose that file."
    ),
    "not_a_spreadsheet": gettext_lazy(
        "The file is neither XLSX, ODS nor XLS. Save the list as XLSX, ODS, TSV or CSV and choose that file."
    ),
    "protected": gettext_lazy(
        "The file is protected with a password. Save it without the password and choose the file again."
    ),
    "too_large": gettext_lazy(
        "The spreadsheet takes too much memory or time to read. It may have a cell far away from the others. "
        "Copy the table to a new spreadsheet and choose that file."
    ),
    "xlsb": gettext_lazy("The file is in Excel's binary format (.xlsb). Save it as XLSX and choose that file."),
}


def read_sheets(data: bytes) -> list[Sheet]:
    """Return the sheets of a file; of hidden ones the first records only. Raise TableError if it cannot be read."""
    with TemporaryFile() as output:
        _run_reader(data, output)
        output.seek(0)
        lines = output.read().splitlines()
    if lines and lines[-1].startswith(b'"'):
        raise TableError(MESSAGES[json.loads(lines[-1])])
    starts = [index for index, line in enumerate(lines) if line.startswith(b'["')]
    # Parsed as they are read, since the objects take far more memory than the text.
    return [
        Sheet(*json.loads(lines[start]), (Record(*json.loads(line)) for line in lines[start + 1 : end]))
        for start, end in pairwise([*starts, len(lines)])
    ]


def _run_reader(data: bytes, output: IO[bytes]) -> None:
    """Write what the child process reads to a file. Raise TableError if the process is ended by one of its limits.

    The environment, with its secrets, is not passed on.
    """
    try:
        process = subprocess.run(  # noqa: S603 - no shell, and the arguments are our own
            [sys.executable, "-m", READER],
            input=data,
            stdout=output,
            stderr=subprocess.PIPE,
            cwd=settings.BASE_DIR,
            env={},
            timeout=TIMEOUT_FACTOR * cpu_limit(len(data)),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TableError(MESSAGES["too_large"]) from error
    if process.returncode or process.stderr:
        output_of_errors = process.stderr.decode(errors="replace")
        logger.warning("The reader of spreadsheets ended with code %d: %.500s", process.returncode, output_of_errors)
    if process.returncode:
        raise TableError(MESSAGES["too_large"])
