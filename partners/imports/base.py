"""What the cells that every table has in common mean in the register, or else what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.models import Country, University
from partners.name_normalization import matching_key, normalize_name
from partners.tables import Table, TableRow
from partners.tables.types import ProgressCallback, truncate

COUNTRY_COLUMN, NAME = "Country", "University name"
NAME_FIELD = University._meta.get_field("name")
MAX_SUGGESTIONS = 100
"""Looking for similar names takes a thousand times as long as looking a name up."""

UniversityRef = int | UniversityKey
"""The id of a university that the register has, or else its key."""


class RowParser:
    """Reads the cells of a row, and gathers what is wrong with each."""

    max_length = 1_000
    """Characters of a cell, beyond which nothing reads it."""

    def __init__(self, row: TableRow):
        self.row = row
        self.errors: dict[str, list[str]] = defaultdict(list)
        if row.surplus:
            self.errors[_("after the last column")] = [_surplus(row.surplus)]

    def read(self, column: str, meaning: Callable, *args):
        """What the cell means, or None if that is an error."""
        try:
            refuse_long(self.row.cells[column], self.max_length)
            return meaning(self.row.cells[column], *args)
        except ValidationError as error:
            self.errors[column] += error.messages

    def raise_errors(self) -> None:
        """Raises ValidationError with the messages by column."""
        if self.errors:
            raise ValidationError(dict(self.errors))


class TableValidator:
    """Looks up what the rows of a table name."""

    def __init__(self, snapshot: RegisterSnapshot, table: Table, watch: ProgressCallback):
        self.snapshot = snapshot
        self.table = table
        self.watch = watch
        self.named: set[int] = set()
        """The ids of the universities of the register that the file names."""
        self.country = cache(self._country)
        self._suggestions_left = MAX_SUGGESTIONS
        keys = set(map(matching_key, {row.cells[COUNTRY_COLUMN] for row in table.rows}))
        snapshot.read_universities({country for key, country in snapshot.countries.items() if key in keys})

    def outcomes(self) -> Iterator[tuple[TableRow, object]]:
        """Each row with what it comes to, or with the ValidationError that tells what is wrong with it."""
        raise NotImplementedError

    def absent(self) -> list[str]:
        """The universities that the office's list could name, and the file does not."""
        return self.snapshot.names_except(self.named)

    def _country(self, text: str) -> Country:
        require_value(text)
        if country := self.snapshot.countries.get(matching_key(text)):
            return country
        message = _("“%s” is not a country or territory of the register. Correct it, or add it there as another name.")
        raise ValidationError(message % truncate(text) + self._suggestion(text, self.snapshot.countries))

    def university(self, text: str, key: UniversityKey) -> KnownUniversity | None:
        """The university that the register has under this name, if any."""
        known = self.snapshot.universities(key)
        if len(known) > 1:
            raise ValidationError(
                _("“%(name)s” is another name of %(names)s. Write the name of the one that is meant.")
                % {"name": truncate(text), "names": ", ".join(f"“{each.name}”" for each in known)}
            )
        university = known[0] if known else None
        if university:
            self.named.add(university.pk)
        return university

    def unknown_type(self, name: str) -> str:
        types = ", ".join(f"“{name}”" for name in self.snapshot.types)
        message = _(
            "“%(name)s” is not an agreement type. Write %(types)s or “in process”, or add the type to the register."
        ) % {"name": truncate(name), "types": types}
        return message + self._suggestion(name, self.snapshot.type_names)

    def _suggestion(self, text: str, known: Mapping[str, object]) -> str:
        """A question for the reader. It never decides: "Republic of Korea" is close to the wrong one."""
        if not self._suggestions_left:
            return ""
        self._suggestions_left -= 1
        nearest = get_close_matches(matching_key(text), known, n=1, cutoff=0.8)
        return "".join(_(" Did you mean “%s”?") % known[key] for key in nearest)


def resolve_spelling(university: KnownUniversity | None, name: str) -> tuple[str, str | None]:
    """The name to keep, and the one that it takes the place of: the file's where it spells the same name."""
    if university and university.name == name:
        return name, None
    if university is None or matching_key(university.name) != matching_key(name):
        return (university.name if university else name), None
    return name, university.name


def university_name(text: str) -> str:
    name = normalize_name(text)
    require_value(name)
    refuse_long(name, NAME_FIELD.max_length)
    NAME_FIELD.run_validators(name)
    return name


def require_value(text: str) -> None:
    if not normalize_name(text):
        raise ValidationError(_("The cell is empty. Fill it in, or take the line out."))


def refuse_long(text: str, most: int) -> None:
    if len(text) > most:
        raise ValidationError(
            _("“%(text)s” has %(length)d characters, and %(most)d fit. Shorten it.")
            % {"text": truncate(text), "length": len(text), "most": most}
        )


def _surplus(cells: Sequence[str]) -> str:
    message = _("“%s” stands in no column. Give its column a header, or check the quotes and delimiters of the line.")
    return message % truncate(" | ".join(cells))
