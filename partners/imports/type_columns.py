"""Lists that have a column of marks for each agreement type, in place of one column with the types."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from partners.cell_words import IS_YES_BY_WORD, normalize_word
from partners.imports.office_list import COLUMNS, TYPE_COLUMN
from partners.imports.type_notation import find_type
from partners.models import AgreementType
from partners.tables.headers import find_header
from partners.tables.reading import TableFile
from partners.tables.types import Record, is_not_blank, join_names


def merge_type_columns(file: TableFile) -> None:
    """Write the types that are marked in columns of their own into one column, in each visible sheet without one."""
    headers = [(sheet, find_header(sheet.head, COLUMNS, file.options.columns)) for sheet in file.visible_sheets]
    lacking = [(sheet, header.record) for sheet, header in headers if header.missing == [TYPE_COLUMN]]
    if not lacking:
        return
    known = {key: type_.name for type_ in AgreementType.objects.all() for key in type_.matching_keys()}
    for sheet, header in lacking:
        found = {at: find_type(cell, known) for at, cell in enumerate(header.cells) if is_not_blank(cell)}
        if types := {at: name for at, name in found.items() if name}:
            head, start = sheet.head, sheet.head.index(header)
            names = _replace_cells(header, types, TYPE_COLUMN)
            sheet.head = [*head[:start], names, *(_merge(record, types) for record in head[start + 1 :])]
            sheet.records = map(lambda record, types=types: _merge(record, types), sheet.records)
            notice = _("The types are those that are marked in the columns %s.")
            file.notices[sheet] = notice % join_names(header.cells[at] for at in types)


def _merge(record: Record, types: Mapping[int, str]) -> Record:
    cells = {at: record.cells[at] for at in types if at < len(record.cells)}
    terms = [_read_mark(cell, types[at]) for at, cell in cells.items()]
    return _replace_cells(record, types, "/".join(filter(None, terms)))


def _read_mark(cell: str, type_name: str) -> str:
    """Return the type for a mark, the type with its status for another word, or "" for a blank cell or a "no"."""
    word = normalize_word(cell)
    if not IS_YES_BY_WORD.get(word, bool(word)):
        return ""
    is_mark = word in IS_YES_BY_WORD or word == normalize_word(type_name)
    return type_name if is_mark else f"{type_name} ({cell})"


def _replace_cells(record: Record, types: Mapping[int, str], text: str) -> Record:
    """Return the record with the text in the first column of the types, and nothing in the others."""
    first = min(types)
    cells = [*record.cells, *[""] * (first + 1 - len(record.cells))]
    return record._replace(
        cells=[text if at == first else "" if at in types else cell for at, cell in enumerate(cells)]
    )
