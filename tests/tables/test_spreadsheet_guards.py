import io
import struct
import tracemalloc
import zipfile

import pytest

from partners.tables import spreadsheets
from partners.tables.ods_writer import write_ods
from partners.tables.spreadsheets import read_sheets
from partners.tables.types import TableError
from partners.tables.xlsx_writer import write_xlsx
from tests.helpers.archives import (
    CONTENT,
    SHEET,
    archive,
    ods_cells,
    ods_rows,
    parts,
    read,
    xlsx_rows,
)

XLSX, ODS = write_xlsx({"Partners": [["a", "b"], ["c", "d"]]}), write_ods({"Partners": [["a", "b"], ["c", "d"]]})
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
BOTH = pytest.mark.parametrize("whole", [XLSX, ODS], ids=["xlsx", "ods"])

NEITHER = "The file is neither XLSX, ODS nor XLS. Save the list as XLSX, ODS, TSV or CSV and choose that file."
DAMAGED = "The file is damaged. Open it in a spreadsheet program, save it as XLSX or ODS again and choose that file."
PROTECTED = "The file is protected with a password. Save it without the password and choose the file again."
BINARY = "The file is in Excel's binary format (.xlsb). Save it as XLSX and choose that file."
LARGE = (
    "The spreadsheet takes too much memory or time to read. It may have a cell far away from the others. "
    "Copy the table to a new spreadsheet and choose that file."
)


def error_message(data, reader=read):
    with pytest.raises(TableError) as raised:
        reader(data)
    return str(raised.value)


def relationship_to(part):
    return f'<a><Relationship Id="a" Type="x/officeDocument" Target="{part}"/></a>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive({"notes.txt": "text"}), NEITHER),
        (archive({"AndroidManifest.xml": b"\x03\0\x08\0", "classes.dex": b"dex"}), NEITHER),
        (archive({"word/document.xml": "<w:document xmlns:w='w'/>"}), NEITHER),
        (archive({"xl/workbook.bin": b"\x83\x01"}), BINARY),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), NEITHER),
        (OLE2, DAMAGED),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), PROTECTED),
    ],
    ids=["zip", "apk", "docx", "xlsb", "odt", "ole2", "xlsx with a password"],
)
def test_other_files_are_refused_by_what_they_are(data, message):
    assert error_message(data) == message


@BOTH
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_file_is_damaged(whole, share):
    assert error_message(whole[: int(len(whole) * share)]) == DAMAGED


def test_part_that_begins_at_the_end_is_damaged():
    data = bytearray(XLSX)
    directory_entry = data.rindex(SHEET.encode()) - 46
    struct.pack_into("<L", data, directory_entry + 42, len(data) - 10)

    assert error_message(bytes(data)) == DAMAGED


@pytest.mark.parametrize(
    "data",
    [
        archive(parts(XLSX) | {SHEET: "<worksheet><sheetData><row>"}),
        archive({name: part for name, part in parts(XLSX).items() if name != SHEET}),
        xlsx_rows('<row><c t="s"><v>7</v></c></row>', ["<t>the only one</t>"]),
        xlsx_rows('<row r="x"><c><v>1</v></c></row>'),
        ods_cells(('office:value-type="float" office:value="x"', "")),
        archive(parts(ODS) | {CONTENT: "<office:document-content>"}),
    ],
    ids=["unclosed", "no sheet", "no string", "row", "ods", "unclosed ods"],
)
def test_invalid_contents_are_damaged(data):
    assert error_message(data) == DAMAGED


def test_files_with_a_password_are_refused():
    manifest = "<manifest><encryption-data/></manifest>"
    whole = {"mimetype": parts(ODS)["mimetype"], "META-INF/manifest.xml": manifest, "encrypted-package": b"\1\2"}
    locked = bytearray(XLSX)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1

    assert error_message(archive(parts(ODS) | {"META-INF/manifest.xml": manifest})) == PROTECTED
    assert error_message(archive(whole)) == PROTECTED
    assert error_message(bytes(locked)) == PROTECTED


def billion_laughs():
    return "<!DOCTYPE a [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '&a;&a;'>" for n in range(30)) + "]>"


@pytest.mark.parametrize(
    "declared", ["<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", billion_laughs()]
)
@pytest.mark.parametrize(
    ("whole", "part"),
    [(xlsx_rows('<row><c t="str"><v>&a;</v></c></row>'), SHEET), (ods_cells(("", "<text:p>&a;</text:p>")), CONTENT)],
    ids=["xlsx", "ods"],
)
def test_external_entities_are_not_resolved(declared, whole, part):
    """calamine resolves no entity at all, and expat none of other files."""
    text = parts(whole)[part].decode().rpartition("?>\n")[2]
    data = archive(parts(whole) | {part: f"<?xml version='1.0'?>{declared}{text}"})

    try:
        texts = [cell for _line, cells in read(data) for cell in cells]
    except TableError as error:
        texts = [str(error)]

    assert texts in ([], ["ha"], ["&a;"], [DAMAGED])


def xlsx_with_zeros(size, member_name):
    """Return an XLSX file with a member of zeros, compressed in pieces to save the test's memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, part in parts(XLSX).items():
            if name != member_name:
                zipped.writestr(name, part)
        with zipped.open(member_name, "w", force_zip64=True) as member:
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


FAR_ROW = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'

BOMBS = {
    "sheet of zeros": ([DAMAGED, LARGE], lambda: xlsx_with_zeros(400_000_000, SHEET)),
    "corners": ([LARGE], lambda: xlsx_rows('<row r="1"><c r="A1"><v>1</v></c></row>' + FAR_ROW)),
    # Newer versions of Expat read it in linear time, and within the limits.
    "endless tag": ([DAMAGED, LARGE, None], lambda: ods_rows(f'<a b="{"x" * 90_000_000}"/>')),
    "repeated cells": ([LARGE], lambda: ods_with_repetitions(200_000, 1_000)),
    "repeated rows on many sheets": ([LARGE], ods_with_many_sheets),
    "spaces without end": ([DAMAGED, LARGE], lambda: ods_with_spaces("9" * 4_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_end_the_reading_process_only(bomb):
    expected, build = BOMBS[bomb]
    data = build()
    message = None
    tracemalloc.start()
    try:
        read_sheets(data)
    except TableError as error:
        message = str(error)
    finally:
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert message in expected
    assert peak < 200_000_000


@pytest.mark.parametrize(
    "data",
    [
        xlsx_with_zeros(10_000_000, "xl/media/image1.png"),
        with_false_size(xlsx_with_zeros(10_000_000, "xl/media/image1.png")),
        with_overlapping_members(xlsx_with_zeros(1_000_000, "xl/media/image1.png"), copies=4_000),
        archive(parts(XLSX) | {f"{number}": "" for number in range(20_000)}),
        archive(parts(ODS) | {"Basic/script-lc.xml": "<!DOCTYPE a><a/>"}),
    ],
    ids=["zeros", "false size", "overlapping members", "many members", "document type of a macro"],
)
def test_parts_that_are_not_read_do_no_harm(data):
    assert read(data) == [(1, ["a", "b"]), (2, ["c", "d"])]


def test_reader_that_crashes_is_one_sentence(monkeypatch, caplog):
    monkeypatch.setattr(spreadsheets, "READER", "partners.tables.no_such_module")

    assert error_message(XLSX, read_sheets) == LARGE
    assert "No module named partners.tables.no_such_module" in caplog.text


def test_reader_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(spreadsheets, "TIMEOUT_FACTOR", 0.000_001)

    assert error_message(XLSX, read_sheets) == LARGE
