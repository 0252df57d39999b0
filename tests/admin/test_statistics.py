import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, Country
from tests.helpers.factories import AgreementFactory, MobilityFactory, offers_of_partners, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, errors, links, table, text

STATISTICS, WORKBOOK = "/admin/statistics/", "/admin/statistics/file/"
BY_TYPE, BY_REGION, BY_COUNTRY = "In force, by type", "In force, by region", "In force, by country or territory"
PLACES_BY_TYPE = "Places for students in 2025/26, by type"
PLACES_BY_COUNTRY = "Places for students in 2025/26, by country or territory and type"
IN_YEAR, BY_YEAR = "Signed, renewed and ended in 2025/26, by type", "Signed, by academic year"
ENDS = "Ends in the next three years, not renewed yet"

pytestmark = pytest.mark.django_db


@pytest.fixture
def june_2026(client, coordinator):
    """Travel to 15 June 2026 and sign in."""
    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        yield


@pytest.fixture
def page(client, june_2026, erasmus):
    """Return the page of a register with agreements of every status; one expired the day before."""
    brazil = Country.objects.get(code="BR")
    AgreementFactory(signed_on=date(2023, 5, 1))
    former = AgreementFactory(signed_on=date(2023, 9, 1), valid_until=date(2026, 6, 15))
    AgreementFactory(agreement_type=erasmus, university__country=brazil, valid_until=date(2027, 1, 31))
    AgreementFactory(valid_until=date(2026, 6, 14), signed_on=date(2026, 1, 1), renews=former)
    AgreementFactory(status=AgreementStatus.IN_PROCESS, valid_until=date(2027, 1, 31))
    AgreementFactory(status=AgreementStatus.ENDED, ended_on=date(2025, 10, 1), signed_on=date(2023, 9, 1))
    AgreementFactory(status=AgreementStatus.ENDED)
    AgreementFactory(valid_until=date(2030, 1, 31))
    upcoming = AgreementFactory(valid_from=date(2026, 10, 1), valid_until=date(2027, 9, 30))
    AgreementFactory(university=upcoming.university, valid_from=date(2026, 6, 1), valid_until=date(2026, 9, 30))
    drop_deal(AgreementFactory(status=AgreementStatus.IN_PROCESS))
    return client.get(STATISTICS)


def drop_deal(agreement):
    agreement.end(on=date(2026, 6, 16), change_reason="dropped")


def sections(page):
    """Return the elements with a table, by their headings."""
    return {element_texts(section, "h2")[0]: section for section in elements(page, "section.chart")}


def numbers(page, title):
    """Return the numbers of each row of a table by its label, sums included."""
    rows = [row for part in ("tbody", "tfoot") for row in table(sections(page)[title], part)]
    return {label: [int(cell) for cell in cells] for label, *cells in rows}


def bar_labels(page, title):
    return element_texts(sections(page)[title], "svg text")


def count_listed(client, url):
    return len(elements(client.get(url), "td.action-checkbox"))


def test_agreements_in_force_are_counted_by_type_region_and_country(page):
    assert numbers(page, BY_TYPE) == {"Bilateral": [4], "Erasmus+": [1], "All": [5]}
    assert numbers(page, BY_REGION) == {
        "Europe": [4, 0, 4],
        "Latin America and the Caribbean": [0, 1, 1],
        "All": [4, 1, 5],
        "European Union": [4, 0, 4],
        "Erasmus+ programme countries": [4, 0, 4],
    }
    assert numbers(page, BY_COUNTRY) == {"Germany": [4, 0, 4], "Brazil": [0, 1, 1], "All": [4, 1, 5]}
    assert table(sections(page)[BY_COUNTRY], "thead") == [["Country or territory", "Bilateral", "Erasmus+", "All"]]
    assert text(elements(page, "p.summary")[0]) == (
        "In force on 15 Jun 2026: 5 agreements with 5 universities in 2 countries or territories."
    )


def test_bars_have_their_numbers_and_lengths_in_proportion(page):
    widths = [value.removesuffix("%") for value in attributes(sections(page)[BY_TYPE], "rect", "width")]

    assert bar_labels(page, BY_TYPE) == ["Bilateral: 4", "Erasmus+: 1"]
    assert widths == ["100.0", "25.0"]


def test_year_counts_what_was_signed_renewed_ended_and_expired(page):
    assert numbers(page, IN_YEAR) == {"Bilateral": [1, 1, 1, 1], "All": [1, 1, 1, 1]}
    assert numbers(page, BY_YEAR) == {"2025/26": [1, 1, 1, 1], "2023/24": [2, 0, 0, 0], "2022/23": [1, 0, 0, 0]}
    assert bar_labels(page, BY_YEAR) == ["2025/26: 1", "2023/24: 2", "2022/23: 1"]


def test_ends_of_the_next_three_years_are_counted_by_month(page):
    assert numbers(page, ENDS) == {"June 2026": [1], "January 2027": [1]}


def test_page_says_what_is_not_recorded(page):
    assert element_texts(page, ".not-recorded li") == [
        "For 2 agreements, neither the first day nor the day of signing is recorded. They count from any day on.",
        "For 1 agreement, the end is not recorded. It counts as still in force.",
        "For 5 agreements, the places are not recorded.",
        "For 5 agreements, the day of signing is not recorded. They count in no year.",
        "For 1 ended agreement, the day of its end is not recorded. It counts on no day and in no year.",
    ]


def test_past_day_counts_agreements_that_ended_since(page, client):
    past = client.get(f"{STATISTICS}?on=2024-03-01&year=2023")
    before = client.get(f"{STATISTICS}?on=2023-05-01&year=2023")

    assert numbers(past, BY_TYPE) == {"Bilateral": [4], "Erasmus+": [1], "All": [5]}
    assert numbers(before, BY_TYPE) == {"Bilateral": [2], "Erasmus+": [1], "All": [3]}
    assert numbers(past, "Signed, renewed and ended in 2023/24, by type")["All"] == [2, 0, 0, 0]
    assert "Places for students in 2023/24, by type" in sections(past)


@pytest.mark.parametrize("query", ["", "?on=2024-03-01&year=2023"])
def test_cells_and_notes_open_lists_of_the_counted_agreements(page, client, query):
    page = client.get(f"{STATISTICS}{query}")

    counts = {(url, int(number)) for number, url in links(page, "section.chart td a")}
    counts |= {(url, int(note.split()[1])) for note, url in links(page, ".not-recorded a")}

    assert len(counts) > 15
    assert {(url, count_listed(client, url)) for url in {url for url, _number in counts}} == counts


def test_workbook_has_the_tables_of_the_page(page, client):
    query = "?on=2024-03-01&year=2023"
    response = client.get(f"{WORKBOOK}{query}")
    workbook = openpyxl.load_workbook(io.BytesIO(response.content))
    page = client.get(f"{STATISTICS}{query}")

    assert response["Content-Disposition"] == 'attachment; filename="statistics-2024-03-01.xlsx"'
    places = ["Places", "Places by country"]
    assert workbook.sheetnames == ["About", "Types", "Regions", "Countries", *places, "2023-24", "Years", "Ends"]
    about, *sheets = workbook.worksheets
    assert [row[1] for row in about.values][2:4] == [
        text(elements(page, "p.summary")[0]),
        *element_texts(page, ".not-recorded li")[:1],
    ]
    tables = [table(section) for section in sections(page).values() if elements(section, "table")]
    assert [[[str(cell) for cell in row] for row in sheet.values] for sheet in sheets] == tables


@pytest.mark.parametrize(
    ("query", "errors_on_page"),
    [
        (
            "?on=1.2.2024",
            {"on": "“1.2.2024” may mean 1 Feb 2024 or 2 Jan 2024. Write the one that is meant, in that form."},
        ),
        (
            "?on=&year=2020",
            {
                "on": "This field is required.",
                "year": "Select a valid choice. 2020 is not one of the available choices.",
            },
        ),
    ],
)
def test_invalid_day_is_explained_and_has_no_workbook(client, june_2026, query, errors_on_page):
    response = client.get(f"{WORKBOOK}{query}", follow=True)

    assert errors(response) == errors_on_page
    assert text(elements(response, "p.summary")[0]).startswith("In force on 15 Jun 2026")


def test_upcoming_agreements_are_counted_with_their_list(page, client):
    [(label, url)] = links(page, "#content > p a")

    assert label == "1 agreement is signed and begins later"
    assert element_texts(client.get(url), "td.field-state") == ["upcoming from 1 Oct 2026"]


def test_bars_begin_on_the_right_in_rtl_languages(coordinator_client, erasmus, monkeypatch):
    coordinator_client.get(STATISTICS)
    AgreementFactory()
    AgreementFactory()
    AgreementFactory(agreement_type=erasmus)
    monkeypatch.setattr("partners.admin.statistics.tables.get_language_bidi", lambda: True)

    section = sections(coordinator_client.get(STATISTICS))[BY_TYPE]

    assert attributes(section, "rect", "x") == ["0.0%", "50.0%"]
    assert attributes(section, "svg text", "x") == ["100%", "100%"]


def test_empty_register_has_empty_tables(client, june_2026):
    page = client.get(STATISTICS)

    titles = [BY_TYPE, BY_REGION, BY_COUNTRY, PLACES_BY_TYPE, PLACES_BY_COUNTRY, IN_YEAR, BY_YEAR, ENDS]
    assert [text(section) for section in sections(page).values()] == [
        f"{title} Nothing to count yet." for title in titles
    ]
    assert client.get(WORKBOOK).status_code == 200


def test_staff_without_permissions_gets_403(client):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert [client.get(url).status_code for url in (STATISTICS, WORKBOOK)] == [403, 403]
    assert STATISTICS not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_navigation_links_to_the_statistics(client, request, role):
    client.force_login(request.getfixturevalue(role))

    assert STATISTICS in attributes(client.get("/admin/"), "a", "href")
    assert client.get(STATISTICS).status_code == 200


def test_statistics_makes_as_many_queries_with_300_agreements_as_with_3(coordinator_client):
    offers_of_partners(partners(3))
    Agreement.objects.update(signed_on=date(2020, 1, 1))
    with_3 = count_queries(coordinator_client, STATISTICS), count_queries(coordinator_client, WORKBOOK)

    offers_of_partners(partners(297, first=4))

    assert (count_queries(coordinator_client, STATISTICS), count_queries(coordinator_client, WORKBOOK)) == with_3
    page = coordinator_client.get(STATISTICS)
    assert numbers(page, BY_TYPE)["All"] == [300]
    [places] = [
        numbers(page, title)["All"] for title in sections(page) if title.endswith(", by type") and "Places" in title
    ]
    assert places == [900, 900, 0]


@pytest.fixture
def places_page(client, june_2026, erasmus):
    """Return the page of mobilities of agreements in force, and some that do not count."""
    brazil = Country.objects.get(code="BR")
    bilateral, other = AgreementFactory(), AgreementFactory(agreement_type=erasmus, university__country=brazil)
    AgreementFactory()
    MobilityFactory(agreement=bilateral, places=4)
    MobilityFactory(agreement=bilateral, direction="in", places=2, kind="student_traineeship")
    MobilityFactory(agreement=bilateral, places=50, kind="staff_teaching")
    MobilityFactory(agreement=bilateral, places=60, first_year=2026)
    MobilityFactory(agreement=bilateral, places=70, last_year=2024)
    MobilityFactory(agreement=other, places=3, first_year=2025, last_year=2025)
    MobilityFactory(agreement=other, direction="in")
    MobilityFactory(agreement__valid_until=date(2026, 6, 14), places=80)
    MobilityFactory(agreement__status=AgreementStatus.IN_PROCESS, places=90)
    return client.get(STATISTICS)


def test_places_for_students_are_summed_by_type_and_country(places_page, client):
    next_year = client.get(f"{STATISTICS}?on=2026-10-01")

    assert numbers(places_page, PLACES_BY_TYPE) == {"Bilateral": [4, 2, 1], "Erasmus+": [3, 0, 1], "All": [7, 2, 2]}
    assert bar_labels(places_page, PLACES_BY_TYPE) == [
        *["Bilateral · Places out: 4", "Bilateral · Places in: 2", "Erasmus+ · Places out: 3"],
    ]
    assert numbers(places_page, PLACES_BY_COUNTRY) == {
        "Brazil": [0, 0, 3, 0, 3, 0, 1],
        "Germany": [4, 2, 0, 0, 4, 2, 1],
        "All": [4, 2, 3, 0, 7, 2, 2],
    }
    assert numbers(next_year, "Places for students in 2026/27, by type")["All"] == [64, 2, 2]


def test_numbers_of_places_open_the_lists_of_their_agreements(places_page, client):
    lists = {}
    for row in elements(sections(places_page)[PLACES_BY_TYPE], "tbody tr, tfoot tr"):
        lists[text(elements(row, "th")[0])] = [count_listed(client, url) for url in attributes(row, "a", "href")]

    assert lists == {"Bilateral": [1, 1, 1], "Erasmus+": [1, 1], "All": [2, 1, 2]}


@pytest.mark.parametrize(
    ("query", "label", "count"),
    [
        *[("places=out", "out (2)", 2), ("places=in", "in (1)", 1), ("places=not-recorded", "not recorded (2)", 2)],
        *[("places=up", "up (0)", 0), ("in_force_on=2026-06-15", "15 Jun 2026 (3)", 3), ("in_force_on=x", "x (0)", 0)],
        *[("signed=2025", "2025/26 (0)", 0), ("signed=x", "x (0)", 0), ("region=europe", "Europe (2)", 2)],
        *[("no_date=signing", "day of signing (3)", 3), ("no_date=x", "x (0)", 0), ("region=x", "Europe (2)", 0)],
    ],
)
def test_list_names_the_filters_of_the_statistics(places_page, client, query, label, count):
    page = client.get(f"/admin/partners/agreement/?status=in-force&{query}")

    assert label in element_texts(page, "#changelist-filter a")
    assert len(elements(page, "td.action-checkbox")) == count
