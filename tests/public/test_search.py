"""Searches as students type them: local names, exonyms, abbreviations, countries, cities, types, typing errors."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.utils.timezone import localdate

from partners import data_version
from partners.imports.files import read_file
from partners.imports.office_list import COLUMNS
from partners.institutions.loading import update_lines
from partners.models import Country, Institution, Run, University
from partners.name_normalization import tokenize_query
from partners.public.facet_index import get_facet_index
from partners.public.name_index import get_name_index
from partners.public.search_phrases import FilterPhrases
from partners.public.search_suggestions import correct
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory
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
    # Other languages, scripts and abbreviations of countries, adjectives, groups of countries.
    "allemagne": "Aachen University RWTH",
    "spanien": "Universidad de Sevilla",
    "chine": "Beihang University",
    "états-unis": "Carnegie Mellon University",
    "america": "Carnegie Mellon University",
    "türkiye": "Middle East University- METU",
    "גרמניה": "Aachen University RWTH",
    "ドイツ": "Aachen University RWTH",
    "中国": "Beihang University",
    "german universities": "Aachen University RWTH",
    "Spanish": "Universidad de Sevilla",
    "scandinavia": "Aarhus University",
    "asia pacific": "Monash University",
    "EU": "MCI, Management Center Innsbruck",
    "latin america": "Instituto Tecnológico de Buenos Aires",
    "u.k.": None,
    # Sentences, and words that say nothing.
    "universities in france": "Claude Bernard Lyon I",
    "where can i go in japan": "Kyushu University",
    "exchange semester usa": "Carnegie Mellon University",
    "best universities in the usa with erasmus": None,
    "spain or italy": "Politecnico di Milano",
    "universities near paris": "PSL Dauphine",
    "The University of British Columbia": "University of British Columbia",
    "universities": "Instituto Tecnológico de Buenos Aires",
    # Other names of types.
    "erasmus plus italy": "Politecnico di Milano",
    "e+ italy": "Politecnico di Milano",
    "global e3": "Instituto Tecnológico de Buenos Aires",
    "bilateral agreement japan": "Kyushu University",
    # Other names of cities, and scripts without spaces.
    "mailand": "Politecnico di Milano",
    "praha": "Czech Technical University",
    "moskau": "Moscow State University of Civil Engineering",
    "anvers": "University of Antwerp",
    "清華大學": "National Tsing Hua University (NTHU)",
    # Parts within words find nothing.
    "iasi": "Alexandru Ioan Cuza University of Iasi",
    "oman": None,
    "ausanne": None,
}


@pytest.fixture
def one_version(monkeypatch):
    """Keep what is kept for a version of the data, as outside a transaction. Call it after the last change."""
    version = str(uuid4())
    return lambda: monkeypatch.setattr(data_version, "current_version", lambda: version)


@pytest.fixture
def detailed_register(register, one_version):
    """The office's list with the cities, websites and other names of its universities."""
    content = (ROOT / "fixtures" / "partner_details.tsv").read_bytes()
    resource, table = read_file(content)
    resource().import_data(table, on=localdate(), run=Run.from_upload(content, file_name="partner_details.tsv"))
    one_version()


def results(client, query):
    return element_texts(client.get("/", {"q": query}), "th[scope=row] a")


def test_search_finds_first_what_students_look_for(client, detailed_register):
    found = {query: (results(client, query) or [None])[0] for query in FIRST_RESULTS}

    assert found == FIRST_RESULTS
    assert len(found) > 60


def test_names_in_memory_are_searched_as_the_database_searches(detailed_register):
    queries = [*FIRST_RESULTS, "iran applied", "uni", "états unis", "100%", "a_b", "republic of korea science"]
    public = University.objects.public(DAY)

    index = get_name_index(DAY)
    found = {query: index.find(University.objects.split_terms(query)) for query in queries}

    ranked = {query: index.best_matches_first(found[query], tokenize_query(query)) for query in queries}
    assert {query: [university.pk for university in ranked[query]] for query in queries} == {
        query: list(public.search(query).best_matches_first(query).values_list("pk", flat=True)) for query in queries
    }


def test_typing_errors_are_corrected(client, detailed_register):
    corrections = {
        "Tsingua": ("tsinghua", "Tsinghua University"),
        "Itlay": ("italy", "Italy"),
        "erasums itlay": ("erasmus italy", "Erasmus+, Italy"),
        "Polytecnico Milano": ("politecnico milano", "Politecnico di Milano"),
        "Universty of Malga": ("university of malaga", "University of Malaga"),
        "technical university dresdn": ("technical university dresden", "Technical University of Dresden (TUD)"),
        # A word of another name is known as well.
        "technishe universität münchen": ("technische universitat munchen", "Technical University of Munich (TUM)"),
        "ubc vancuver": ("ubc vancouver", "University of British Columbia"),
        # A filler word is left out, as is a word that is too short to be corrected.
        "universities in germny": ("in germany", "Germany"),
        "fh bielefeld": ("bielefeld", "University of Applied Sciences Bielefeld (UASBI)"),
        # Several universities are not named.
        "bejing": ("beijing", "beijing"),
        "tongi": ("tongji", "Tongji University"),
        # Words that are written together or apart.
        "mc gill": ("mcgill", "McGill University"),
        "supbiotech": ("sup biotech", "SUP Biotech"),
        "tuberlin": ("tu berlin", "Technical University of Berlin (TU Berlin)"),
        # What is written after a whole name.
        "University of California, Berkeley": ("university of california", "University of California"),
    }

    pages = {query: client.get("/", {"q": query}) for query in corrections}

    shown = {
        query: [(link.get("href"), text(link)) for link in elements(page, ".correction a")]
        for query, page in pages.items()
    }
    assert shown == {
        query: [(f"?q={corrected.replace(' ', '+')}", label)] for query, (corrected, label) in corrections.items()
    }
    assert "Did you mean: Tsinghua University?" in text(pages["Tsingua"])


def test_query_without_a_typing_error_is_not_corrected(detailed_register):
    queries = ["xyzzy", "tum", "tsinghua itlayy xyzzy", "東京大学", "holland", ""]

    phrases = FilterPhrases(get_facet_index(DAY))
    assert [correct(query, phrases) for query in queries] == [None] * 6


def test_correction_keeps_the_other_filters(client, register):
    page = client.get("/?q=tsingua&type=bilateral&sort=name")

    assert attributes(page, ".correction a", "href") == ["?q=tsinghua&type=bilateral&sort=name"]


def shown_filters(client, query):
    """Return the chips and the search field of a query."""
    page = client.get("/", {"q": query})
    return element_texts(page, ".active-filters bdi"), attributes(page, "input[type=search]", "value")[0]


def test_words_that_name_filters_are_filters(client, register, one_version):
    filters = {
        "erasmus italy": (["Erasmus+", "Italy"], ""),
        "spain italy": (["Spain", "Italy"], ""),
        "technical university germany": (["technical university", "Germany"], "technical university"),
        "GE3": (["GE3"], ""),
        "usa": (["USA"], ""),
        "U.S.A.": (["USA"], ""),
        "kenya": (["kenya"], "kenya"),
        "universities in france": (["France"], ""),
        "german tu": (["tu", "Germany"], "tu"),
        "in germany": (["Germany"], ""),
        "bilateral balkans": (["Bilateral", "Romania"], ""),
        "erasmus programme in europa": (["Erasmus+", "Europe"], ""),
        "central america": (["central america"], "central america"),
        "university xyzzy": (["university xyzzy"], "university xyzzy"),
        "british": (["british"], "british"),
        "university of italy": (["Italy"], ""),
        "university of cyprus": (["university of", "Cyprus"], "university of"),
        "univ of rome": (["univ of rome"], "univ of rome"),
    }
    one_version()

    assert {query: shown_filters(client, query) for query in filters} == filters


@time_machine.travel("2026-12-01 12:00", tick=False)
def test_levels_fields_languages_and_terms_are_understood_unless_they_are_names(client, db, one_version):
    offer = {"study_levels": "master,bachelor", "languages": "en B2,es", "fields_of_study": "0731 06"}
    country = Country.objects.get(code="ES")
    MobilityFactory(agreement__university__name="Masterton", agreement__university__country=country, **offer)
    AgreementFactory(university__name="Doctoral Law School")
    filters = {
        "masters in spain": (["Master", "Spain"], ""),
        "english b2": (["with English B2 or less"], ""),
        "taught in spanish": (["Spanish"], ""),
        "spanish": (["Spain"], ""),
        "architecture in english": (["Architecture and construction", "English"], ""),
        "computer science undergraduate": (["Bachelor", "Information and Communication Technologies (ICTs)"], ""),
        "winter 2027": (["Winter term 2027/28"], ""),
        # What nothing is recorded for is no filter, and names win if they have the whole word.
        "phd": (["phd"], "phd"),
        "french": (["french"], "french"),
        "law": (["law"], "law"),
        "masterto": (["masterto"], "masterto"),
    }
    one_version()

    assert {query: shown_filters(client, query) for query in filters} == filters


def test_field_that_is_in_names_is_offered_besides(client, db):
    AgreementFactory(university__name="Law School")
    MobilityFactory.create_batch(2, fields_of_study="042")

    page = client.get("/?q=law&sort=name")

    assert element_texts(page, "th[scope=row] a") == ["Law School"]
    assert element_texts(page, ".note:has(#alternative)") == ["Or do you mean: Law: 2 universities"]
    assert attributes(page, "#alternative", "href") == ["?field=042"]
    assert elements(client.get("/?q=school"), "#alternative") == []


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
    update_lines([Institution.objects.create(ror_id="00g30e956", name="University of Hamburg", **institution)])

    page = client.get("/?q=hamburg&sort=name")

    assert "There is no partner of that name or in that place, but 1 in Germany: Show them" in text(page)
    assert "?country=DE" in attributes(page, "section.empty a", "href")


def test_country_without_a_partner_has_those_of_its_continent(client, germany):
    AgreementFactory(university__country=germany)

    page = client.get("/?q=universities+in+holland&sort=name")

    assert "There is no partner of that name or in that place, but 1 in Europe: Show them" in text(page)
    assert "?region=europe" in attributes(page, "section.empty a", "href")


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
