"""Dates of the register's file: the order of day and month, and words for an open end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import cache, partial

from django.utils.translation import gettext as _

from partners.dates import find_day_order, is_ambiguous, parse_date
from partners.imports.register_columns import AGREEMENT_FILE_FIELDS, COLUMN_OF
from partners.tables.headers import header_key, usual_names
from partners.tables.reading import TableRow
from partners.tables.types import is_not_blank, join_lines, truncate

DATE_FIELDS = [field for field in AGREEMENT_FILE_FIELDS if field.parser is parse_date]
LAST_DAY_COLUMN, OPEN_ENDED_COLUMN = COLUMN_OF["valid_until"], COLUMN_OF["is_open_ended"]
LAST_YEAR = "9999"
"""The year that some programs write if there is no end."""


class RegisterDates:
    """The dates of a file, which is read as a whole: one date may show the order of day and month in all."""

    def __init__(self, rows: Collection[TableRow]):
        words = {header_key(OPEN_ENDED_COLUMN), *usual_names()[OPEN_ENDED_COLUMN]}
        texts = {row.cells.get(LAST_DAY_COLUMN, "") for row in rows}
        open_ends = {text for text in texts if header_key(text) in words}
        self.open_ended_lines = [row.line for row in rows if _move_open_end(row, open_ends)]
        columns = [field.column for field in DATE_FIELDS]
        self._texts = dict.fromkeys(row.cells[column] for row in rows for column in columns if column in row.cells)
        self._is_day_first, self._evidence = find_day_order(self._texts)

    def parsers(self) -> dict[str, Callable[[str], date | None]]:
        """Return the parser of each field with a date, by its name."""
        return dict.fromkeys(
            [field.name for field in DATE_FIELDS], cache(partial(parse_date, is_day_first=self._is_day_first))
        )

    def notices(self) -> list[str]:
        notices = []
        ambiguous = next(filter(is_ambiguous, self._texts), None)
        if ambiguous and self._evidence:
            day = parse_date(ambiguous, self._is_day_first)
            message = _("Dates such as “%(text)s” are read as %(day)s, since the file has “%(evidence)s”.")
            params = {
                "text": truncate(ambiguous),
                "day": f"{day.day} {day:%b %Y}",
                "evidence": truncate(self._evidence),
            }
            notices.append(message % params)
        if self.open_ended_lines:
            message = _("Open-ended by a word in “%(column)s”: line %(lines)s.")
            notices.append(message % {"column": LAST_DAY_COLUMN, "lines": join_lines(self.open_ended_lines)})
        if far := next((text for text in self._texts if LAST_YEAR in text), None):
            message = _("“%(text)s” is read as a day. If these agreements have no end, write “%(word)s” instead.")
            notices.append(message % {"text": truncate(far), "word": "unlimited"})
        return notices


def _move_open_end(row: TableRow, open_ends: Collection[str]) -> bool:
    """Write "yes" as open-ended and empty the last day if that is one of the words, such as "unlimited".

    Return False for another row, also one whose own cell about the open end is filled in.
    """
    cells = row.cells
    if cells.get(LAST_DAY_COLUMN) not in open_ends or is_not_blank(cells.get(OPEN_ENDED_COLUMN, "")):
        return False
    cells[LAST_DAY_COLUMN], cells[OPEN_ENDED_COLUMN] = "", "yes"
    return True
