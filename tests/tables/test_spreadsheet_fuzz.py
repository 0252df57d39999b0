"""Fuzz test: mutated spreadsheets are read or raise TableError, and no other exception."""

import io
import random
import zipfile
from contextlib import suppress

import pytest
from openpyxl import Workbook

from partners.tables.ods_writer import write_ods
from partners.tables.spreadsheets import read_sheets
from partners.tables.types import TableError
from partners.tables.xlsx_writer import write_xlsx
from tests.helpers.archives import archive, ods_rows, parts, read, xlsx_rows

pytestmark = pytest.mark.slow


def from_openpyxl():
    workbook = Workbook()
    workbook.active.append(["Country", 5, 0.5, True, "=1+1", "#REF!"])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


FILES = {
    "our XLSX": write_xlsx({"Partners": [["a", "b"], ["_x000B_", "d"]]}),
    "our ODS": write_ods({"Partners": [["a", "b  "], ["_x000B_", "d"]]}),
    "XLSX of openpyxl": from_openpyxl(),
    "shared strings": xlsx_rows(
        '<row r="1"><c r="A1" t="s" s="1"><v>0</v></c><c s="1"><v>1</v></c></row>', ["<t/>"], "d"
    ),
    "repetitions": ods_rows(
        '<table:table-row table:number-rows-repeated="20"><table:table-cell table:number-columns-repeated="20">'
        '<text:p>a<text:s text:c="20"/></text:p></table:table-cell></table:table-row>'
    ),
}
RNG = random.Random(1)  # noqa: S311


def mutate(data):
    """Replace, delete or insert some random bytes."""
    data = bytearray(data)
    for _ in range(RNG.choice([1, 1, 2, 5, 20])):
        start, length = RNG.randrange(len(data) + 1), RNG.choice([0, 1, 1, 1, 4, 100])
        data[start : start + length] = RNG.choice([b"", b"\0", b"\xff", b"<", b"9999", RNG.randbytes(1)])
    return bytes(data)


def read_outcome(data):
    try:
        return len(read(data))
    except TableError as error:
        return str(error)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "packed"])
def test_mutated_files_are_read_or_rejected(name, compression):
    data = archive(parts(FILES[name]), compression)

    outcomes = {read_outcome(mutate(data)) for _ in range(1_000)}

    assert any("The file is damaged." in str(outcome) for outcome in outcomes)


@pytest.mark.parametrize("name", FILES)
def test_mutated_parts_are_read_or_rejected(name):
    """Mutate members and not the archive, whose checksums would reveal that."""
    contents = parts(FILES[name])

    outcomes = {
        read_outcome(archive(contents | {part: mutate(contents[part])}, zipfile.ZIP_STORED))
        for _ in range(100)
        for part in contents
    }

    assert len(outcomes) > 1


@pytest.mark.parametrize("name", FILES)
def test_mutated_files_do_not_crash_the_reading_process(name, caplog):
    contents = parts(FILES[name])
    files = [
        archive(contents | {part: mutate(contents[part])}, zipfile.ZIP_STORED)
        for _ in range(20)
        for part in RNG.sample(sorted(contents), 1)
    ]

    for data in files:
        with suppress(TableError):
            read_sheets(data)

    assert "Traceback" not in caplog.text
    assert "ended with code -" not in caplog.text
