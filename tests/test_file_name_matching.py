"""The university of a file name is right or absent."""

import csv
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.names import DETAILS, FOLDER, read_rows
from partners.file_name_matching import FileNameMatcher, KnownUniversity
from partners.name_similarity import canonical_words

BONN = KnownUniversity("bonn", ["University of Bonn"], ["uni-bonn.de"], ["Bonn", "Germany"])
CTU = KnownUniversity(
    "ctu", ["Czech Technical University (CTU)", "czech-technical-university"], ["cvut.cz"], ["Prague"]
)
MILAN = KnownUniversity("milan", ["Politecnico di Milano", "Polimi"], ["polimi.it"], ["Milan", "Italy"])
BICOCCA = KnownUniversity("bicocca", ["University of Milano-Bicocca"], ["unimib.it"], ["Milan", "Italy"])
NEWCASTLE = KnownUniversity("uk", ["Newcastle University"], [], ["Newcastle upon Tyne", "United Kingdom"])
AUSTRALIA = KnownUniversity("au", ["University of Newcastle"], [], ["Callaghan", "Australia"])
KNOWN = [BONN, CTU, MILAN, BICOCCA, NEWCASTLE, AUSTRALIA]
MATCHER = FileNameMatcher(KNOWN, canonical_words("Faculty of Law, School of Engineering, Erasmus+"))


@pytest.mark.parametrize(
    ("file_name", "key"),
    [
        ("University of Bonn.pdf", "bonn"),
        ("2024_IIA_Uni-Bonn_signed.PDF", "bonn"),
        ("AgreementUniBonn2024-2028.pdf", "bonn"),
        ("Bonn, Universität - Erasmus+ (2).pdf.pdf", "bonn"),
        ("Bonn 12.05.2024 v2.docx", "bonn"),
        ("Faculty of Law Bonn final.pdf", "bonn"),
        ("www.uni-bonn.de.pdf", "bonn"),
        ("IIA with international.uni-bonn.de and Müller.pdf", "bonn"),
        ("czech-technical-university.pdf", "ctu"),
        ("CTU_2026.pdf", "ctu"),
        ("TU Czech, Prague.pdf", "ctu"),
        ("polimi_bilateral.pdf", "milan"),
        ("Polite\u0301cnico Milano.pdf", "milan"),
        ("Milano Bicocca.pdf", "bicocca"),
        ("Newcastle University Australia.pdf", "au"),
        # Of another university, or of none that can be told.
        ("Bonn-Rhein-Sieg University.pdf", None),
        ("Technical University of Bonn.pdf", None),
        ("Bonn School of Engineering.pdf", None),
        ("University of Bonn, Dubai.pdf", None),
        ("rhein-uni-bonn.de.pdf", None),
        ("Milano.pdf", None),
        ("Newcastle University.pdf", None),
        ("University of Bonn and Politecnico di Milano.pdf", None),
        ("Bonn 2.pdf", None),
        ("scan0042.pdf", None),
        ("agreement.pdf", None),
        ("University.pdf", None),
        (".pdf", None),
        ("", None),
    ],
)
def test_university_is_the_only_one_that_the_name_can_mean(file_name, key):
    assert MATCHER.find(file_name) == key


def office_list():
    """Return the universities of the office's list as the register knows them after the import of the details."""
    with DETAILS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            host = (urlsplit(row["Website"]).hostname or "").removeprefix("www.")
            names = [row["University name"], *row["Other names"].splitlines()]
            yield KnownUniversity(row["University name"], names, [host], [row["City"], row["Country"]])


OFFICE_LIST = list(office_list())
OFFICE_MATCHER = FileNameMatcher(OFFICE_LIST)
decorations = st.sampled_from(["", "IIA ", "2024-05-01 ", "Signed agreement with ", "Erasmus_"])
endings = st.sampled_from([".pdf", " 2024-2028.pdf", " (1).PDF", "_final_v2.docx", " signed.pdf.pdf"])
separators = st.sampled_from([" ", "_", "-", "  "])


@given(st.sampled_from(OFFICE_LIST), st.data(), decorations, endings, separators)
def test_name_with_usual_additions_finds_its_university(university, data, beginning, ending, separator):
    name = data.draw(st.sampled_from(university.names))

    found = OFFICE_MATCHER.find(f"{beginning}{name.replace(' ', separator)}{ending}")

    assert found in (university.key, None)


def test_most_names_of_the_office_list_are_found():
    names = [(university.key, f"Agreement {name}.pdf") for university in OFFICE_LIST for name in university.names]

    missed = [name for key, name in names if OFFICE_MATCHER.find(name) != key]

    assert len(missed) <= len(names) // 50


@given(st.sampled_from(OFFICE_LIST), st.data())
def test_university_that_is_not_in_the_register_is_not_taken_for_another(university, data):
    others = FileNameMatcher([other for other in OFFICE_LIST if other is not university])
    name = data.draw(st.sampled_from([*university.names, *filter(None, university.hosts)]))

    assert others.find(f"Agreement {name} 2024.pdf") is None


def test_spellings_of_colleagues_are_right_or_absent_and_new_universities_absent():
    respelled = {spelling: name for name, spelling in read_rows(FOLDER / "respelled_names.tsv")}
    new = [name for _country, name in read_rows(FOLDER / "new_names.tsv")]

    found = {spelling: OFFICE_MATCHER.find(f"{spelling}.pdf") for spelling in respelled}

    assert {spelling: name for spelling, name in found.items() if name not in (None, respelled[spelling])} == {}
    assert [name for name in new if OFFICE_MATCHER.find(f"{name}.pdf")] == []
    assert sum(name is not None for name in found.values()) >= 60


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_any_text_has_a_known_university_or_none(file_name):
    assert MATCHER.find(file_name) in {None, *[university.key for university in KNOWN]}
