import pytest

from partners.institutions.finding import find_institutions, load_successors
from partners.models import Institution
from tests.helpers.factories import InstitutionFactory

pytestmark = pytest.mark.django_db

INSTITUTIONS = {
    "TUM": {},
    "Mombasa": {
        "ror_id": "01grm2d66",
        "name": "Technical University of Mombasa",
        "names": "Technical University of Mombasa",
        "country_code": "KE",
        "city": "Mombasa",
        "website": "https://www.tum.ac.ke",
        "domains": "tum.ac.ke",
    },
    "Tumkur": {
        "ror_id": "02j63m808",
        "name": "Tumkur University",
        "names": "Tumkur University\nತುಮಕೂರು ವಿಶ್ವವಿದ್ಯಾನಿಲಯ",
        "acronyms": "",
        "country_code": "IN",
        "city": "Tumkur",
        "domains": "",
    },
    "Tsinghua": {
        "ror_id": "03cve4549",
        "name": "Tsinghua University",
        "names": "Tsinghua University\n清华大学",
        "acronyms": "",
        "country_code": "CN",
        "city": "Beijing",
        "domains": "tsinghua.edu.cn",
    },
    "Batumi": {
        "ror_id": "02fbcmv05",
        "name": "Batumi University",
        "names": "Batumi University",
        "acronyms": "",
        "country_code": "GE",
        "city": "Batumi",
        "domains": "",
    },
    "former TUM": {
        "ror_id": "00000tum7",
        "name": "TUM Institute",
        "names": "TUM Institute",
        "acronyms": "",
        "is_withdrawn": True,
        "successor": "02kkvpp62",
    },
}


@pytest.fixture(autouse=True)
def directory():
    for values in INSTITUTIONS.values():
        InstitutionFactory(**values)


def found(*arguments):
    return [institution.name for institution in find_institutions(*arguments)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("technische universitat munchen", ["Technical University of Munich"]),
        ("清华", ["Tsinghua University"]),
        ("ತುಮಕೂರು", ["Tumkur University"]),
        ("tsinghua.edu.cn", ["Tsinghua University"]),
        ("beijing", ["Tsinghua University"]),
        ("university beijing", ["Tsinghua University"]),
        ("university berlin", []),
        ("x" * 600, []),
    ],
)
def test_institution_is_found_by_any_name_city_or_domain(query, expected):
    assert found(query) == expected


def test_whole_name_comes_first_then_beginnings_of_words_and_a_withdrawn_institution_last():
    assert found("tum") == [
        "Technical University of Munich",
        "Technical University of Mombasa",
        "Tumkur University",
        "TUM Institute",
    ]


def test_institutions_of_the_country_come_first():
    assert found("tum", "IN") == [
        "Tumkur University",
        "Technical University of Munich",
        "Technical University of Mombasa",
        "TUM Institute",
    ]


def test_without_a_query_the_country_comes_first():
    assert found("", "CN")[0] == "Tsinghua University"
    assert len(found("", "CN")) == len(INSTITUTIONS)


def test_successors_are_those_that_the_directory_has():
    InstitutionFactory(ror_id="00000gone", is_withdrawn=True, successor="00000miss")

    successors = load_successors(Institution.objects.all())

    assert {ror_id: successor.name for ror_id, successor in successors.items()} == {
        "02kkvpp62": "Technical University of Munich"
    }
