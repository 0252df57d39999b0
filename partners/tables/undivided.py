"""Rows of which each stands in one cell, as in a text file that a spreadsheet opened with another delimiter."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from partners.tables.delimited import DELIMITERS, parse_records
from partners.tables.headers import find_header
from partners.tables.types import Record, Sheet, is_not_blank


def divide_rows(sheet: Sheet, columns: Sequence[str], assigned: Mapping[str, str]) -> str:
    """Divide the rows of a sheet if that gives it a header with the columns. Return a sentence about it, or ""."""
    is_undivided = all(sum(map(is_not_blank, record.cells)) == 1 for record in sheet.head)
    if not is_undivided or not find_header(sheet.head, columns, assigned).missing:
        return ""
    for delimiter in DELIMITERS:
        head = [_divide(record, delimiter) for record in sheet.head]
        if not find_header(head, columns, assigned).missing:
            sheet.head, records = head, sheet.records
            sheet.records = (_divide(record, delimiter) for record in records)
            return _("Each line stands in one cell, which is divided at “%s”.") % delimiter.replace("\t", _("tab"))
    return ""


def _divide(record: Record, delimiter: str) -> Record:
    text = next(filter(is_not_blank, record.cells))
    return record._replace(cells=[cell for part in parse_records(text, delimiter) for cell in part.cells])
