"""Tables of numbers, of which each has the URL of the list of the agreements that it counts."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from partners.admin.filters import NONE, agreement_changelist_url
from partners.models import AgreementType, Country

MAX_BARS = 20
"""The table beneath a chart has all rows."""
ROW_HEIGHT, LABEL_BASELINE, BAR_TOP = 38, 16, 21
"""Pixels. The baseline of the label and the top of the bar are relative to the row."""


class Group(NamedTuple):
    """A row or a column: its label, the parameters of the list that select it, and the values that it adds up."""

    label: str
    query: Mapping[str, object]
    members: Sequence[Hashable]


class Cell(NamedTuple):
    number: int
    url: str


class Row(NamedTuple):
    label: str
    cells: list[Cell]


class Table(NamedTuple):
    title: str
    sheet: str
    """The name of its sheet in the workbook."""
    headings: list[str]
    """The first is that of the labels."""
    rows: list[Row]
    sums: Sequence[Row] = ()
    """Rows below those, which add up some of them."""
    bar_columns: Sequence[int] = (-1,)
    """The columns of numbers that have bars, with their headings in the labels if they are several."""
    note: str = ""

    @property
    def chart(self):
        """Horizontal bars of the first numbers that are not zero, each with its label above it, and their height."""
        points = []
        for row in self.rows:
            for column in self.bar_columns:
                heading = [self.headings[1:][column]] if len(self.bar_columns) > 1 else []
                points.append((" · ".join([row.label, *heading]), row.cells[column].number))
        points = [(label, number) for label, number in points if number]
        longest = max((number for _label, number in points), default=0)
        is_rtl, bars = get_language_bidi(), []
        for index, (label, number) in enumerate(points[:MAX_BARS]):
            width, top = round(100 * number / longest, 2), index * ROW_HEIGHT
            x, label_x = (100 - width, "100%") if is_rtl else (0, "0")
            bar = {"x": x, "y": top + BAR_TOP, "width": width, "label_x": label_x, "label_y": top + LABEL_BASELINE}
            bars.append(bar | {"label": label, "number": number})
        return {"bars": bars, "height": len(bars) * ROW_HEIGHT, "hidden_count": len(points) - len(bars)}


def build_rows(counts, query, rows, columns):
    """Return the rows that add up a Counter of (row value, column value), without those that have only zeros.

    Reversing the URL of each cell, or encoding all of its query, would take longer than all queries.
    """
    changelist, encoded_columns = agreement_changelist_url(), [urlencode(column.query) for column in columns]
    table = []
    for row in rows:
        encoded_row, cells = urlencode(query | row.query), []
        for column, encoded_column in zip(columns, encoded_columns, strict=True):
            number = sum(counts[value, other] for value in row.members for other in column.members)
            encoded = "&".join(filter(None, [encoded_row, encoded_column]))
            cells.append(Cell(number, f"{changelist}?{encoded}"))
        if any(cell.number for cell in cells):
            table.append(Row(row.label, cells))
    return table


def add_up(groups):
    return Group(_("All"), {}, [value for group in groups for value in group.members])


def type_groups(slugs):
    """Return the agreement types among these slugs. None is the unknown type that an ended agreement can have."""
    groups = [Group(name, {"type": slug}, [slug]) for slug, name in AgreementType.objects.values_list("slug", "name")]
    groups.append(Group(_("Type unknown"), {"type": NONE}, [None]))
    return [group for group in groups if group.members[0] in slugs]


def country_groups(codes):
    countries = Country.objects.filter(code__in=codes).values_list("code", "name")
    return [Group(name, {"country": code}, [code]) for code, name in countries]
