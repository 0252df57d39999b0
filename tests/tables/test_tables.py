import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.name_normalization import normalize_name
from partners.tables import delimited
from partners.tables.types import Record, TableError
from tests.helpers.factories import HOSTILE
from tests.helpers.files import JPEG, PDF, PNG, build_zip, docx, odt
from tests.helpers.tables import read_table, write_table

COLUMNS = ["Country", "University name", "Agreement type"]
HEADER = ["Country", "University name", "Agreement type"]
ROWS = [["Germany", "Universität Köln", "Bilateral"], ["Spain", "Málaga", "Erasmus+/GE3"]]

WANTED = "“Country”, “University name”, “Agreement type”"
NO_TEXT = "The file is not a text table. Save the list as TSV or CSV and choose that file."
EMPTY = f"The file is empty. Choose a file with the columns {WANTED}."


def join_rows(rows, delimiter="\t", newline="\n"):
    return "".join(delimiter.join(row) + newline for row in rows)


def read(text):
    return read_table(text.encode(), COLUMNS)


def cells(table):
    return [list(row.cells.values()) for row in table.rows]


def lines(table):
    return [row.line for row in table.rows]


def error_message(data):
    with pytest.raises(TableError) as error:
        read_table(data, COLUMNS)
    return str(error.value)


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_read_accepts_unicode_with_any_line_end_and_delimiter(bom, encoding, newline, delimiter):
    data = bom + join_rows([HEADER, *ROWS], delimiter, newline).encode(encoding)

    table = read_table(data, COLUMNS)

    assert cells(table) == ROWS
    assert lines(table) == [2, 3]


def test_read_returns_cells_by_column():
    table = read(join_rows([HEADER, ROWS[0]]))

    assert table.rows[0].cells == {
        "Country": "Germany",
        "University name": "Universität Köln",
        "Agreement type": "Bilateral",
    }
    assert (len(table), table.ignored_columns, table.rows[0].surplus) == (1, [], ())


@pytest.mark.parametrize(
    "text",
    [
        join_rows([HEADER, *ROWS]).rstrip("\n"),
        "\n\n" + join_rows([HEADER, *ROWS]),
        "\r\n \r\n" + join_rows([HEADER, *ROWS], newline="\r\n"),
        "\t\t\n" + join_rows([HEADER, *ROWS]),
        ";;;\n" + join_rows([HEADER, *ROWS], ";"),
        " , ,\u00a0\n" + join_rows([HEADER, *ROWS], ","),
        '"";"";""\n' + join_rows([HEADER, *ROWS], ";"),
        join_rows([HEADER, [""], *ROWS[:1], ["", " ", ""], *ROWS[1:], ["", ""], ["\u00a0"]]),
        join_rows([[*row, "", " "] for row in [HEADER, *ROWS]]),
        join_rows([["", *row] for row in [HEADER, *ROWS]]),
    ],
    ids=repr,
)
def test_read_skips_blank_lines_and_blank_cells(text):
    assert cells(read(text)) == ROWS


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_parse_records_passes_over_empty_lines_in_one_step(newline):
    records = delimited.parse_records(f"{newline * 1000}a{newline * 2}b", "\t")

    assert list(records) == [Record(1001, ["a"]), Record(1003, ["b"])]


def test_line_numbers_are_those_of_the_file():
    text = "\n\nCountry\tUniversity name\tAgreement type\n\nGermany\tKöln\tBilateral\n\t\t\nSpain\tMálaga\tGE3\n"

    assert lines(read(text)) == [5, 7]


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_line_numbers_go_on_after_line_breaks_in_a_cell(newline):
    text = newline.join(
        ["Country,University name,Agreement type", 'Germany,"Uni', "", 'Köln",Bilateral', "Spain,Málaga,GE3"]
    )

    table = read(text)

    assert cells(table) == [["Germany", f"Uni{newline}{newline}Köln", "Bilateral"], ["Spain", "Málaga", "GE3"]]
    assert lines(table) == [2, 5]


@pytest.mark.parametrize(
    "header",
    [
        ["COUNTRY", "university NAME", "agreement type"],
        [" Country ", "University\u00a0 name", "Agreement  type"],
        ["Côuntry", "Uńiversity name", "Agreement type"],
        ['"Country"', '"University name"', '"Agreement type"'],
        ["Country*", "University name¹", "Agreement type:"],
        ["COUNTRY_NAME", "partner-university", "Agreement type (Bilateral / Erasmus+)"],
        ["Land / Country", "Universität | University (EN)", "Abkommen - Agreement"],
        ['"Pays\nCountry"', '"Établissement\nInstitution"', "Type d’accord"],
        ["מדינה", "שם האוניברסיטה", "סוג ההסכם"],
        ["国名", "大学名", "協定の種類"],
    ],
)
def test_header_may_be_in_any_case_and_spacing(header):
    assert cells(read(join_rows([header, *ROWS]))) == ROWS


@pytest.mark.parametrize("header", ["Partner (contact)", "University / Contact", "University code"])
def test_header_with_another_meaning_is_not_taken_for_a_column(header):
    message = error_message(f"Country;{header};Agreement type\nSpain;Málaga;GE3\n".encode())

    assert message.startswith("Line 1 is not the header: it lacks “University name” and has")


def test_header_that_is_repeated_is_skipped_and_named():
    header = "No.;Country;Institution;Agreement type"

    table = read(f"{header}\n1;Spain;Málaga;GE3\n{header}\n2;Spain;Cádiz;GE3\n")

    assert cells(table) == [["Spain", "Málaga", "GE3"], ["Spain", "Cádiz", "GE3"]]
    assert table.skipped_rows == [(3, "No. | Country | Institution | Agreement type")]


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        ("Country|University name|Agreement type\nSpain|Málaga|GE3\n", []),
        ('Country,University name,Agreement type\n="Spain","=""Málaga""",="GE3"\n', []),
        ("Country;University name;Agreement type\nSpain;Málaga;GE3\n\x1a", []),
        (
            ";Country;University name;Agreement type\n1;Spain;Málaga;GE3\n",
            ["A column without a header is skipped: it has running numbers."],
        ),
        (
            '"Country,""University name"",Agreement type"\n"Spain,""Málaga"",GE3"\n',
            ["Each line stands in one cell, which is divided at “,”."],
        ),
    ],
)
def test_table_of_another_program_is_read(text, notices):
    table = read(text)

    assert (cells(table), table.notices()) == ([["Spain", "Málaga", "GE3"]], notices)


def test_column_without_a_header_is_skipped_only_if_it_has_running_numbers():
    table = read(";Country;University name;Agreement type\n1;Spain;Málaga;GE3\n4;Spain;Cádiz;GE3\n")

    assert [row.surplus for row in table.rows] == [("1",), ("4",)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read_in_any_script(encoding):
    text = "מדינה;אוניברסיטה;סוג הסכם\nישראל;אוניברסיטת תל אביב;GE3\n"

    assert cells(read_table(text.encode(encoding), COLUMNS)) == [["ישראל", "אוניברסיטת תל אביב", "GE3"]]


def test_lower_row_of_a_header_decides():
    """As a spreadsheet has it whose first cells are merged downwards, and Agreement across two columns."""
    table = read("Country;University;Agreement;\nCountry;University;Type;Until\nSpain;Málaga;GE3;2027\n")

    assert cells(table) == [["Spain", "Málaga", "GE3"]]
    assert (table.ignored_columns, table.skipped_rows) == (["Until"], [(1, "Country | University | Agreement")])


def test_columns_may_be_in_any_order():
    table = read("Agreement type;Country;University name\nGE3;Spain;Málaga\n")

    assert cells(table) == [["Spain", "Málaga", "GE3"]]


def test_extra_columns_are_ignored_and_named():
    table = read(
        "No.\tCountry\tContact, person\tUniversity name\tAgreement type\tSince\n1\tSpain\tX\tMálaga\tGE3\t2009\n"
    )

    assert cells(table) == [["Spain", "Málaga", "GE3"]]
    assert table.ignored_columns == ["No.", "Contact, person", "Since"]
    assert table.rows[0].surplus == ()


@pytest.mark.parametrize(
    ("header", "ignored"),
    [
        ('Country;University name;Agreement type;"Contact\nperson"', "Contact\nperson"),
        ('"No.\nin the list";Country;University name;Agreement type', "No.\nin the list"),
    ],
)
def test_extra_column_may_have_a_line_break_in_its_header(header, ignored):
    row = {'"': "1;Spain;Málaga;GE3", "C": "Spain;Málaga;GE3;X"}[header[0]]

    table = read(f"{header}\n{row}\n")

    assert cells(table) == [["Spain", "Málaga", "GE3"]]
    assert table.ignored_columns == [ignored]
    assert lines(table) == [3]


def test_row_that_is_too_short_has_empty_cells():
    assert cells(read(join_rows([HEADER, ["Spain", "Málaga"], ["Spain"]]))) == [
        ["Spain", "Málaga", ""],
        ["Spain", "", ""],
    ]


def test_cells_without_header_are_surplus():
    table = read(join_rows([[*HEADER, "", "Since"], ["Spain", "Málaga", "GE3", "one", "2009", " ", "two"]]))

    assert cells(table) == [["Spain", "Málaga", "GE3"]]
    assert table.rows[0].surplus == ("one", "two")
    assert table.ignored_columns == ["Since"]


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('University of Rome "Tor Vergata"', 'University of Rome "Tor Vergata"'),
        ('University of "Tor Vergata" Rome', 'University of "Tor Vergata" Rome'),
        ('"Tor Vergata" University', '"Tor Vergata" University'),
        ('"Tor Vergata', '"Tor Vergata'),
        ('Tor Vergata"', 'Tor Vergata"'),
        ('"', '"'),
        ('"Tor Vergata"', "Tor Vergata"),
        ('"""Tor Vergata"" University"', '"Tor Vergata" University'),
        ('"""Tor Vergata"""', '"Tor Vergata"'),
        ('"Rome, A\tB;C"', "Rome, A\tB;C"),
        ('""', ""),
    ],
)
def test_quotes_are_read_as_offices_and_programs_write_them(delimiter, written, name):
    rows = [["Italy", written, "GE3"], ["Spain", "Málaga", "GE3"]]

    assert cells(read(join_rows([HEADER, *rows], delimiter))) == [["Italy", name, "GE3"], ["Spain", "Málaga", "GE3"]]


def test_unclosed_quote_does_not_swallow_the_rows_below():
    names = ['"Tor Vergata', "Málaga", 'Rome "Tor Vergata"', '"Sapienza', '"Roma Tre" University', '"Rome"']

    table = read(join_rows([HEADER, *[["Italy", name, "GE3"] for name in names]]))

    assert [row.cells["University name"] for row in table.rows] == [*names[:-1], "Rome"]
    assert lines(table) == [2, 3, 4, 5, 6, 7]


def test_delimiters_in_cells_do_not_determine_the_delimiter():
    table = read('Country;University name;Agreement type;a,b,c\nAustria;"MCI, Management; Center";Bilateral, GE3;x\n')

    assert cells(table) == [["Austria", "MCI, Management; Center", "Bilateral, GE3"]]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b" \t \r\n", "\u00a0\n".encode(), b"\xef\xbb\xbf", b"\xff\xfe", b";;\n;;"]
)
def test_file_without_text_is_empty(data):
    assert error_message(data) == EMPTY


def test_file_with_a_header_only_is_refused():
    assert error_message(b"\nCountry,University name,Agreement type\n,,\n\n") == (
        "The file has a header in line 2 and no rows below it."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\nGermany\tKöln\tBilateral\n",
            "Line 2 is not the header: it lacks “Country”, “University name”, “Agreement type” "
            "and has “Germany”, “Köln”, “Bilateral”. "
            "Name the columns “Country”, “University name”, “Agreement type”.",
        ),
        (
            "Country;;Place;Agreement type\nGermany;;Köln;GE3",
            "Line 1 is not the header: it lacks “University name” "
            "and has “Country”, “Place”, “Agreement type”. "
            "Name the columns “Country”, “University name”, “Agreement type”.",
        ),
    ],
)
def test_file_without_the_header_is_refused(text, message):
    assert error_message(text.encode()) == message


def test_header_error_truncates_quoted_cells():
    message = error_message(b"\t".join([b"x" * 1_000] * 100))

    assert message.count(f"“{'x' * 79}…”") == 30
    assert message.endswith("”, …. Name the columns “Country”, “University name”, “Agreement type”.")


def test_damaged_utf8_is_refused_and_not_taken_for_windows_1252():
    rows = "".join(f"Poland\tŁódź {number}\tGE3\n" for number in range(3)).encode()

    assert error_message(b"Country\tUniversity name\tAgreement type\n" + rows + b"Poland\tAB\xc5\tGE3\n") == (
        "Line 5 has a damaged character in it. Correct it, save the list in UTF-8 and choose that file."
    )


def test_text_that_is_not_unicode_needs_its_encoding():
    rows = [["Germany", "Universität „Gauß“", "GE3"]]
    data = join_rows([HEADER, *rows]).encode("cp1252")

    assert error_message(data) == "The encoding of the file is not known. Save the file in UTF-8, and choose it again."
    assert cells(read_table(data, COLUMNS, encoding="cp1252")) == rows


@pytest.mark.parametrize(("encoding", "label"), [("utf-8", "utf-8"), ("gb18030", "GB18030 (Chinese)")])
def test_text_in_another_encoding_than_named_is_refused(encoding, label):
    with pytest.raises(TableError) as error:
        read_table(b"Country\tUniversity name\tAgreement type\nGermany\tK\xff\tGE3\n", COLUMNS, encoding=encoding)

    assert str(error.value) == f"The file is not in the encoding {label}. Choose another one."


@pytest.mark.parametrize("boms", ["\ufeff\ufeff", "\ufeff\n\ufeff"])
def test_misplaced_byte_order_marks_are_ignored(boms):
    table = read(f"{boms}Country\tUniversity name\tAgreement type\n\ufeffGermany\tKöln\tGE3\n")

    assert [[normalize_name(cell) for cell in row] for row in cells(table)] == [["Germany", "Köln", "GE3"]]


def test_header_that_repeats_columns_is_refused():
    assert error_message(b"Country\tcountry\tUniversity name\tAgreement type\tAGREEMENT TYPE\na\tb\tc\td\te\n") == (
        "Line 1 has the column “Country”, “Agreement type” more than once. Leave one of them."
    )


def test_extra_columns_may_repeat():
    table = read("Note\tCountry\tUniversity name\tAgreement type\tNote\na\tSpain\tMálaga\tGE3\tb\n")

    assert cells(table) == [["Spain", "Málaga", "GE3"]]
    assert table.ignored_columns == ["Note", "Note"]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfeC\0o",
        b"\xff\xfe\x00\xd8a\0",
        "Country\tUniversity name\tAgreement type\nGermany\tA\tGE3\n".encode("utf-32"),
        b"Country\tUniversity name\tAgreement type\nGermany\t\0\tGE3\n",
    ],
    ids=["half a character", "lone surrogate", "UTF-32", "NUL"],
)
def test_file_that_is_no_text_is_refused(data):
    assert error_message(data) == NO_TEXT


@pytest.mark.parametrize(
    ("file_format", "data"),
    [
        (
            "tsv",
            'Country\tName\nItaly\tRome "Tor Vergata"\nItaly\t"""Tor Vergata"" University"\nA\t"a\tb\nc"\nB\ta, b; c\n',
        ),
        (
            "csv",
            '\ufeff"Country","Name"\r\n"Italy","Rome ""Tor Vergata"""\r\n"Italy","""Tor Vergata"" University"\r\n'
            '"A","a\tb\nc"\r\n"B","a, b; c"\r\n',
        ),
    ],
)
def test_tsv_is_quoted_where_necessary_and_csv_everywhere(file_format, data):
    rows = [
        ("Country", "Name"),
        ("Italy", 'Rome "Tor Vergata"'),
        ("Italy", '"Tor Vergata" University'),
        ("A", "a\tb\nc"),
        ("B", "a, b; c"),
    ]

    assert write_table(rows, file_format).decode() == data


def test_csv_escapes_formulas_wherever_a_spreadsheet_may_split_cells():
    row = ["x;=HYPERLINK(1)", "'x;'@A1", "x\n-1\r\n+2\t=3", "a; b", "a,=b"]

    data = write_table([HEADER, row[:3], row[2:]], "csv")

    assert data.decode("utf-8-sig").splitlines()[1:] == [
        """"x;'=HYPERLINK(1)","'x;''@A1","x""",
        "'-1",
        """'+2\t'=3\"""",
        '"x',
        "'-1",
        """'+2\t'=3","a; b","a,=b\"""",
    ]
    assert cells(read_table(data, COLUMNS)) == [row[:3], row[2:]]


hostile_cells = st.lists(
    st.one_of(
        st.sampled_from([*HOSTILE, "\n", "\r", "\r\n", "\t", '""', '"\t', '"\n', "\u2028", "\x0b", "\x85"]),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=8,
).map("".join)
hostile_rows = st.lists(st.tuples(hostile_cells, hostile_cells, hostile_cells)).filter(
    lambda rows: any(map(normalize_name, sum(rows, ())))
)


@pytest.mark.parametrize("file_format", ["tsv", "csv"])
@given(rows=hostile_rows)
def test_written_rows_are_read_back_except_blank_ones(file_format, rows):
    data = write_table([HEADER, *rows], file_format)

    table = read_table(data, COLUMNS)

    assert cells(table) == [[cell.strip("\r\n") for cell in row] for row in rows if any(map(normalize_name, row))]
    assert [row.surplus for row in table.rows] == [()] * len(table)


@given(st.binary())
def test_read_errors_are_sentences(data):
    assert error_message(data).endswith(".")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "a PDF"),
        (PNG, "a picture"),
        (JPEG, "a picture"),
        (b"GIF89a", "a picture"),
        (docx(), "a Word document"),
        (odt(), "a text document"),
        (build_zip({"Index/Document.iwa": b"", "preview.jpg": b""}), "a document of Numbers"),
        (b"\r\n<html><table><tr><td>Country</td></tr></table></html>", "a web page"),
        ("\ufeff<!DOCTYPE html><table>".encode("utf-16"), "a web page"),
        (b"<meta http-equiv=Content-Type><table border=1>", "a web page"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "a web page"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "a web page"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook>', "an XML spreadsheet"),
        (b'<?xml version="1.0"?><office:document office:version="1.2">', "a flat OpenDocument file"),
        (b"<?xml version='1.0'?><partners/>", "XML"),
        (b"{\\rtf1 Country", "rich text"),
    ],
)
def test_file_of_another_kind_is_refused_by_what_it_is(data, kind):
    assert error_message(data) == (
        f"The file is {kind}, not a table. Save the table in it as XLSX and choose that file."
    )


@pytest.mark.parametrize("separator", ["sep=|", "SEP=|", '"sep=|"'])
@pytest.mark.parametrize(("encoding", "option"), [("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "cp1252")])
def test_line_with_the_separator_sets_the_delimiter(separator, encoding, option):
    rows = [["Germany", "Köln; Bonn, and", "GE3"], ["Spain", "Málaga", "GE3"]]
    text = f"{separator}\r\n{join_rows([HEADER, *rows], '|')}"

    table = read_table(text.encode(encoding), COLUMNS, encoding=option)

    assert (cells(table), lines(table)) == (rows, [3, 4])


def test_rows_above_the_header_are_skipped_and_named():
    table = read(
        "Partner universities, 2026\n\nas of; today,,\nCountry,University name,Agreement type\nSpain,Málaga,GE3\n"
    )

    assert (cells(table), lines(table)) == ([["Spain", "Málaga", "GE3"]], [5])
    assert table.skipped_rows == [(1, "Partner universities | 2026"), (3, "as of; today")]


def test_header_is_searched_within_the_first_fifty_rows_with_text():
    above = "note\n\n" * 49
    text = "Country\tUniversity name\tAgreement type\nSpain\tMálaga\tGE3\n"

    assert lines(read(above + text)) == [100]
    assert error_message(f"{above}note\n{text}".encode()).startswith("Line 1 is not the header: it lacks “Country”")


def test_line_breaks_at_the_ends_of_cells_are_blank_and_in_headers_are_spaces():
    table = read('"Country\n","University\r\nname",Agreement type\n"Spain\n","\nMálaga","GE3\nBilateral"\n')

    assert cells(table) == [["Spain", "Málaga", "GE3\nBilateral"]]
