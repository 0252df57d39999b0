"""What each row of the office's list comes to: one university, and the terms of its agreements."""

from collections.abc import Iterator
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.interchange import notation
from partners.interchange.judge import (
    COUNTRY,
    NAME,
    Identity,
    Judge,
    RowReader,
    refuse_empty,
    spelling,
    university_name,
)
from partners.interchange.notation import Term
from partners.interchange.reconcile import Outcome, reconcile
from partners.interchange.records import Watch, shortened
from partners.interchange.snapshot import Key, Known, Snapshot
from partners.interchange.tables import Row, Table
from partners.names import matching_key

TERMS = "Agreement type"
COLUMNS = (COUNTRY, NAME, TERMS)


class ListJudge(Judge):
    def __init__(self, snapshot: Snapshot, table: Table, watch: Watch):
        super().__init__(snapshot, table, watch)
        self.first_lines: dict[Identity, int] = {}
        self._terms = cache(self._read_terms)
        self._beginning = cache(partial(reconcile, held={}))

    def outcomes(self) -> Iterator[tuple[Row, Outcome | ValidationError]]:
        for row in self.watch(self.table.taken(), len(self.table), _("Checking")):
            try:
                yield row, self._outcome(row)
            except ValidationError as errors:
                yield row, errors
        self.first_lines.clear()

    def _outcome(self, row: Row) -> Outcome:
        reader = RowReader(row)
        country, name = reader.read(COUNTRY, self.country), reader.read(NAME, university_name)
        terms = reader.read(TERMS, self._terms)
        key = (country.pk, matching_key(name)) if country and name else None
        known = reader.read(NAME, self._university_once, key, row.line) if key else None
        reader.refuse_errors()
        kept, replaced = spelling(known, name)
        changes = reconcile(terms, known.held) if known else self._beginning(terms)
        return Outcome(row.line, country, kept, changes, known and known.pk, replaced)

    def _university_once(self, text: str, key: Key, line: int) -> Known | None:
        known = self.university(text, key)
        first = self.first_lines.setdefault(known.pk if known else key, line)
        if first != line:
            message = _("“%(name)s” stands in line %(line)d already. Make one line of the two.")
            raise ValidationError(message % {"name": shortened(text), "line": first})
        return known

    def _read_terms(self, text: str) -> frozenset[Term]:
        refuse_empty(text)
        try:
            terms = notation.parse(text, self.snapshot.type_names)
        except notation.UnknownTermsError as unknown:
            raise ValidationError([self.unknown_type(name) for name in unknown.names]) from unknown
        if not terms:
            raise ValidationError(_("“%s” names no agreement type. Write one.") % shortened(text))
        return terms
