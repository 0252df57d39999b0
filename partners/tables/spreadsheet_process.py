"""Process that reads the spreadsheet on its standard input, under limits, and writes JSON, one value a line.

A sheet is ``[name, is_visible]``, and each of its rows with text ``[line, cells, is_heading]`` on the lines below it.
If the file cannot be read, a last line is a key of ``spreadsheets.MESSAGES``. A file may be made to do harm, and the
libraries may abort: the limits end this process only. Imports no Django, so that it starts quickly.
"""

import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from partners.tables.cells import Archive, Row, UnreadableError
from partners.tables.ods import read_ods
from partners.tables.xlsx import read_xlsx

MEMORY_LIMIT = 512 * 1024 * 1024
OUTPUT_LIMIT = 100_000_000
CPU_SECONDS, CPU_SECONDS_PER_MB = 5, 1
MAX_HIDDEN_ROWS = 100
"""Rows of a hidden sheet that are passed on, to see whether it has the header."""
OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cpu_limit(size: int) -> int:
    """Return the seconds that a file of this size may take."""
    return CPU_SECONDS + CPU_SECONDS_PER_MB * size // 1_000_000


def main() -> None:
    data = sys.stdin.buffer.read()
    _set_limits(len(data))
    for value in read_spreadsheet(data):
        sys.stdout.write(json.dumps(value) + "\n")


def read_spreadsheet(data: bytes) -> Iterator[tuple | str]:
    """Yield the values that the process writes."""
    try:
        for name, is_visible, rows in _read(data):
            yield name, is_visible
            yield from islice(_apply_merges(rows), None if is_visible else MAX_HIDDEN_ROWS)
    except UnreadableError as error:
        yield error.args[0]
    except MemoryError:
        yield "too_large"
    except Exception as error:  # noqa: BLE001 - the libraries raise whatever their parsers meet
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        yield "damaged"


def _set_limits(size: int) -> None:
    """Limit this process. Systems that know no such limit, or not this one, go without it."""
    with suppress(ImportError):
        # Imported lazily, as Windows has no such module.
        import resource

        limits = {"AS": MEMORY_LIMIT, "CPU": cpu_limit(size), "FSIZE": OUTPUT_LIMIT, "CORE": 0}
        for name, limit in limits.items():
            with suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def _read(data: bytes) -> Iterator[tuple[str, bool, Iterator[Row]]]:
    """Yield the name, True if it is visible, and the rows of each sheet."""
    if data.startswith(OLE2_MAGIC):
        # Imported lazily, as xlrd is large and such files are rare.
        from partners.tables.xls import read_xls

        return read_xls(data)
    archive = Archive(io.BytesIO(data))
    if "xl/workbook.xml" in archive:
        return read_xlsx(data, archive)
    if "xl/workbook.bin" in archive:
        raise UnreadableError("xlsb")
    if b"encryption-data" in archive.read_part("META-INF/manifest.xml"):
        raise UnreadableError("protected")
    if "content.xml" in archive and b"spreadsheet" in archive.read_part("mimetype", b"spreadsheet"):
        return read_ods(archive)
    raise UnreadableError("not_a_spreadsheet")


def _apply_merges(rows: Iterable[Row]) -> Iterator[tuple[int, list[str], bool]]:
    """Yield the line, the cells, and whether they are one cell merged across columns, of each row with text.

    A merged cell has its value in each of its rows, in its first column only.
    """
    merged = []
    for line, cells, merges in rows:
        merged = [(last, *cell) for last, *cell in merged if line <= last]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        filled = [column for column, text in enumerate(cells) if text.strip()]
        is_heading = len(filled) == 1 and any(column == filled[0] and width > 1 for column, _height, width in merges)
        for _last, column, text in merged:
            cells += [""] * (column + 1 - len(cells))
            cells[column] = cells[column] or text
        for column, height, _width in merges:
            if height > 1 and column < len(cells):
                merged.append((line + height - 1, column, cells[column]))
        yield line, cells, is_heading


if __name__ == "__main__":
    main()
