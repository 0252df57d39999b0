"""Judge the matching of names of universities by lists that were made by hand.

``respelled_names.tsv`` has names of the office's list as colleagues spell them, and ``new_names.tsv`` universities of
the same countries that the list does not have. With a release of the Research Organization Registry, as in
``python -m bench.names FILE.zip``, suggestions of institutions are judged by ``directory_answers.tsv``.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import django

from partners.name_similarity import NameIndex

FOLDER = Path(__file__).resolve().parent
FIXTURES = FOLDER.parent / "fixtures"
OFFICE_LIST, DETAILS = FIXTURES / "partners.tsv", FIXTURES / "partner_details.tsv"
COUNTRIES = FIXTURES / "countries.json"


class Share(NamedTuple):
    """Some of all, with the target in percent if there is one."""

    title: str
    count: int
    total: int
    at_least: float | None = None
    at_most: float | None = None

    @property
    def percentage(self) -> float:
        return 100 * self.count / self.total if self.total else 0

    @property
    def is_met(self) -> bool:
        low, high = self.at_least or 0, 100 if self.at_most is None else self.at_most
        return low <= self.percentage <= high

    def __str__(self) -> str:
        line = f"{self.title:<58}{self.count:>5} of {self.total:<5}{self.percentage:>6.1f} %"
        if self.at_least is None and self.at_most is None:
            return line
        bound = f"at least {self.at_least}" if self.at_most is None else f"at most {self.at_most}"
        return f"{line}   {bound} %: {'met' if self.is_met else 'MISSED'}"


def read_rows(file: Path) -> Iterator[list[str]]:
    """Yield the rows of a tab-separated file without the header and blank lines."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = (row for row in csv.reader(stream, delimiter="\t") if any(row))
        next(rows)
        yield from rows


def judge_other_spellings() -> Iterator[Share]:
    names_by_country = defaultdict(list)
    for country, name, _types in read_rows(OFFICE_LIST):
        names_by_country[country].append(name)
    country_of = {name: country for country, names in names_by_country.items() for name in names}
    indexes = {country: NameIndex((name, name) for name in names) for country, names in names_by_country.items()}
    known = [(name, indexes[country_of[name]].find(text)) for name, text in read_rows(FOLDER / "respelled_names.tsv")]
    new = [indexes[country].find(name) for country, name in read_rows(FOLDER / "new_names.tsv")]

    found = [name for name, matches in known if name in {match.key for match in matches}]
    first = [(name, matches[0]) for name, matches in known if matches]
    waiting = [(name, match) for name, match in first if match.is_almost_same]
    right = [name for name, match in first if match.key == name]
    offered_for_new = [matches[0] for matches in new if matches]
    waiting_for_new = [match for match in offered_for_new if match.is_almost_same]
    yield Share("respelled: the right one among the candidates (recall)", len(found), len(known), at_least=90)
    yield Share("respelled: the first candidate is right", len(right), len(known))
    yield Share("respelled: almost the same, so that nothing is chosen", len(waiting), len(known))
    yield Share("new: almost the same, so that nothing is chosen", len(waiting_for_new), len(new), at_most=5)
    yield Share("new: asked about", len(offered_for_new), len(new))
    right_waiting = [name for name, match in waiting if match.key == name]
    yield Share("precision of the first candidate", len(right), len(first) + len(offered_for_new))
    yield Share("precision of almost the same", len(right_waiting), len(waiting) + len(waiting_for_new))


def judge_directory(release: Path, other_names: Mapping[str, str]) -> Iterator[Share]:
    """Judge the suggestions for the office's list, given other names of its universities, one per line."""
    from partners.institutions.matching import CountryIndex
    from partners.institutions.releases import read_institutions
    from partners.models import University

    institutions, answers = read_institutions(release), dict(read_rows(FOLDER / "directory_answers.tsv"))
    codes = {country["name"]: country["code"] for country in json.loads(COUNTRIES.read_text(encoding="utf-8"))}
    by_country = defaultdict(list)
    for institution in institutions.values():
        by_country[institution.country_code].append(institution)
    indexes = cache(lambda country: CountryIndex(by_country[codes[country]]))
    suggested, chosen = {}, {}
    for country, name, _types in read_rows(OFFICE_LIST):
        index, university = indexes(country), University(name=name, other_names=other_names.get(name, ""))
        matches = index.find(university)
        suggested[name] = [match.key for match in matches]
        if ror_id := index.choose(matches):
            chosen[name] = ror_id

    found = {name: answer for name, answer in answers.items() if answer in institutions}
    right = [name for name, ror_id in chosen.items() if ror_id == answers.get(name)]
    first = [name for name, answer in found.items() if suggested[name][:1] == [answer]]
    among = [name for name, answer in found.items() if answer in suggested[name]]
    yield Share("in the release, of all", len(found), len(suggested))
    yield Share("not certain which institution it is", len(suggested.keys() - answers.keys()), len(suggested))
    yield Share("chosen beforehand, of all", len(chosen), len(suggested))
    yield Share("precision of what is chosen beforehand", len(right), len(chosen), at_least=100)
    yield Share("the first suggestion is right, of those in the release", len(first), len(found), at_least=90)
    yield Share("among the three suggestions, of those in the release", len(among), len(found))


def print_shares(title: str, shares: Iterable[Share]) -> None:
    print(title, *shares, "", sep="\n")


def main() -> None:
    print_shares("Names of the office's list as colleagues spell them, and new names", judge_other_spellings())
    if len(sys.argv) < 2:
        print("Suggestions of institutions are judged with a release of ROR: make bench NAMES=FILE.zip")
        return
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    django.setup()
    release = Path(sys.argv[1])
    print_shares("Institutions by the names in the office's list", judge_directory(release, {}))
    other_names = {row[1]: row[4] for row in read_rows(DETAILS)}
    print_shares("Institutions by those and other names", judge_directory(release, other_names))


if __name__ == "__main__":
    main()
