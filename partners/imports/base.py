"""Parsing and validation of the columns that the office's list and the register have in common."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.cells import validate_length, validate_no_spreadsheet_error
from partners.imports.choices import ImportChoices
from partners.imports.placeholder_names import describe_doubt
from partners.imports.register_snapshot import KnownUniversity, RegisterSnapshot, UniversityKey
from partners.imports.typing_errors import find_similar
from partners.models import Agreement, Country, University
from partners.name_normalization import matching_key, normalize_name
from partners.querysets import UniversityQuerySet
from partners.tables.encodings import is_double_utf8
from partners.tables.reading import Table, TableRow
from partners.tables.types import ProgressCallback, is_not_blank, join_lines, join_names, truncate
from partners.validators import FORMULA_PREFIXES

COUNTRY_COLUMN, NAME_COLUMN = "Country", "University name"
NAME_FIELD = University._meta.get_field("name")
MAX_READINGS = 50
"""Countries under other names than the register's that the preview lists."""

UniversityRef = int | UniversityKey
"""The pk of a university in the register, or the key of one that is not in it yet."""


class UntouchedUniversity(NamedTuple):
    """A university that an import leaves as it is, and why somebody may want to look at it."""

    line: int | None
    """None if the file does not name it."""
    country: Country | str
    name: str
    summary: str = ""


class RowParser:
    """Parse the cells of one row and collect error messages by column."""

    max_length = 1_000
    """Characters. Longer cells are rejected before they are parsed, as parsing may be slow."""

    def __init__(self, row: TableRow):
        self.row = row
        self.errors: dict[str, list[str]] = defaultdict(list)
        if row.surplus:
            message = _(
                "“%s” stands in no column. Give its column a header, or check the quotes and delimiters of the line."
            )
            self.errors[_("after the last column")] = [message % truncate(" | ".join(row.surplus))]

    def parse(self, column: str, parser: Callable, *args):
        """Return `parser(cell, *args)`, or None and record the messages of its ValidationError.

        Return None if the file has no such column.
        """
        if column not in self.row.cells:
            return None
        try:
            validate_no_spreadsheet_error(self.row.cells[column])
            validate_length(self.row.cells[column], self.max_length)
            return parser(self.row.cells[column], *args)
        except ValidationError as error:
            self.errors[column] += error.messages


class TableValidator:
    """Validate the rows of a table against the register. Base class of the two kinds of tables.

    `validate_rows` yields each row with its result or its ValidationError.
    """

    questions = ()
    unknown_type = gettext_lazy(
        "“%(name)s” is not an agreement type. Write %(types)s or “in process”, or add the type to the register."
    )

    def __init__(self, snapshot: RegisterSnapshot, table: Table, progress: ProgressCallback, choices: ImportChoices):
        self.snapshot = snapshot
        self.table = table
        self.progress = progress
        self.choices = choices
        self.seen_ids: set[int] = set()
        """Pks of the register's universities that the file names."""
        self.offered_options: set[str] = set()
        """Fields of ReadOptions that would make errors of the file disappear."""
        self.filled_lines: list[int] = []
        self.accepted_names: dict[str, None] = {}
        """Accepted names that look like none, in their order."""
        self.remarks: list[UntouchedUniversity] = []
        self._fill_countries()
        self._skip_headings()
        texts = dict.fromkeys(row.cells[COUNTRY_COLUMN] for row in table.rows)
        self.countries = {text: snapshot.country_lookup.find(text) for text in texts}
        """Countries by the texts of their cells, None for a text that names none."""
        self._suggest_country = cache(snapshot.country_lookup.suggest)
        snapshot.load_universities(set(self.countries.values()) - {None})

    def _fill_countries(self) -> None:
        """Write the country above into the empty cells, or offer to do so."""
        above = ""
        for row in self.table.rows:
            if is_not_blank(row.cells[COUNTRY_COLUMN]):
                above = row.cells[COUNTRY_COLUMN]
            elif self.table.options.skip_headings and _is_heading(row):
                continue
            elif above and self.table.options.fill_down:
                row.cells[COUNTRY_COLUMN] = above
                self.filled_lines.append(row.line)
            elif above:
                self.offered_options.add("fill_down")

    def _skip_headings(self) -> None:
        """Take the rows with one filled cell out of the table and name them as skipped, or offer to do so."""
        headings = {row.line: row for row in self.table.rows if _is_heading(row)}
        if not self.table.options.skip_headings:
            self.offered_options.update(["skip_headings"] if headings else [])
        elif len(headings) < len(self.table.rows):
            self.table.rows = deque(row for row in self.table.rows if row.line not in headings)
            texts = {line: " ".join(filter(is_not_blank, row.cells.values())) for line, row in headings.items()}
            self.table.skipped_rows += [(line, truncate(text)) for line, text in texts.items()]

    def missing_universities(self) -> list[UntouchedUniversity]:
        """Return the universities with an open agreement that the file does not have."""
        return self._missing_among(University.objects.filter(pk__in=Agreement.objects.open().values("university")))

    def _missing_among(self, universities: UniversityQuerySet) -> list[UntouchedUniversity]:
        rows = universities.values_list("pk", "country__name", "name").iterator()
        return [UntouchedUniversity(None, country, name) for pk, country, name in rows if pk not in self.seen_ids]

    def notices(self) -> list[str]:
        """Return sentences about the cells that were understood in a way that not everybody would expect."""
        notices = []
        if count := len(self.filled_lines):
            message = ngettext(
                "An empty country means the one above: %(count)d cell was filled, in line %(lines)s.",
                "An empty country means the one above: %(count)d cells were filled, in lines %(lines)s.",
                count,
            )
            notices.append(message % {"count": count, "lines": join_lines(self.filled_lines)})
        if self.accepted_names:
            notices.append(_("Accepted as names of universities: %s.") % join_names(self.accepted_names))
        known = self.snapshot.country_lookup.by_name
        readings = [
            _("“%(text)s” as %(country)s") % {"text": truncate(text), "country": country}
            for text, country in self.countries.items()
            if country and matching_key(text) not in known
        ]
        if readings:
            more = len(readings) - MAX_READINGS
            listed = ", ".join(readings[:MAX_READINGS]) + (_(" and %d more") % more if more > 0 else "")
            notices.append(_("Countries that were read: %s.") % listed)
        return notices

    def find_country(self, text: str) -> Country:
        require_value(text)
        if country := self.countries[text]:
            return country
        lookup = self.snapshot.country_lookup
        if lookup.find_code(text):
            message = _(
                "“%s” is a country or territory that the register does not have. Correct it, or add the country."
            )
            raise ValidationError(message % truncate(text))
        message = _("“%s” is not a country or territory of the register. Correct it, or add it there as another name.")
        suggestion = self._suggest_country(text)
        raise ValidationError(message % truncate(text) + (_(" Did you mean “%s”?") % suggestion if suggestion else ""))

    def find_university(self, text: str, key: UniversityKey) -> KnownUniversity | None:
        """Return the university with this key and remember that the file names it; None if there is none.

        Raise ValidationError if the key is another name of several universities, or if the name looks like none.
        """
        matches = self.snapshot.find(key)
        if len(matches) > 1:
            raise ValidationError(
                _("“%(name)s” is another name of %(names)s. Write the name of the one that is meant.")
                % {"name": truncate(text), "names": ", ".join(f"“{match.name}”" for match in matches)}
            )
        if not matches:
            self._validate_new_name(text)
            return None
        self.seen_ids.add(matches[0].pk)
        return matches[0]

    def _validate_new_name(self, name: str) -> None:
        """Raise ValidationError if a name that the register does not have cannot be meant so."""
        if is_double_utf8(name):
            message = _("“%s” was encoded twice. Save the file that it comes from in UTF-8, and choose that one.")
            raise ValidationError(message % truncate(name))
        doubt = describe_doubt(name)
        if not doubt:
            return
        if not self.table.options.accept_names:
            self.offered_options.add("accept_names")
            raise ValidationError(doubt % truncate(name))
        self.accepted_names[name] = None

    def unknown_type_message(self, name: str) -> str:
        types = ", ".join(f"“{name}”" for name in self.snapshot.types)
        message = self.unknown_type % {"name": truncate(name), "types": types}
        return message + did_you_mean(name, self.snapshot.type_names)


def _is_heading(row: TableRow) -> bool:
    return sum(map(is_not_blank, row.cells.values())) == 1 and not row.surplus


def did_you_mean(text: str, known: Mapping[str, str]) -> str:
    """Return a question that names the only similar one of `known`, names by matching key, or ""."""
    similar = find_similar(matching_key(text), known)
    return _(" Did you mean “%s”?") % similar.pop() if len(similar) == 1 else ""


def resolve_spelling(university: KnownUniversity | None, name: str) -> tuple[str, str | None]:
    """Return the name to store and the name that it replaces, if any.

    The file's spelling replaces the register's if both have the same matching key.
    """
    if university is None or university.name == name:
        return name, None
    is_respelled = matching_key(university.name) == matching_key(name)
    return (name, university.name) if is_respelled else (university.name, None)


def parse_university_name(text: str) -> str:
    """Return the name in a cell. Line breaks are spaces."""
    name = normalize_name(re.sub("[\r\n\v\f\x85\u2028\u2029]+", " ", text))
    require_value(name)
    validate_length(name, NAME_FIELD.max_length)
    if name.startswith(tuple(FORMULA_PREFIXES)) and not any(map(str.isalnum, name)):
        # The register takes no such text. That it begins like a formula would be no help.
        raise ValidationError(_("“%s” is not a name. Write the university's name, or take the line out.") % name)
    NAME_FIELD.run_validators(name)
    return name


def require_value(text: str) -> None:
    if not normalize_name(text):
        raise ValidationError(_("The cell is empty. Fill it in, or take the line out."))
