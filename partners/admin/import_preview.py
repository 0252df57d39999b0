"""The preview of an import as people read it: sections that can be searched, and all of it as a table."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN, UntouchedUniversity
from partners.name_normalization import matching_key

MAX_SHOWN = 200
"""Lines of a section that are shown. A search finds the others, and the table has them all."""


@dataclass
class Section:
    """The lines of a file to which the same happens, those that the search finds."""

    name: str
    title: str
    rows: list
    query: str = ""
    is_folded: bool = False

    @cached_property
    def found(self):
        words = matching_key(self.query).split()
        return [row for row in self.rows if contains_words(row, words)] if words else self.rows

    @property
    def shown(self):
        return self.found[:MAX_SHOWN]

    @property
    def is_cut(self):
        return len(self.found) > MAX_SHOWN


def contains_words(row, words):
    text = matching_key(f"{row.country} {row.name} {row.summary}")
    return all(word in text for word in words)


def build_sections(result, query=""):
    """Return the sections of a preview that have lines, in their order on the page."""
    sections = [
        Section("changed", _("Changes"), result.changed, query),
        Section("remarks", _("Expired agreements, which stay as they are"), result.remarks, query),
        Section("new", _("New"), result.new, query),
        Section("unchanged", _("Unchanged"), result.unchanged, query, is_folded=True),
        Section("missing", _("Not in the file, and left as they are"), result.missing_universities or [], query, True),
    ]
    return [section for section in sections if section.rows]


def iter_table(result):
    """Yield the header and the rows of a table of the whole preview, its errors first."""
    yield _("Part"), _("Line"), COUNTRY_COLUMN, NAME_COLUMN, _("What happens")
    for section in [Section("errors", _("Errors"), list(iter_errors(result))), *build_sections(result)]:
        for row in section.rows:
            yield section.title, row.line or "", str(row.country), row.name, row.summary


def iter_errors(result):
    for row in result.invalid_rows:
        for column, messages in row.field_specific_errors.items():
            yield UntouchedUniversity(row.number, *row.values, f"{column}: {' '.join(messages)}")
