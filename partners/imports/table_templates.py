"""Templates of the office's list and the register: XLSX files to fill in, with drop-downs and an example row."""

import io
from collections.abc import Sequence
from datetime import date

import xlsxwriter

from partners.agreement_fields import AGREEMENT_FIELDS
from partners.cells import parse_date
from partners.enums import AgreementStatus
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.files import EXAMPLE_NAME
from partners.imports.office_list import COLUMNS
from partners.imports.register_columns import COLUMN_OF, STATUS_COLUMN, TYPE_COLUMN
from partners.imports.register_columns import COLUMNS as REGISTER_COLUMNS
from partners.imports.type_notation import Term
from partners.models import AgreementType, Country
from partners.tables.cells import Cell, column_widths
from partners.tables.xlsx_writer import CREATED

TEMPLATES = {"list": COLUMNS, "register": REGISTER_COLUMNS}
"""Columns by the name of the template."""
LAST_ROW = 2_000
"""Rows that have drop-downs."""
CHOICES_SHEET = "Choices"
YES_NO_COLUMNS = (COLUMN_OF["is_open_ended"], COLUMN_OF["is_listed"])
STRICT_COLUMNS = (STATUS_COLUMN, *YES_NO_COLUMNS)
"""Columns that take nothing but a choice. A country may have other names, and a university several types."""
DATE_COLUMNS = [field.column for field in AGREEMENT_FIELDS if field.parser is parse_date]


def write_template(columns: Sequence[str]) -> bytes:
    """Return a file with these columns: those of the office's list, or those of the register."""
    choices = _choices(columns)
    example = _example(columns, choices)
    cells = [example.get(column, "") for column in columns]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.set_properties({"created": CREATED})
        header = book.add_format({"bold": True})
        text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        grey = {"italic": True, "font_color": "#767676"}
        example_text = book.add_format(grey | {"num_format": "@"})
        example_day = book.add_format(grey | {"num_format": "yyyy-mm-dd", "align": "left"})
        sheet, lists = book.add_worksheet("Partners"), book.add_worksheet(CHOICES_SHEET)
        lists.hide()
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{LAST_ROW}"})
        for at, (column, width) in enumerate(zip(columns, column_widths([columns, cells]), strict=True)):
            is_date = column in DATE_COLUMNS
            sheet.set_column(at, at, width, day if is_date else text)
            sheet.write_string(0, at, column, header)
            if is_date and column in example:
                sheet.write_datetime(1, at, example[column], example_day)
            elif column in example:
                sheet.write_string(1, at, example[column], example_text)
            if names := choices.get(column):
                lists.write_column(0, at, names)
                sheet.data_validation(1, at, LAST_ROW, at, _drop_down(column, at, len(names)))
    return file.getvalue()


def _choices(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the values that each column can have, of those with drop-downs."""
    countries = list(Country.objects.order_by("name").values_list("name", flat=True))
    types = list(AgreementType.objects.values_list("name", flat=True))
    if STATUS_COLUMN in columns:
        statuses = [status.word for status in AgreementStatus]
        yes_no = {column: ["yes", "no"] for column in YES_NO_COLUMNS}
        return {COUNTRY_COLUMN: countries, TYPE_COLUMN: types, STATUS_COLUMN: statuses, **yes_no}
    others = [status for status in AgreementStatus if status.is_open and status != AgreementStatus.SIGNED]
    terms = [Term(name, status) for name in types for status in (AgreementStatus.SIGNED, *others)]
    unknown = [Term(None, status) for status in others]
    return {COUNTRY_COLUMN: countries, TYPE_COLUMN: [str(term) for term in terms + unknown]}


def _example(columns: Sequence[str], choices: dict[str, list[str]]) -> dict[str, Cell]:
    """Return the cells of the example row by column."""
    example = {column: names[0] for column, names in choices.items() if names} | {NAME_COLUMN: EXAMPLE_NAME}
    if STATUS_COLUMN not in columns:
        terms = choices[TYPE_COLUMN]
        return example | {TYPE_COLUMN: "/".join(terms[:1] + terms[1:][-2:-1])}
    return example | {
        STATUS_COLUMN: AgreementStatus.SIGNED.word,
        COLUMN_OF["signed_on"]: date(2026, 2, 1),
        COLUMN_OF["valid_from"]: date(2026, 9, 1),
        COLUMN_OF["valid_until"]: date(2031, 8, 31),
        COLUMN_OF["is_open_ended"]: "no",
    }


def _drop_down(column: str, at: int, count: int) -> dict[str, object]:
    letter = xlsxwriter.utility.xl_col_to_name(at)
    return {
        "validate": "list",
        "source": f"={CHOICES_SHEET}!${letter}$1:${letter}${count}",
        "show_error": column in STRICT_COLUMNS,
    }
