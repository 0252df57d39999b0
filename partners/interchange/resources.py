"""The office's list as a django-import-export resource: its columns, keys, and errors in rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Result, RowResult

from partners.interchange import notation, reconcile
from partners.interchange.notation import Term
from partners.interchange.reconcile import Outcome
from partners.interchange.register import Known, Register, terms_of
from partners.interchange.tables import Row, Table
from partners.models import Agreement, AgreementType, Country, University
from partners.names import clean_name, matching_key
from partners.querysets import UniversityQuerySet

COUNTRY, NAME, TERMS = COLUMNS = ("Country", "University name", "Agreement type")
NAME_FIELD = University._meta.get_field("name")


class OutcomeRow(RowResult):
    def __init__(self, outcome: Outcome):
        super().__init__()
        self.outcome = outcome
        if outcome.is_new:
            self.import_type = self.IMPORT_TYPE_NEW
        else:
            self.import_type = self.IMPORT_TYPE_UPDATE if outcome.is_changed else self.IMPORT_TYPE_SKIP


class ListResult(Result):
    """What an import of the office's list does, or would do."""

    def __init__(self, table: Table, judge: Judge):
        super().__init__()
        self.diff_headers = list(COLUMNS)
        self.ignored = table.ignored
        for row in table.rows:
            try:
                result = OutcomeRow(judge.outcome(row))
            except ValidationError as errors:
                self.append_invalid_row(row.line, row.cells, errors)
            else:
                self.append_row_result(result)
                self.increment_row_result_total(result)

    def new(self) -> list[Outcome]:
        return [row.outcome for row in self if row.is_new()]

    def changed(self) -> list[Outcome]:
        return [row.outcome for row in self if row.is_update()]

    def unchanged(self) -> list[Outcome]:
        return [row.outcome for row in self if row.is_skip()]

    def counts(self) -> str:
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(errors)d errors") % {
            "new": self.totals[RowResult.IMPORT_TYPE_NEW],
            "changed": self.totals[RowResult.IMPORT_TYPE_UPDATE],
            "unchanged": self.totals[RowResult.IMPORT_TYPE_SKIP],
            "errors": len(self.invalid_rows),
        }

    def error_lines(self) -> Iterator[str]:
        for row in self.invalid_rows:
            for column, messages in row.field_specific_errors.items():
                for message in messages:
                    where = {"line": row.number, "column": column, "message": message}
                    yield _("Line %(line)d, %(column)s: %(message)s") % where


class OfficeListResource(Resource):
    """All or nothing: one row with an error, and nothing is imported."""

    country = Field(column_name=COUNTRY)
    name = Field(column_name=NAME)
    terms = Field(column_name=TERMS)

    @classmethod
    def get_display_name(cls):
        return gettext_lazy("The office's list")

    @transaction.atomic
    def import_data(self, dataset: Table, dry_run=False, user=None, file_name="", **kwargs) -> ListResult:
        register = Register()
        result = ListResult(dataset, Judge(register, dataset))
        if not dry_run and not result.has_validation_errors():
            reason = f"import of {file_name}"[:100]
            reconcile.apply([row.outcome for row in result], register.types, user, reason)
        return result

    def export(self, queryset: UniversityQuerySet | None = None, **kwargs) -> Iterator[tuple[str, str, str]]:
        """The header and a row for each university that has a signed or an in-process agreement."""
        universities = University.objects.all() if queryset is None else queryset
        terms = defaultdict(list)
        agreements = Agreement.objects.filter(university__in=universities.order_by())
        for university, term, _agreement in terms_of(agreements):
            terms[university].append(term)
        positions = {name: at for at, name in enumerate(AgreementType.objects.values_list("name", flat=True))}
        yield COLUMNS
        for pk, country, name in universities.alphabetical().values_list("pk", "country__name", "name"):
            if pk in terms:
                yield country, name, notation.format_terms(terms[pk], positions)


class Judge:
    """Tells what each row of a file comes to, or else every error in it."""

    def __init__(self, register: Register, table: Table):
        self.register = register
        self.first_lines: dict[object, int] = {}
        self._terms = cache(self._read_terms)
        keys = {matching_key(row.cells[COUNTRY]) for row in table.rows}
        register.read_universities({country for key, country in register.countries.items() if key in keys})

    def outcome(self, row: Row) -> Outcome:
        """Raises ValidationError with messages by column."""
        errors = defaultdict(list)

        def cell(column, read, *args):
            try:
                return read(row.cells[column], *args)
            except ValidationError as error:
                errors[column] += error.messages

        country, terms = cell(COUNTRY, self._country), cell(TERMS, self._terms)
        name = cell(NAME, _name)
        known = cell(NAME, self._university, country, row.line) if country and name else None
        if row.surplus:
            errors[_("after the last column")] = [_surplus(row.surplus)]
        if errors:
            raise ValidationError(dict(errors))
        return _outcome(row.line, country, name, terms, known)

    def _country(self, text: str) -> Country:
        _refuse_empty(text)
        if country := self.register.countries.get(matching_key(text)):
            return country
        raise ValidationError(
            _("“%s” is not a country or territory of the register. Correct it, or add it there as another name.")
            % _shortened(text)
        )

    def _read_terms(self, text: str) -> frozenset[Term]:
        _refuse_empty(text)
        try:
            terms = notation.parse(text, self.register.type_names)
        except notation.UnknownTerms as unknown:
            raise ValidationError([self._unknown_type(name) for name in unknown.names]) from unknown
        if not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % _shortened(text))
        return terms

    def _unknown_type(self, name: str) -> str:
        return _(
            "“%(name)s” is not an agreement type. Write %(types)s or “in process”, or add the type to the register."
        ) % {"name": _shortened(name), "types": ", ".join(f"“{name}”" for name in self.register.types)}

    def _university(self, text: str, country: Country, line: int) -> Known | None:
        name = clean_name(text)
        known = self.register.universities(country, name)
        if len(known) > 1:
            raise ValidationError(
                _("“%(name)s” is another name of %(names)s. Write the name of the one that is meant.")
                % {"name": name, "names": ", ".join(f"“{each.name}”" for each in known)}
            )
        identity = known[0].pk if known else (country.pk, matching_key(name))
        first = self.first_lines.setdefault(identity, line)
        if first != line:
            raise ValidationError(
                _("“%(name)s” stands in line %(line)d already. Make one line of the two.")
                % {"name": name, "line": first}
            )
        return known[0] if known else None


def _outcome(line: int, country: Country, name: str, terms: frozenset[Term], known: Known | None) -> Outcome:
    if known is None:
        return Outcome(line, country, name, reconcile.reconcile(terms, {}))
    changes = reconcile.reconcile(terms, known.held)
    is_same_name = matching_key(known.name) == matching_key(name)
    respelled = known.name if is_same_name and known.name != name else None
    return Outcome(line, country, name if is_same_name else known.name, changes, known.pk, respelled)


def _name(text: str) -> str:
    _refuse_empty(text)
    name = clean_name(text)
    if len(name) > NAME_FIELD.max_length:
        raise ValidationError(
            _("“%(name)s” has %(length)d characters, and %(most)d fit. Shorten it.")
            % {"name": _shortened(name), "length": len(name), "most": NAME_FIELD.max_length}
        )
    return NAME_FIELD.clean(name, None)


def _refuse_empty(text: str) -> None:
    if not clean_name(text):
        raise ValidationError(_("The cell is empty. Fill it in, or take the line out."))


def _surplus(cells: list[str]) -> str:
    return _("“%s” stands in no column. Give its column a header, or check the quotes and delimiters of the line.") % (
        _shortened(" | ".join(cells))
    )


def _shortened(text: str) -> str:
    text = clean_name(text)
    return text if len(text) <= 80 else f"{text[:79]}…"
