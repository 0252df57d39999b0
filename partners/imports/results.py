"""The result of an import: the changes by their kind, errors and questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.results import Result

from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN, TableValidator
from partners.imports.choices import ImportChoices
from partners.imports.mobilities import MobilitiesValidator
from partners.imports.name_questions import NameQuestion
from partners.imports.office_list_changes import OfficeListRowResult


class ImportResult(Result):
    """The result of an import or of a dry run. It keeps row results and no ``rows``, which take far more memory."""

    def __init__(self, validator: TableValidator | MobilitiesValidator):
        super().__init__()
        # Columns that are kept of rows with errors, so that the preview can name them.
        self.diff_headers = [COUNTRY_COLUMN, NAME_COLUMN]
        self.is_applied = False
        self.new: list[OfficeListRowResult] = []
        self.changed: list[OfficeListRowResult] = []
        self.unchanged: list[OfficeListRowResult] = []
        self.take_backs: list[OfficeListRowResult] = []
        """Rows that take back changes of people. They are in ``changed`` as well, unless they are left."""
        for row, row_result in validator.validate_rows():
            if isinstance(row_result, ValidationError):
                self.append_invalid_row(row.line, row.cells, row_result)
            else:
                self._append(row_result)
        self.questions = validator.questions
        self.notices = [*validator.table.notices(), *validator.notices()]
        self.remarks = validator.remarks
        self.missing_universities = validator.missing_universities()
        """None if the table is not one of universities."""
        self.offered_options = validator.offered_options

    def _append(self, row_result: OfficeListRowResult) -> None:
        if row_result.takes_back:
            self.take_backs.append(row_result)
        if row_result.is_new:
            self.new.append(row_result)
        elif not row_result.is_left:
            (self.changed if row_result.is_changed else self.unchanged).append(row_result)

    @property
    def left(self) -> list[OfficeListRowResult]:
        """Return the rows that change nothing, as nobody has allowed what they take back."""
        return [row_result for row_result in self.take_backs if row_result.is_left]

    @property
    def question_lines(self) -> set[int]:
        return {question.line for question in self.questions}

    @property
    def waiting(self) -> list[NameQuestion]:
        """Return the questions without a possible answer. Nothing is imported as long as there are any."""
        return [question for question in self.questions if question.is_waiting]

    @property
    def choices(self) -> ImportChoices:
        """Return the choice of each question, and the universities where changes are taken back."""
        names = {question.line: question.choice for question in self.questions}
        return ImportChoices(names, frozenset(row.university_id for row in self.take_backs if not row.is_left))

    def describe_choices(self) -> list[str]:
        """Return a sentence on each answer, for the page of the run."""
        left_lines = {row.line for row in self.left}
        answers = [question.describe_choice() for question in self.questions if question.line not in left_lines]
        taken_back = [
            _("“%s” is left as it is, and what people did there stays.") % (row.previous_name or row.name)
            if row.is_left
            else _("“%s” is changed, though people did something there.") % row.name
            for row in self.take_backs
        ]
        return answers + taken_back

    @property
    def digest(self) -> str:
        """Return a hash of the questions and changes, whichever is chosen.

        It is equal for imports that offer the same in the same register.
        """
        question_lines = self.question_lines
        rows = [row for row in (*self.new, *self.changed, *self.left) if row.line not in question_lines]
        digest = hashlib.sha256()
        for row in sorted(rows, key=attrgetter("line")):
            digest.update(f"{row.country.pk}: {row}\n".encode())
        for question in self.questions:
            digest.update(f"{question.country.pk}: {question}\n".encode())
        return digest.hexdigest()

    def counts(self) -> str:
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(errors)d errors") % {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged) + len(self.left),
            "errors": len(self.invalid_rows),
        }

    def error_lines(self) -> Iterator[str]:
        for row in self.invalid_rows:
            for column, messages in row.field_specific_errors.items():
                for message in messages:
                    params = {"line": row.number, "column": column, "message": message}
                    yield _("Line %(line)d, %(column)s: %(message)s") % params
