"""Templates of the office's list and the register: XLSX files to fill in, with drop-downs and an example row."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from partners.agreement_fields import AGREEMENT_FIELDS
from partners.dates import parse_date
from partners.enums import AgreementStatus, Direction, MobilityKind, StudyLevel
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.files import EXAMPLE_NAME
from partners.imports.mobility_columns import DIRECTION_COLUMN, MOBILITY_COLUMN_OF
from partners.imports.office_list import COLUMNS
from partners.imports.register_columns import COLUMN_OF, KEY_COLUMN, STATUS_COLUMN, TYPE_COLUMN
from partners.imports.register_columns import COLUMNS as REGISTER_COLUMNS
from partners.imports.type_notation import Term
from partners.models import AgreementType, Country
from partners.tables.cells import Cell, column_widths
from partners.tables.xlsx_writer import CREATED

TEMPLATES = {
    "list": {"Partners": COLUMNS},
    "register": {
        "Register": (*REGISTER_COLUMNS, KEY_COLUMN),
        "Mobilities": (KEY_COLUMN, NAME_COLUMN, *MOBILITY_COLUMN_OF.values()),
    },
}
"""Columns of each sheet by the name of the template."""
LAST_ROW = 2_000
"""Rows that have drop-downs."""
CHOICES_SHEET = "Choices"
YES_NO_COLUMNS = (COLUMN_OF["is_open_ended"], COLUMN_OF["is_listed"], MOBILITY_COLUMN_OF["is_blended"])
KIND_COLUMN, LEVELS_COLUMN = MOBILITY_COLUMN_OF["kind"], MOBILITY_COLUMN_OF["study_levels"]
STRICT_COLUMNS = (STATUS_COLUMN, DIRECTION_COLUMN, KIND_COLUMN, *YES_NO_COLUMNS)
"""Columns that take nothing but a choice. A country may have other names, and a university several types."""
DATE_COLUMNS = [field.column for field in AGREEMENT_FIELDS if field.parser is parse_date]
EXAMPLE_KEY = "example"
GREY = {"italic": True, "font_color": "#767676"}


def write_template(sheets: Mapping[str, Sequence[str]]) -> bytes:
    """Return a workbook with these sheets, which are given by their columns."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.set_properties({"created": CREATED})
        text, day = {"num_format": "@"}, {"num_format": "yyyy-mm-dd", "align": "left"}
        formats = {
            "header": book.add_format({"bold": True}),
            "text": book.add_format(text),
            "date": book.add_format(day),
            "example_text": book.add_format(GREY | text),
            "example_date": book.add_format(GREY | day),
        }
        tables = [(book.add_worksheet(name), columns) for name, columns in sheets.items()]
        lists = book.add_worksheet(CHOICES_SHEET)
        lists.hide()
        free_columns = count()
        for sheet, columns in tables:
            choices = _choices(columns)
            _write_rows(sheet, columns, _example(columns, choices), formats)
            for column in filter(choices.get, columns):
                source, at = next(free_columns), columns.index(column)
                lists.write_column(0, source, choices[column])
                letter, is_strict = xl_col_to_name(source), column in STRICT_COLUMNS
                cells = f"={CHOICES_SHEET}!${letter}$1:${letter}${len(choices[column])}"
                drop_down = {"validate": "list", "source": cells, "show_error": is_strict}
                sheet.data_validation(1, at, LAST_ROW, at, drop_down)
    return file.getvalue()


def _write_rows(
    sheet: Worksheet, columns: Sequence[str], example: Mapping[str, Cell], formats: Mapping[str, Format]
) -> None:
    """Write the header and the row of the example."""
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{LAST_ROW}"})
    widths = column_widths([columns, [example.get(column, "") for column in columns]])
    for at, (column, width) in enumerate(zip(columns, widths, strict=True)):
        is_date = column in DATE_COLUMNS
        sheet.set_column(at, at, width, formats["date" if is_date else "text"])
        sheet.write_string(0, at, column, formats["header"])
        if is_date and column in example:
            sheet.write_datetime(1, at, example[column], formats["example_date"])
        elif column in example:
            sheet.write_string(1, at, example[column], formats["example_text"])


def _choices(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the values that each column can have, of those with drop-downs."""
    yes_no = {column: ["yes", "no"] for column in YES_NO_COLUMNS if column in columns}
    if DIRECTION_COLUMN in columns:
        kinds, levels = [kind.word for kind in MobilityKind], [level.replace("_", " ") for level in StudyLevel.values]
        return {DIRECTION_COLUMN: Direction.values, KIND_COLUMN: kinds, LEVELS_COLUMN: levels, **yes_no}
    countries = list(Country.objects.order_by("name").values_list("name", flat=True))
    types = list(AgreementType.objects.values_list("name", flat=True))
    if STATUS_COLUMN in columns:
        statuses = [status.word for status in AgreementStatus]
        return {COUNTRY_COLUMN: countries, TYPE_COLUMN: types, STATUS_COLUMN: statuses, **yes_no}
    others = [status for status in AgreementStatus if status.is_open and status != AgreementStatus.SIGNED]
    terms = [Term(name, status) for name in types for status in (AgreementStatus.SIGNED, *others)]
    unknown = [Term(None, status) for status in others]
    return {COUNTRY_COLUMN: countries, TYPE_COLUMN: [str(term) for term in terms + unknown]}


def _example(columns: Sequence[str], choices: dict[str, list[str]]) -> dict[str, Cell]:
    """Return the cells of the example row by column."""
    example = {column: names[0] for column, names in choices.items() if names} | {NAME_COLUMN: EXAMPLE_NAME}
    if DIRECTION_COLUMN in columns:
        return example | {
            KEY_COLUMN: EXAMPLE_KEY,
            MOBILITY_COLUMN_OF["places"]: "4",
            MOBILITY_COLUMN_OF["duration"]: "20",
            LEVELS_COLUMN: "bachelor, master",
            MOBILITY_COLUMN_OF["fields_of_study"]: "0715, 0732",
            MOBILITY_COLUMN_OF["languages"]: "English B2",
            MOBILITY_COLUMN_OF["is_blended"]: "no",
        }
    if STATUS_COLUMN not in columns:
        terms = choices[TYPE_COLUMN]
        return example | {TYPE_COLUMN: "/".join(terms[:1] + terms[1:][-2:-1])}
    return example | {
        STATUS_COLUMN: AgreementStatus.SIGNED.word,
        COLUMN_OF["signed_on"]: date(2026, 2, 1),
        COLUMN_OF["valid_from"]: date(2026, 9, 1),
        COLUMN_OF["valid_until"]: date(2031, 8, 31),
        COLUMN_OF["is_open_ended"]: "no",
        KEY_COLUMN: EXAMPLE_KEY,
    }
