import json
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from openpyxl import load_workbook

from partners.enums import AgreementStatus, Direction, MobilityKind
from partners.imports.resources import COLUMNS
from tests.helpers.factories import (
    AgreementFactory,
    InstitutionFactory,
    MobilityFactory,
    UniversityFactory,
    offers_of_partners,
    partners,
)
from tests.helpers.html import count_queries, elements, text
from tests.helpers.tables import read_table

PAST = date(2000, 1, 1)
INTERNAL = {"contact": "Ms Secret", "notes": "Secret notes", "next_step": "Secret step"}
UNDATED = {"scope": "", "valid_from": None, "valid_until": None, "is_open_ended": False, "public_note": ""}
UNDATED |= {"mobilities": []}
HOSTILE = ["a=1+1", '"><script>alert(1)</script>', "W" * 200, "Emoji 🎓", 'a"b', "'=1"]


@pytest.fixture
def universities(db, erasmus):
    """Two public universities, and three that are unlisted, ended or expired."""
    both = UniversityFactory(
        name="Marburg",
        city="Marburg an der Lahn",
        website="https://www.uni-marburg.de/",
        courses_url="https://www.uni-marburg.de/courses",
        institution=InstitutionFactory(ror_id="01rdrb571"),
    )
    AgreementFactory(university=both, valid_until=date(2999, 6, 30), **INTERNAL)
    AgreementFactory(university=both, agreement_type=erasmus)
    AgreementFactory(university__name="Jena", agreement_type=None, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=UniversityFactory(name="Kept off", is_listed=False))
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Expired", valid_until=PAST)


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def rows(response):
    return [list(row.cells.values()) for row in read_table(response.content, COLUMNS).rows]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx"])
def test_table_is_the_office_list_of_public_universities(client, universities, file_format):
    response = client.get(f"/partners.{file_format}")

    assert rows(response) == [["Germany", "Jena", "in process"], ["Germany", "Marburg", "Bilateral/Erasmus+"]]
    assert response["Content-Disposition"] == f'attachment; filename="partners.{file_format}"'


def test_json_has_the_documented_schema(client, universities):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        data = json.loads(client.get("/partners.json").content)

    assert (data["version"], data["on"]) == (1, "2026-06-01")
    assert data["universities"] == [
        {
            "name": "Jena",
            "city": "",
            "country": {"code": "DE", "name": "Germany"},
            **dict.fromkeys(["website", "incoming_url", "courses_url", "calendar_url", "housing_url"], ""),
            "ror_id": None,
            "page": "http://testserver/universities/jena/",
            "agreements": [{"type": None, "status": "in-process", **UNDATED}],
        },
        {
            "name": "Marburg",
            "city": "Marburg an der Lahn",
            "country": {"code": "DE", "name": "Germany"},
            "website": "https://www.uni-marburg.de/",
            "incoming_url": "",
            "courses_url": "https://www.uni-marburg.de/courses",
            "calendar_url": "",
            "housing_url": "",
            "ror_id": "https://ror.org/01rdrb571",
            "page": "http://testserver/universities/marburg/",
            "agreements": [
                {
                    "type": {"slug": "bilateral", "name": "Bilateral"},
                    "status": "in-force",
                    "scope": "",
                    "valid_from": None,
                    "valid_until": "2999-06-30",
                    "is_open_ended": False,
                    "public_note": "",
                    "mobilities": [],
                },
                {
                    "type": {"slug": "erasmus", "name": "Erasmus+"},
                    "status": "in-force",
                    **UNDATED,
                },
            ],
        },
    ]


def test_json_tells_upcoming_agreements_and_open_ended_ones(client, marburg, erasmus):
    AgreementFactory(university=marburg, is_open_ended=True, scope="Faculty of Law", public_note="B2 needed.\nNo fees.")
    AgreementFactory(university=marburg, agreement_type=erasmus, valid_from=date(2999, 9, 1))

    [university] = json.loads(client.get("/partners.json").content)["universities"]

    [open_ended, upcoming] = university["agreements"]
    assert open_ended == {
        "type": {"slug": "bilateral", "name": "Bilateral"},
        "status": "in-force",
        "scope": "Faculty of Law",
        "valid_from": None,
        "valid_until": None,
        "is_open_ended": True,
        "public_note": "B2 needed.\nNo fees.",
        "mobilities": [],
    }
    assert (upcoming["status"], upcoming["valid_from"]) == ("upcoming", "2999-09-01")


def test_json_has_mobilities_with_studies_first(client, marburg):
    agreement = AgreementFactory(university=marburg)
    MobilityFactory(agreement=agreement, kind="student_traineeship")
    MobilityFactory(
        agreement=agreement,
        places=4,
        duration=Decimal("22.5"),
        study_levels="short_cycle,master",
        fields_of_study="0421 07",
        fields_note="Law <and> history",
        languages="en B2,de",
        is_blended=True,
        first_year=2026,
    )

    [university] = client.get("/partners.json").json()["universities"]

    [public] = university["agreements"]
    assert public["mobilities"] == [
        {
            "direction": "out",
            "kind": "student-studies",
            "places": 4,
            "duration": 22.5,
            "levels": ["short-cycle", "master"],
            "fields": ["0421", "07"],
            "fields_note": "Law <and> history",
            "languages": [{"language": "en", "level": "B2"}, {"language": "de", "level": None}],
            "blended": True,
            "years": {"first": "2026/2027", "last": None},
        },
        {
            "direction": "out",
            "kind": "student-traineeship",
            "places": None,
            "duration": None,
            "levels": [],
            "fields": [],
            "fields_note": "",
            "languages": [],
            "blended": False,
            "years": {"first": None, "last": None},
        },
    ]


def test_json_has_no_incoming_mobilities_and_none_of_staff(client, marburg):
    agreement = AgreementFactory(university=marburg)
    MobilityFactory(agreement=agreement, direction="in")
    MobilityFactory(agreement=agreement, kind="staff_teaching")
    MobilityFactory(agreement=agreement, fields_of_study="all")

    [university] = client.get("/partners.json").json()["universities"]

    mobilities = university["agreements"][0]["mobilities"]
    assert [(found["direction"], found["kind"], found["fields"]) for found in mobilities] == [
        ("out", "student-studies", ["all"])
    ]


@pytest.mark.parametrize("plans", [{"valid_from": PAST, "valid_until": date(2999, 1, 1)}, {"is_open_ended": True}])
def test_json_has_no_planned_period(client, marburg, plans):
    AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, **plans)

    [university] = json.loads(client.get("/partners.json").content)["universities"]

    bilateral = {"type": {"slug": "bilateral", "name": "Bilateral"}, "status": "in-process"}
    assert university["agreements"] == [bilateral | UNDATED]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx"])
def test_table_names_a_type_once_if_signed_and_once_if_in_process(client, marburg, erasmus, file_format):
    for scope in ("", "Faculty of Law"):
        AgreementFactory(university=marburg, scope=scope, valid_until=date(2999, 8, 31))
        AgreementFactory(university=marburg, scope=scope, valid_from=date(2999, 9, 1))
        AgreementFactory(university=marburg, scope=scope, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg, agreement_type=erasmus, valid_until=PAST)

    response = client.get(f"/partners.{file_format}")

    assert rows(response) == [["Germany", "Marburg", "Bilateral/Bilateral (in process)"]]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "json"])
def test_internal_fields_are_in_no_file(client, universities, file_format):
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
def test_file_is_filtered_like_the_page(client, universities, query, found):
    data = json.loads(client.get(f"/partners.json{query}").content)

    assert [university["name"] for university in data["universities"]] == found


def test_page_links_the_files_with_its_filter(client, universities):
    page = client.get("/?type=erasmus&country=DE&page=1")

    downloads = elements(page, "a[download]")
    assert [(link.get("href"), link.get("rel")) for link in downloads] == [
        (f"/partners.{file_format}?type=erasmus&country=DE", "nofollow")
        for file_format in ("tsv", "csv", "xlsx", "json")
    ]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx", "json"])
def test_files_allow_every_origin(client, universities, file_format):
    assert client.get(f"/partners.{file_format}")["Access-Control-Allow-Origin"] == "*"


def test_every_origin_may_revalidate_a_file(client, universities, monkeypatch):
    monkeypatch.setattr("partners.data_version.current_version", lambda: "of now")
    headers = {"Origin": "https://www.example.edu", "Access-Control-Request-Method": "GET"}

    preflight = client.options("/partners.json", headers=headers | {"Access-Control-Request-Headers": "if-none-match"})
    first = client.get("/partners.json")
    again = client.get("/partners.json", headers={"If-None-Match": first["ETag"]})

    assert [preflight.status_code, first.status_code, again.status_code] == [204, 200, 304]
    assert preflight["Access-Control-Allow-Headers"] == "If-None-Match"
    assert {response["Access-Control-Allow-Origin"] for response in (preflight, first, again)} == {"*"}
    assert first["Access-Control-Expose-Headers"] == "ETag"


def test_pages_allow_no_other_origin(client, universities):
    assert not client.get("/").has_header("Access-Control-Allow-Origin")


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx"])
def test_hostile_names_are_written_as_text(client, db, file_format):
    names = sorted(HOSTILE)
    for name in names:
        AgreementFactory(university__name=name)

    assert sorted(name for _country, name, _terms in rows(client.get(f"/partners.{file_format}"))) == names


@pytest.mark.parametrize("url", ["/partners.ods", "/partners.tsv/"])
def test_unknown_file_is_not_found(client, universities, url):
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("term", "winter"),
        ("sort", "size"),
        ("status", "open"),
        ("type", "erasmus+"),
        ("country", "GERMANY"),
    ],
)
def test_invalid_parameter_is_an_error_in_the_format_of_the_file(client, universities, name, value):
    data, page = [client.get(f"/partners.{file_format}", {name: value}) for file_format in ("json", "csv")]

    sentence = f"“{value}” is no value of “{name}”. Filter the list on its page, and copy the file's address there."
    assert (data.status_code, data["Content-Type"], data.json()) == (400, "application/json", {"error": sentence})
    assert data["Access-Control-Allow-Origin"] == "*"
    assert (page.status_code, sentence in text(page)) == (400, True)


def test_too_many_values_are_an_error_in_json(client, universities):
    response = client.get("/partners.json", {"country": ["DE"] * 301})

    sentence = "The address has 301 values for “country”. At most 300 are allowed: leave some out."
    assert (response.status_code, response.json()) == (400, {"error": sentence})


@pytest.mark.parametrize("query", ["?on=2027-02-01", "?type=ge3", "?country=FR&country=DE", "?sort=-name"])
def test_valid_parameter_is_accepted(client, universities, query):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        assert client.get(f"/partners.json{query}").status_code == 200


@pytest.mark.parametrize("file_format", ["tsv", "json"])
def test_file_makes_as_many_queries_with_300_universities_as_with_3(client, db, file_format):
    offers_of_partners(partners(3))
    with_3 = count_queries(client, f"/partners.{file_format}")

    offers_of_partners(partners(297, first=4))

    assert count_queries(client, f"/partners.{file_format}") == with_3


def test_xlsx_has_the_public_mobilities_on_a_second_sheet(client, db):
    offered = {"places": 4, "study_levels": "bachelor,master", "languages": "en B2", "fields_of_study": "07"}
    mobility = MobilityFactory(agreement__university__name="Marburg", **offered)
    MobilityFactory(agreement=mobility.agreement, direction=Direction.IN)
    MobilityFactory(agreement=mobility.agreement, kind=MobilityKind.STAFF_TEACHING)
    MobilityFactory(agreement__university__name="Ended", agreement__status=AgreementStatus.ENDED)

    workbook = load_workbook(BytesIO(client.get("/partners.xlsx").content))

    assert workbook.sheetnames == ["Partners", "Mobilities"]
    header, *rows = workbook["Mobilities"].values
    assert header[:5] == ("Country", "University name", "Agreement type", "Kind", "Places")
    assert [[cell for cell in row if cell is not None] for row in rows] == [
        ["Germany", "Marburg", "Bilateral", "student studies", 4, "bachelor, master", "07", "English B2"]
    ]


def test_mobilities_of_the_download_follow_its_filters(client, db):
    for level in ("bachelor", "master"):
        MobilityFactory(agreement__university__name=level.title(), study_levels=level)

    workbook = load_workbook(BytesIO(client.get("/partners.xlsx?level=master").content))

    assert [row[1] for row in workbook["Mobilities"].values] == ["University name", "Master"]
