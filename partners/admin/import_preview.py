"""The preview of an import as people read it: decisions on pages, sections that can be searched, all as a table."""

from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Paginator
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN, UntouchedUniversity
from partners.imports.name_questions import NameQuestion
from partners.name_normalization import matching_key

MAX_SHOWN = 200
"""Lines of a section that are shown. A search finds the others, and the table has them all."""
DECISIONS_PER_PAGE = 50


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
        if not words:
            return self.rows
        texts = [matching_key(f"{row.country} {row.name} {describe(row)}") for row in self.rows]
        return [row for row, text in zip(self.rows, texts, strict=True) if all(word in text for word in words)]

    @property
    def shown(self):
        """The first lines, each with its description."""
        return [(row, describe(row)) for row in self.found[:MAX_SHOWN]]

    @property
    def is_cut(self):
        return len(self.found) > MAX_SHOWN


def build_preview(result, choices, query="", page_number=None):
    """Return the sections of an import's result, and a page of what is to be decided, unless the file has errors.

    Without a number, the page is that of the first question that waits.
    """
    sections = build_sections(result, query)
    can_decide = not result.has_validation_errors()
    decided = [section for section in sections if can_decide and section.name in ("take_backs", "questions")]
    decisions = [row for section in decided for row in section.found]
    waiting = [index for index, row in enumerate(decisions) if isinstance(row, NameQuestion) and row.is_waiting]
    first = waiting[0] // DECISIONS_PER_PAGE + 1 if waiting else 1
    page = Paginator(decisions, DECISIONS_PER_PAGE).get_page(page_number or first)
    return {
        "choices": choices,
        "query": query,
        "counts": {section.name: len(section.rows) for section in sections},
        "found_counts": {section.name: len(section.found) for section in sections},
        "sections": [section for section in sections if section.rows and section not in decided],
        "page": page,
        "take_backs": [row for row in page if not isinstance(row, NameQuestion)],
        "questions": [row for row in page if isinstance(row, NameQuestion)],
        "is_nothing_to_decide_found": any(section.rows for section in decided) and not decisions,
        "waiting_count": len(result.waiting),
        "can_import": can_decide and bool(result.new or result.changed or result.take_backs),
    }


def build_sections(result, query=""):
    """Return the sections of a preview in their order on the page. Each line of the file is in one of them."""
    question_lines = result.question_lines
    take_backs = [row for row in result.take_backs if row.line not in question_lines]
    changed = [row for row in result.changed if row.line not in question_lines and not row.takes_back]
    new = [row for row in result.new if row.line not in question_lines]
    missing = result.missing_universities or []
    return [
        Section("take_backs", _("Takes back what was done"), take_backs, query),
        Section("questions", _("New, or another name?"), result.questions, query),
        Section("changed", _("Changes"), changed, query),
        Section("remarks", _("Expired agreements, which stay as they are"), result.remarks, query),
        Section("new", _("New"), new, query),
        Section("unchanged", _("Unchanged"), result.unchanged, query, is_folded=True),
        Section("missing", _("Not in the file, and left as they are"), missing, query, is_folded=True),
    ]


def iter_table(result):
    """Yield the header and the rows of a table of the whole preview, its errors first."""
    yield _("Part"), _("Line"), COUNTRY_COLUMN, NAME_COLUMN, _("What happens")
    errors = [
        UntouchedUniversity(row.number, *row.values, f"{column}: {' '.join(messages)}")
        for row in result.invalid_rows
        for column, messages in row.field_specific_errors.items()
    ]
    for section in [Section("errors", _("Errors"), errors), *build_sections(result)]:
        for row in section.rows:
            yield section.title, row.line or "", str(row.country), row.name, describe(row)


def describe(row):
    """Return what happens to a line, in one text; of a question, its candidates and the choice."""
    if not isinstance(row, NameQuestion):
        return f"{row.summary} {_('Left as it is.')}" if getattr(row, "is_left", False) else row.summary
    names = [f"“{candidate.name}” ({candidate.reason.label})" for candidate in row.candidates]
    question = _("New, or another name of %s?") % get_text_list(names, _("or"))
    if row.is_waiting:
        return f"{question} {_('Waits for an answer.')}"
    answer = _("Another name of “%s”.") % row.chosen.name if row.chosen else _("New.")
    return f"{question} {answer} {row.result.summary}"
