"""Questions about new names in the office's list that resemble those of known universities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from partners.imports.choices import NEW, ImportChoices, KeptName, NameChoice
from partners.imports.office_list_changes import OfficeListRowResult
from partners.imports.reconciliation import reconcile
from partners.imports.register_snapshot import RegisterSnapshot
from partners.models import Country, University
from partners.name_similarity import MatchReason, NameIndex, NameMatch


@dataclass
class Candidate:
    """A university that a new name may be another name of."""

    university_id: int
    name: str
    matched_name: str
    """The one of its names that resembles the new name most."""
    reason: MatchReason
    is_almost_same: bool
    result: OfficeListRowResult | None = None
    """The row's changes if it is about this university; None if they are impossible."""
    error: str = ""


@dataclass
class NameQuestion:
    """The question whether the name in a row is new, or another name of a known university."""

    new: OfficeListRowResult
    """The changes if it is new."""
    candidates: list[Candidate]
    """The most similar first."""
    choice: NameChoice | None = field(default=None, repr=False)
    error: str = field(default="", repr=False)
    """The reason why the choice is impossible."""

    @property
    def line(self) -> int:
        return self.new.line

    @property
    def name(self) -> str:
        return self.new.name

    @property
    def country(self) -> Country:
        return self.new.country

    @property
    def default(self) -> str | None:
        """Return NEW, or None if the names say almost the same."""
        return None if self.candidates[0].is_almost_same else NEW

    @property
    def is_waiting(self) -> bool:
        return self.choice is None or bool(self.error)

    @property
    def chosen(self) -> Candidate | None:
        """Return the university that is chosen, if any."""
        if self.choice in (None, NEW):
            return None
        return next(other for other in self.candidates if other.university_id == self.choice.university)

    @property
    def result(self) -> OfficeListRowResult:
        """Return the changes by the choice; those of a new university while the question is waiting.

        If it is about a known university, one of the two names stays, and the other is added to its other names.
        """
        if self.is_waiting or self.choice == NEW:
            return self.new
        chosen = self.chosen
        if self.choice.keep == KeptName.FILE:
            return replace(chosen.result, name=self.name, previous_name=chosen.name, other_name=chosen.name)
        return replace(chosen.result, other_name=self.name)

    def describe_choice(self) -> str:
        """Return a sentence on the choice, which is possible."""
        if self.choice == NEW:
            return _("“%s” is a new university.") % self.name
        names = {"name": self.name, "known": self.chosen.name}
        if self.choice.keep == KeptName.FILE:
            return _("“%(name)s” is the new name of “%(known)s”.") % names
        return _("“%(name)s” is another name of “%(known)s”.") % names

    def answer(self, choices: ImportChoices) -> None:
        """Take the choice for this line. One of a university that is no candidate counts as none."""
        default = NEW if choices.is_new_by_default else self.default
        self.choice = choices.names.get(self.line, default)
        pks = [candidate.university_id for candidate in self.candidates]
        if self.choice not in (None, NEW) and self.choice.university not in pks:
            self.choice = None
        if self.chosen:
            self.error = self.chosen.error


def find_questions(
    results: Iterable[OfficeListRowResult], snapshot: RegisterSnapshot, named: Collection[int]
) -> list[NameQuestion]:
    """Return the questions about new rows, those without a default first.

    A university that the file names, by its pk in `named`, is no candidate. The number of queries is constant.
    """
    rows = [result for result in results if result.is_new and result.country.pk in snapshot.country_ids]
    indexes = _build_indexes({result.country for result in rows}, named) if rows else {}
    questions = []
    for result in rows:
        if matches := indexes[result.country.pk].find(result.name):
            candidates = [_build_candidate(result, match, snapshot) for match in matches]
            questions.append(NameQuestion(result, candidates))
    return sorted(questions, key=lambda question: (question.default is not None, question.line))


def _build_indexes(countries: Collection[Country], named: Collection[int]) -> Mapping[int, NameIndex]:
    """Return the names of the universities and of the institutions that they are linked to, by country."""
    names = {country.pk: [] for country in countries}
    for pk, country, name in University.objects.filter(country__in=countries).iter_names():
        if pk not in named:
            names[country].append((pk, name))
    return {country: NameIndex(known) for country, known in names.items()}


def _build_candidate(result: OfficeListRowResult, match: NameMatch, snapshot: RegisterSnapshot) -> Candidate:
    known = snapshot.universities[match.key]
    candidate = Candidate(known.pk, known.name, match.name, match.reason, match.is_almost_same)
    try:
        changes = reconcile(result.terms, known.open_agreements, snapshot.on)
        candidate.result = replace(result, name=known.name, changes=changes, university_id=known.pk)
    except ValidationError as error:
        candidate.error = " ".join(error.messages)
    return candidate


def answer_questions(questions: Iterable[NameQuestion], choices: ImportChoices) -> None:
    """Take the choices. A university that is chosen for several lines is an error at each of them."""
    by_university = defaultdict(list)
    for question in questions:
        question.answer(choices)
        if question.chosen:
            by_university[question.chosen.university_id].append(question)
    for same in by_university.values():
        for question in same if len(same) > 1 else ():
            lines = get_text_list(sorted(other.line for other in same), _("and"))
            params = {"name": question.chosen.name, "lines": lines}
            question.error = _("“%(name)s” is chosen for lines %(lines)s. Choose it for one of them.") % params
