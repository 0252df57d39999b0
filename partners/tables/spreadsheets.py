"""XLSX and ODS files to and from records: the door to ``xlsx``, ``ods`` and ``containers``."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from partners.name_normalization import matching_key
from partners.tables import cells, ods, xlsx
from partners.tables.containers import DAMAGED, Container, damaged, not_a_spreadsheet, protected
from partners.tables.ods_writer import write_ods
from partners.tables.types import Record, TableError, has_text
from partners.tables.xlsx_writer import write_xlsx

__all__ = ["sheets", "write_ods", "write_xlsx"]


class Sheet(NamedTuple):
    name: str
    records: list[Record]
    """The rows with text in them. Each has at least as many cells as the first."""

    def has(self, columns: Iterable[str]) -> bool:
        header = next(filter(has_text, self.records), None)
        return bool(header) and set(map(matching_key, columns)).issubset(map(matching_key, header.cells))


def sheets(data: bytes, columns: Sequence[str]) -> list[Sheet]:
    """The sheets with text in them, be they hidden or not, and before them all the first that has the columns.

    Raises TableError.
    """
    try:
        found = list(_filled(_sheets(Container(data))))
    except TableError:
        raise
    except DAMAGED as error:
        raise damaged() from error
    chosen = next((sheet for sheet in found if sheet.has(columns)), None)
    return sorted(found, key=lambda sheet: sheet is not chosen)


def _sheets(container: Container) -> Iterator[tuple[str, Iterable[cells.Row]]]:
    if ods.is_encrypted(container):
        raise protected()
    if ods.is_ods(container):
        return ods.sheets(container)
    if xlsx.is_xlsx(container):
        return xlsx.sheets(container)
    raise not_a_spreadsheet()


def _filled(sheets: Iterable[tuple[str, Iterable[cells.Row]]]) -> Iterator[Sheet]:
    extent = cells.Extent()
    for name, rows in sheets:
        sheet = Sheet(name, list(cells.records(rows, extent)))
        if any(text.strip() for record in sheet.records for text in record.cells):
            yield sheet
