import io
import struct
import time
import tracemalloc
import zipfile

import pytest

from partners.tables import cells
from partners.tables.spreadsheets import write_ods, write_xlsx
from partners.tables.types import TableError
from tests.helpers.archives import (
    CONTENT,
    SHEET,
    archive,
    ods_cells,
    ods_rows,
    parts,
    read,
    records,
    xlsx_rows,
    xlsx_sheet,
)

XLSX, ODS = write_xlsx([["a", "b"], ["c", "d"]]), write_ods([["a", "b"], ["c", "d"]])
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
BOTH = pytest.mark.parametrize("whole", [XLSX, ODS], ids=["xlsx", "ods"])

NEITHER = "The file is neither XLSX nor ODS. Save the list as XLSX, ODS, TSV or CSV and choose that file."
DAMAGED = "The file is damaged. Open it in a spreadsheet program, save it as XLSX or ODS again and choose that file."
PROTECTED = "The file is protected with a password. Save it without the password and choose the file again."
OLD = "The file has the format of Excel 97-2003 (.xls). Save it as XLSX and choose that file."
DOCTYPE = (
    "The file declares a document type (DOCTYPE), which could make it harmful."
    " Open it in a spreadsheet program, save it as XLSX and choose that file."
)
LARGE = "The file unpacks to more than 100 MB. Copy the table to a new spreadsheet and choose that file."
CELLS = "The file has too many cells, empty or not. Copy the table to a new spreadsheet and choose that file."
PARTS = "The file has more than 5000 parts. Copy the table to a new spreadsheet and choose that file."
ROWS = "The table has more than 200000 rows. Divide it among several files."
CELL = "The table has a cell of more than 1000000 characters. Shorten it."
COLUMNS = "The table has more than 1000 columns. Remove those that are not needed."


def error_message(data):
    with pytest.raises(TableError) as raised:
        list(records(data))
    return str(raised.value)


def relationship_to(part):
    return f'<a><Relationship Id="a" Type="x/officeDocument" Target="{part}"/></a>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Country\tUniversity name",
        archive({"notes.txt": "text"}),
        archive({"AndroidManifest.xml": b"\x03\0\x08\0", "classes.dex": b"dex"}),
        archive(
            {"_rels/.rels": relationship_to("word/document.xml"), "word/document.xml": "<w:document xmlns:w='w'/>"}
        ),
        archive({"_rels/.rels": relationship_to("xl/workbook.bin"), "xl/workbook.bin": b"\x83\x01"}),
        archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
    ],
    ids=["empty", "text", "zip", "apk", "docx", "xlsb", "odt"],
)
def test_records_refuse_other_files(data):
    assert error_message(data) == NEITHER


@BOTH
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_records_refuse_truncated_file(whole, share):
    assert error_message(whole[: int(len(whole) * share)]) == DAMAGED


def test_records_refuse_part_that_begins_at_the_end():
    data = bytearray(XLSX)
    struct.pack_into("<L", data, data.rindex(b"PK\x01\x02") + 42, len(data) - 10)

    assert error_message(bytes(data)) == DAMAGED


@pytest.mark.parametrize(
    "data",
    [
        archive(parts(XLSX) | {SHEET: "<worksheet><sheetData><row>"}),
        archive(parts(XLSX) | {SHEET: '<?xml version="1.0" encoding="latin-99"?><worksheet/>'}),
        archive({name: part for name, part in parts(XLSX).items() if name != SHEET}),
        xlsx_rows('<row><c t="s"><v>7</v></c></row>', ["<t>the only one</t>"]),
        xlsx_rows("<row><c><v>many</v></c></row>"),
        xlsx_rows('<row r="x"/>'),
        xlsx_rows(f'<row><c r="{"A" * 500_000}1"><v>1</v></c></row>'),
        xlsx_rows("<a>" * 1_000_000),
        xlsx_rows(f'<a b="{"x" * 50_000_000}"/>'),
        ods_cells(('office:value-type="float" office:value="x"', "")),
        archive(parts(ODS), zipfile.ZIP_LZMA),
        archive(parts(ODS), zipfile.ZIP_BZIP2),
    ],
    ids=[
        "unclosed",
        "encoding",
        "no sheet",
        "no string",
        "number",
        "row",
        "column",
        "deep",
        "tag",
        "ods",
        "lzma",
        "bz2",
    ],
)
def test_records_refuse_invalid_contents(data):
    started = time.process_time()

    assert error_message(data) == DAMAGED
    assert time.process_time() - started < 5


def test_records_refuse_old_excel_files():
    assert error_message(OLE2 + "Workbook".encode("utf-16-le")) == OLD


def test_records_refuse_files_with_a_password():
    manifest = "<manifest><encryption-data/></manifest>"
    whole = {"mimetype": parts(ODS)["mimetype"], "META-INF/manifest.xml": manifest, "encrypted-package": b"\1\2"}
    locked = bytearray(XLSX)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1

    assert error_message(OLE2 + "EncryptedPackage".encode("utf-16-le")) == PROTECTED
    assert error_message(archive(parts(ODS) | {"META-INF/manifest.xml": manifest})) == PROTECTED
    assert error_message(archive(whole)) == PROTECTED
    assert error_message(bytes(locked)) == PROTECTED


def billion_laughs():
    return "<!DOCTYPE a [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '&a;&a;'>" for n in range(30)) + "]>"


@pytest.mark.parametrize("declared", ["<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "file:///etc/passwd">', billion_laughs()])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("whole", "part"),
    [
        (XLSX, SHEET),
        (XLSX, "xl/workbook.xml"),
        (XLSX, "xl/styles.xml"),
        (XLSX, "_rels/.rels"),
        (xlsx_rows("", ["<t>a</t>"]), "xl/strings.xml"),
        (ODS, CONTENT),
    ],
)
def test_records_refuse_document_types(declared, encoding, whole, part):
    text = parts(whole)[part].decode().partition("?>\n")
    changed = f"<?xml version='1.0'?>{declared}{text[2] or text[0]}".encode(encoding)

    assert error_message(archive(parts(whole) | {part: changed})) == DOCTYPE


def test_records_pass_over_document_types_of_parts_that_are_not_read():
    """LibreOffice writes a document type in the parts of macros."""
    data = archive(parts(ODS) | {"Basic/script-lc.xml": "<!DOCTYPE a><a/>"})

    assert read(data) == [(1, ["a", "b"]), (2, ["c", "d"])]


def xlsx_with_zeros(size):
    """Return an XLSX file with a member of zeros, compressed in pieces to save the test's memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, part in parts(XLSX).items():
            zipped.writestr(name, part)
        with zipped.open("xl/media/image1.png", "w", force_zip64=True) as member:
            for _piece in range(size // 1_000_000):
                member.write(bytes(1_000_000))
    return file.getvalue()


def with_false_size(data):
    """Return the archive with a false, small size of the last member in its directory."""
    changed = bytearray(data)
    struct.pack_into("<L", changed, changed.rindex(b"PK\x01\x02") + 24, 10)
    return bytes(changed)


def with_overlapping_members(data, copies):
    """Return the archive with many directory entries of the last member."""
    start, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entries = data[data.index(b"PK\x01\x02") : start] + data[start:end] * copies
    tail = bytearray(data[end:])
    struct.pack_into("<L", tail, 12, len(entries))
    return data[: data.index(b"PK\x01\x02")] + entries + bytes(tail)


def ods_with_repetitions(rows, columns):
    return ods_rows(
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'table:number-columns-repeated="{columns}"><text:p>a</text:p></table:table-cell></table:table-row>'
    )


def ods_with_many_sheets():
    """Return an ODS file whose sheets are within the limits, but not all together."""
    content = parts(ods_with_repetitions(150_000, 20))[CONTENT].decode()
    start, end = content.index("<table:table "), content.index("</table:table>") + len("</table:table>")
    sheets = content[:start] + content[start:end] * 1_000 + content[end:]
    return archive(parts(ODS) | {CONTENT: sheets})


def ods_with_spaces(count, cells=1):
    return ods_cells(*[("", f'<text:p><text:s text:c="{count}"/></text:p>')] * cells)


def xlsx_with_inline_string(text):
    return xlsx_rows(f'<row><c t="inlineStr"><is>{text}</is></c></row>')


WIDE = f'<c t="inlineStr"><is><t>{"a" * 30_000}\N{GRADUATION CAP}</t></is></c>'
"""One wide character makes Python store four bytes for each of a string."""

BOMBS = {
    "bomb": ([LARGE], lambda: xlsx_with_zeros(400_000_000)),
    "lying directory": ([DAMAGED], lambda: with_false_size(xlsx_with_zeros(400_000_000))),
    # Newer Pythons see for themselves that members overlap.
    "overlapping members": (
        [LARGE, DAMAGED],
        lambda: with_overlapping_members(xlsx_with_zeros(10_000_000), copies=4_000),
    ),
    "many members": ([PARTS], lambda: archive({f"{n}": "" for n in range(20_000)})),
    "blank cells": ([CELLS], lambda: xlsx_sheet("<sheetData><row>" + "<c/>" * 4_010_000 + "</row></sheetData>")),
    "runs of text": (
        [CELL],
        lambda: xlsx_with_inline_string(f"<r><t>{'a' * 15_000}\N{GRADUATION CAP}</t></r>" * 6_000),
    ),
    "line breaks": ([CELL], lambda: xlsx_with_inline_string("<t>" + "\n" * 99_000_000 + "</t>")),
    "wide characters": ([LARGE], lambda: xlsx_rows(f"<row>{WIDE * 900}</row>" * 4)),
    "wide shared strings": ([LARGE], lambda: xlsx_rows("", [f"<t>{'a' * 30_000}\N{GRADUATION CAP}</t>"] * 3_000)),
    "paragraphs": ([CELL], lambda: ods_cells(("", f"<text:p>{'a' * 900_000}</text:p>" * 100))),
    "repeated rows": ([ROWS], lambda: ods_with_repetitions(200_001, 1)),
    "repeated cells": ([LARGE], lambda: ods_with_repetitions(200_000, 1_000)),
    "repeated rows on many sheets": ([ROWS], ods_with_many_sheets),
    "spaces": ([CELL], lambda: ods_with_spaces(9_999_999, cells=900)),
    "spaces in many cells": ([LARGE], lambda: ods_with_spaces(900_000, cells=900)),
    "spaces without end": ([LARGE], lambda: ods_with_spaces("9" * 4_000)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_quickly(bomb):
    expected, build = BOMBS[bomb]
    data = build()
    tracemalloc.start()
    started = time.process_time()
    try:
        message = error_message(data)
        seconds, (_now, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert message in expected
    assert (seconds < 5, peak < 200_000_000) == (True, True)


def test_bombs_within_archives_in_the_file_are_left_alone():
    data = archive(parts(XLSX) | {"xl/embeddings/archive.zip": xlsx_with_zeros(400_000_000)})

    assert read(data) == [(1, ["a", "b"]), (2, ["c", "d"])]


def test_records_refuse_too_many_rows(monkeypatch):
    monkeypatch.setattr(cells, "MAX_ROWS", 3)
    rows = [["a"], ["b"], [""], ["c"], [""]]

    for write in (write_xlsx, write_ods):
        assert len(read(write(rows))) == 3
        assert error_message(write([*rows, ["d"]])) == "The table has more than 3 rows. Divide it among several files."


def test_records_refuse_too_many_columns():
    for write in (write_xlsx, write_ods):
        assert read(write([["a"] * 1000])) == [(1, ["a"] * 1000)]
        assert error_message(write([["a"] * 1001])) == COLUMNS
    assert error_message(ods_cells(('table:number-columns-repeated="16384"', "<text:p>a</text:p>"))) == COLUMNS


def test_records_read_a_sheet_once_however_often_the_workbook_names_it():
    workbook = parts(XLSX)["xl/workbook.xml"].decode()
    sheet = workbook[workbook.index("<sheet ") : workbook.index("</sheets>")]
    data = parts(xlsx_sheet("<sheetData>" + "<row/>" * 100_000 + "</sheetData>"))
    started = time.process_time()

    assert read(archive(data | {"xl/workbook.xml": workbook.replace(sheet, sheet * 1_000)})) == []
    assert time.process_time() - started < 5
