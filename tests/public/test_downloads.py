import json
from datetime import date

import pytest
import time_machine

from partners import tables
from partners.enums import AgreementStatus
from partners.imports.resources import COLUMNS
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import queries, text

PAST = date(2000, 1, 1)
INTERNAL = {"contact": "Ms Secret", "notes": "Secret notes", "next_step": "Secret step"}
HOSTILE = ["a=1+1", '"><script>alert(1)</script>', "W" * 200, "Emoji 🎓", 'a"b', "'=1"]


@pytest.fixture
def three(db, erasmus):
    """In force with both types in Germany, in process there, and one of each that students do not see."""
    both = UniversityFactory(name="Marburg", city="Marburg an der Lahn", website="https://www.uni-marburg.de/")
    AgreementFactory(university=both, valid_until=date(2999, 6, 30), **INTERNAL)
    AgreementFactory(university=both, agreement_type=erasmus)
    AgreementFactory(university__name="Jena", agreement_type=None, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=UniversityFactory(name="Kept off", is_listed=False))
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Expired", valid_until=PAST)


def rows(answer):
    return [list(row.cells.values()) for row in tables.read_table(answer.content, COLUMNS).rows]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx"])
def test_table_is_the_office_s_list_of_what_is_public(client, three, file_format):
    answer = client.get(f"/partners.{file_format}")

    assert rows(answer) == [["Germany", "Jena", "in process"], ["Germany", "Marburg", "Bilateral/Erasmus+"]]
    assert answer["Content-Disposition"] == f'attachment; filename="partners.{file_format}"'


def test_json_has_the_shape_that_is_described(client, three):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        told = json.loads(client.get("/partners.json").content)

    assert (told["version"], told["on"]) == (1, "2026-06-01")
    assert told["universities"] == [
        {
            "name": "Jena",
            "city": "",
            "country": {"code": "DE", "name": "Germany"},
            "website": "",
            "page": "http://testserver/universities/jena/",
            "agreements": [{"type": None, "status": "in-process", "valid_from": None, "valid_until": None}],
        },
        {
            "name": "Marburg",
            "city": "Marburg an der Lahn",
            "country": {"code": "DE", "name": "Germany"},
            "website": "https://www.uni-marburg.de/",
            "page": "http://testserver/universities/marburg/",
            "agreements": [
                {
                    "type": {"slug": "bilateral", "name": "Bilateral"},
                    "status": "in-force",
                    "valid_from": None,
                    "valid_until": "2999-06-30",
                },
                {
                    "type": {"slug": "erasmus", "name": "Erasmus+"},
                    "status": "in-force",
                    "valid_from": None,
                    "valid_until": None,
                },
            ],
        },
    ]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "json"])
def test_what_the_office_keeps_to_itself_is_in_no_file(client, three, file_format):
    content = client.get(f"/partners.{file_format}").content.decode()

    assert "Marburg" in content
    assert [word for word in ("Secret", "Kept off", "Ended", "Expired") if word in content] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Jena", "Marburg"]),
        ("?q=marburg", ["Marburg"]),
        ("?type=erasmus", ["Marburg"]),
        ("?status=in-process", ["Jena"]),
        ("?country=FR", []),
        ("?sort=-name", ["Marburg", "Jena"]),
    ],
)
def test_file_has_what_the_page_has(client, three, query, found):
    told = json.loads(client.get(f"/partners.json{query}").content)

    assert [each["name"] for each in told["universities"]] == found


def test_page_links_the_files_with_its_filter(client, three):
    page = client.get("/?type=erasmus&country=DE&page=1").content.decode()

    for file_format in ("tsv", "csv", "xlsx", "json"):
        assert f'href="/partners.{file_format}?country=DE&amp;type=erasmus" rel="nofollow" download' in page


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx", "json"])
def test_any_site_may_read_a_file(client, three, file_format):
    assert client.get(f"/partners.{file_format}")["Access-Control-Allow-Origin"] == "*"


def test_any_site_may_ask_whether_a_file_has_changed(client, three, monkeypatch):
    monkeypatch.setattr("partners.data_version.current_version", lambda: "of now")
    asked = {"Origin": "https://www.example.edu", "Access-Control-Request-Method": "GET"}

    may = client.options("/partners.json", headers=asked | {"Access-Control-Request-Headers": "if-none-match"})
    told = client.get("/partners.json")
    again = client.get("/partners.json", headers={"If-None-Match": told["ETag"]})

    assert [may.status_code, told.status_code, again.status_code] == [204, 200, 304]
    assert may["Access-Control-Allow-Headers"] == "If-None-Match"
    assert {each["Access-Control-Allow-Origin"] for each in (may, told, again)} == {"*"}
    assert told["Access-Control-Expose-Headers"] == "ETag"


def test_no_other_page_is_read_by_other_sites(client, three):
    assert not client.get("/").has_header("Access-Control-Allow-Origin")


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx"])
def test_hostile_names_come_through_as_text(client, db, file_format):
    names = sorted(HOSTILE)
    for name in names:
        AgreementFactory(university__name=name)

    assert sorted(name for _country, name, _terms in rows(client.get(f"/partners.{file_format}"))) == names


@pytest.mark.parametrize("address", ["/partners.ods", "/partners.tsv/"])
def test_other_file_is_not_found(client, three, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", "yesterday"),
        ("on", "1066-10-14"),
        ("sort", "size"),
        ("status", "open"),
        ("type", "erasmus+"),
        ("country", "GERMANY"),
    ],
)
def test_value_that_a_parameter_cannot_have_is_an_error_in_the_file_s_form(client, three, name, value):
    told, page = [client.get(f"/partners.{file_format}", {name: value}) for file_format in ("json", "csv")]

    sentence = f"“{value}” is no value of “{name}”. Filter the list on its page, and copy the file's address there."
    assert (told.status_code, told["Content-Type"], told.json()) == (400, "application/json", {"error": sentence})
    assert told["Access-Control-Allow-Origin"] == "*"
    assert (page.status_code, sentence in text(page)) == (400, True)


def test_too_many_values_are_an_error_in_json(client, three):
    told = client.get("/partners.json", {"country": ["DE"] * 301})

    sentence = "The address has 301 values for “country”. At most 300 are allowed: leave some out."
    assert (told.status_code, told.json()) == (400, {"error": sentence})


@pytest.mark.parametrize(
    "query", ["?on=2026-06-01", "?on=20260601", "?type=ge3", "?country=FR&country=DE", "?sort=-name"]
)
def test_value_that_a_parameter_can_have_is_none(client, three, query):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        assert client.get(f"/partners.json{query}").status_code == 200


@pytest.mark.parametrize("file_format", ["tsv", "json"])
def test_file_makes_as_many_queries_with_300_universities_as_with_3(client, db, file_format):
    partners(3)
    with_3 = queries(client, f"/partners.{file_format}")

    partners(297, first=4)

    assert queries(client, f"/partners.{file_format}") == with_3
