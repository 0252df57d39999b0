"""XLSX and ODS files to and from records: the door to ``xlsx``, ``ods`` and ``containers``."""

from collections.abc import Iterable, Iterator

from partners.interchange import cells, ods, xlsx
from partners.interchange.containers import DAMAGED, Container, damaged, not_a_spreadsheet, protected
from partners.interchange.ods_writer import write_ods
from partners.interchange.records import Record, TableError
from partners.interchange.xlsx_writer import write_xlsx

__all__ = ["records", "write_ods", "write_xlsx"]


def records(data: bytes) -> Iterator[Record]:
    """The rows with text in them, of the first sheet that has such rows, be it hidden or not.

    Every record has at least as many cells as the first. Raises TableError.
    """
    try:
        return iter(_first_filled(_sheets(Container(data))))
    except TableError:
        raise
    except DAMAGED as error:
        raise damaged() from error


def _sheets(container: Container) -> Iterator[Iterable[cells.Row]]:
    if ods.is_encrypted(container):
        raise protected()
    if ods.is_ods(container):
        return ods.sheets(container)
    if xlsx.is_xlsx(container):
        return xlsx.sheets(container)
    raise not_a_spreadsheet()


def _first_filled(sheets: Iterable[Iterable[cells.Row]]) -> list[Record]:
    for rows in sheets:
        found = list(cells.records(rows))
        if any(text.strip() for record in found for text in record.cells):
            return found
    return []
