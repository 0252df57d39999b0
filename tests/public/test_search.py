"""Searches as students type them: local names, exonyms, abbreviations, countries, cities, types, typing errors."""

from datetime import date

import pytest
from django.utils.timezone import localdate

from partners.imports.files import read_file
from partners.imports.office_list import COLUMNS
from partners.models import Country, Institution, Run, University
from partners.name_normalization import tokenize_query
from partners.public.facet_index import get_facet_index
from partners.public.name_index import best_matches_first, find_universities
from partners.public.search import correct
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import attributes, count_queries, element_texts, elements, text
from tests.helpers.paths import ROOT
from tests.helpers.tables import read_table

DAY = date(2026, 9, 1)
FIRST_RESULTS = {
    # Names, other names, abbreviations.
    "tum": "Technical University of Munich (TUM)",
    "TU München": "Technical University of Munich (TUM)",
    "technische universitat munchen": "Technical University of Munich (TUM)",
    "tu berlin": "Technical University of Berlin (TU Berlin)",
    "dresden": "Technical University of Dresden (TUD)",
    "rwth": "Aachen University RWTH",
    "kit": "Karlsruhe Institute of Technology (KIT)",
    "karlsruher institut": "Karlsruhe Institute of Technology (KIT)",
    "bielefeld": "University of Applied Sciences Bielefeld (UASBI)",
    "hochschule anhalt": "Anhalt University of Applied Sciences",
    "fau erlangen": "University of Erlangen-Nuremberg (FAU)",
    "hannover": "Leibniz Universität Hannover",
    "mci": "MCI, Management Center Innsbruck",
    "epfl": "École Polytechnique Fédérale de Lausanne (EPFL)",
    "ecole polytechnique federale": "École Polytechnique Fédérale de Lausanne (EPFL)",
    "polytechnique montréal": "Polytechnique Montreal",
    "mcgill": "McGill University",
    "ubc": "University of British Columbia",
    "dtu": "Technical University of Denmark (DTU)",
    "politecnico torino": "Politecnico di Torino",
    "polytechnic university of milan": "Politecnico di Milano",
    "la sapienza": "Sapienza - University of Rome",
    "tor vergata": 'University of Rome "Tor Vergata"',
    "roma tre": "Roma Tre University",
    "vut brno": "Brno University of Technology",
    "hkust": "Hong Kong University of Science and Technology (HKUST)",
    "nus": "National University Singapore (NUS)",
    "kaist": "KAIST- Korea Advanced Institute of Science & Technology",
    "postech": "Pohang University",
    "itesm": "ITESM Monterrey",
    "virginia tech": "Virginia Tech",
    "penn state": "Pennsylvania State University",
    "maryland": "University of Maryland",
    "carnegie": "Carnegie Mellon University",
    "iit kanpur": "IIT Kanpur",
    # Other scripts.
    "清华": "Tsinghua University",
    "清华大学": "Tsinghua University",
    "北京大学": "Peking University",
    "九州大学": "Kyushu University",
    "Πανεπιστήμιο Κύπρου": "University of Cyprus",
    # Cities.
    "lausanne": "École Polytechnique Fédérale de Lausanne (EPFL)",
    "innsbruck": "MCI, Management Center Innsbruck",
    "montpellier": "Ecole Nationale Supérieure de Chimie de Montpellier (ENSCM)",
    "turin": "Politecnico di Torino",
    "milan": "Politecnico di Milano",
    "pittsburgh": "Carnegie Mellon University",
    "perugia": "University of Perugia",
    # Countries and their other names, alone and with words of a name.
    "usa": "Carnegie Mellon University",
    "united states": "Carnegie Mellon University",
    "U.S.A.": "Carnegie Mellon University",
    "taiwan": "Academia Sinica",
    "uae": None,
    "china": "Beihang University",
    "vietnam": "VinUniversity",
    "estonia": "TTK University of Applied Sciences",
    "germany applied sciences": "Anhalt University of Applied Sciences",
    "denmark technical": "Technical University of Denmark (DTU)",
    # Types, and several at once.
    "erasmus denmark": "Aarhus University",
    "bilateral belgium": None,
    "spain italy": "Politecnico di Milano",
    # Parts within words find nothing.
    "iasi": "Alexandru Ioan Cuza University of Iasi",
    "oman": None,
    "ausanne": None,
}


@pytest.fixture
def detailed_register(register):
    """The office's list with the cities, websites and other names of its universities."""
    content = (ROOT / "fixtures" / "partner_details.tsv").read_bytes()
    resource, table = read_file(content)
    resource().import_data(table, on=localdate(), run=Run.from_upload(content, file_name="partner_details.tsv"))


def results(client, query):
    return element_texts(client.get("/", {"q": query}), "th[scope=row] a")


def test_search_finds_first_what_students_look_for(client, detailed_register):
    found = {query: (results(client, query) or [None])[0] for query in FIRST_RESULTS}

    assert found == FIRST_RESULTS
    assert len(found) > 60


def test_names_in_memory_are_searched_as_the_database_searches(detailed_register):
    queries = [*FIRST_RESULTS, "iran applied", "uni", "états unis", "100%", "a_b", "republic of korea science"]
    listed = University.objects.filter(is_listed=True)

    found = {query: find_universities(University.objects.split_terms(query)) for query in queries}

    ranked = {query: best_matches_first(found[query], tokenize_query(query)) for query in queries}
    assert {query: [university.pk for university in ranked[query]] for query in queries} == {
        query: list(listed.search(query).best_matches_first(query).values_list("pk", flat=True)) for query in queries
    }


@pytest.mark.parametrize(
    ("query", "corrected", "label"),
    [
        ("Tsingua", "tsinghua", "Tsinghua University"),
        ("Itlay", "italy", "Italy"),
        ("erasums itlay", "erasmus italy", "Erasmus+, Italy"),
        ("Polytecnico Milano", "politecnico milano", "Politecnico di Milano"),
        ("Universty of Malga", "university of malaga", "University of Malaga"),
        ("technical university dresdn", "technical university dresden", "Technical University of Dresden (TUD)"),
    ],
)
def test_typing_errors_are_corrected(client, detailed_register, query, corrected, label):
    page = client.get("/", {"q": query})

    [link] = elements(page, ".correction a")
    assert (link.get("href"), text(page).count("Did you mean")) == (f"?q={corrected.replace(' ', '+')}", 1)
    assert element_texts(page, ".correction a") == [label]
    assert len(results(client, corrected)) > 0


@pytest.mark.parametrize("query", ["xyzzy", "tum", "tsinghua itlayy xyzzy", ""])
def test_query_without_a_typing_error_is_not_corrected(detailed_register, query):
    assert correct(query, DAY, get_facet_index(DAY)) is None


def test_correction_keeps_the_other_filters(client, register):
    page = client.get("/?q=tsingua&type=bilateral&sort=name")

    assert attributes(page, ".correction a", "href") == ["?q=tsinghua&type=bilateral&sort=name"]


@pytest.mark.parametrize(
    ("query", "chips", "words"),
    [
        ("erasmus italy", ["Erasmus+", "Italy"], ""),
        ("spain italy", ["Spain", "Italy"], ""),
        ("technical university germany", ["technical university", "Germany"], "technical university"),
        ("GE3", ["GE3"], ""),
        ("usa", ["USA"], ""),
        ("U.S.A.", ["USA"], ""),
        ("kenya", ["kenya"], "kenya"),
    ],
)
def test_words_that_name_filters_are_filters(client, register, query, chips, words):
    page = client.get("/", {"q": query})

    shown = element_texts(page, ".active-filters bdi")
    assert (shown, attributes(page, "input[type=search]", "value")) == (chips, [words])


def test_named_filters_are_added_to_the_chosen_ones(client, register):
    page = client.get("/?q=italy+politecnico&country=ES&type=bilateral")

    assert element_texts(page, ".active-filters bdi") == ["politecnico", "Bilateral", "Spain", "Italy"]
    assert element_texts(page, "th[scope=row] a") == ["Politecnico di Milano", "Politecnico di Torino"]


def test_country_that_is_in_names_elsewhere_is_searched_as_words(client, db):
    AgreementFactory(university__name="Georgia Tech", university__country=Country.objects.get(code="US"))
    AgreementFactory(university__name="Tbilisi State", university__country=Country.objects.get(code="GE"))

    assert results(client, "georgia") == ["Georgia Tech", "Tbilisi State"]


def test_best_matches_come_first(client, db):
    names = ["Mittweida", "Institute of Mit Studies", "MIT", "Summit Technical"]
    for name in names:
        AgreementFactory(university__name=name)
    AgreementFactory(university__name="Technology", university__other_names="MIT\nMassachusetts Tech")

    best_first = ["MIT", "Technology", "Institute of Mit Studies", "Mittweida"]
    rows = read_table(client.get("/partners.tsv?q=mit").content, COLUMNS).rows
    assert results(client, "mit") == [row.cells["University name"] for row in rows] == best_first


def test_page_of_a_search_searches_in_memory(client, db, django_assert_max_num_queries):
    AgreementFactory(university__name="Mittweida")

    with django_assert_max_num_queries(20) as captured:
        client.get("/?q=mit")

    conditions = [query["sql"].partition(" WHERE ")[2].partition(" ORDER BY ")[0] for query in captured]
    assert not any('"partners_university"."search_text"' in condition for condition in conditions)


def test_other_order_of_found_universities_is_kept(client, db):
    for name in ("Mit", "A mit"):
        AgreementFactory(university__name=name)

    page = client.get("/?q=mit&sort=name")

    assert element_texts(page, "th[scope=row] a") == ["A mit", "Mit"]


def test_best_match_is_an_order_only_while_one_searches(client, db):
    AgreementFactory(university__name="Marburg")

    offered = [attributes(client.get(url), "select[name=sort] option", "value") for url in ("/", "/?q=marburg")]

    others = ["-country", "name", "-name"]
    assert offered == [["", *others], ["", "country", *others]]


def test_place_without_a_partner_has_those_of_its_country(client, db):
    AgreementFactory(university__country=Country.objects.get(code="DE"))
    institution = {"names": "University of Hamburg", "country_code": "DE", "city": "Hamburg"}
    Institution.objects.create(ror_id="00g30e956", name="University of Hamburg", **institution)

    page = client.get("/?q=hamburg&sort=name")

    assert "There is no partner in this place, but 1 in Germany: Show them" in text(page)
    assert "?country=DE" in attributes(page, "section.empty a", "href")


def test_words_of_the_directory_find_a_linked_university(client, db):
    institution = Institution.objects.create(
        ror_id="02kkvpp62", name="TUM", names="Technische Universität München", acronyms="TUM", country_code="DE"
    )
    university = UniversityFactory(name="Technical University of Munich", institution=institution)
    AgreementFactory(university=university)

    assert [results(client, query) for query in ("technische", "tum")] == [[university.name]] * 2


def test_search_in_vain_makes_as_many_queries_with_300_universities_as_with_3(client, db):
    AgreementFactory.create_batch(3, university__city="Bonn")
    with_3 = count_queries(client, "/?q=bohn")
    AgreementFactory.create_batch(297, university__city="Bonn")

    assert count_queries(client, "/?q=bohn") == with_3
