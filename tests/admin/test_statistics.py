from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, Country
from tests.helpers.factories import AgreementFactory, MobilityFactory, offers_of_partners, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, table, text

STATISTICS = "/admin/statistics/"
BY_TYPE, BY_COUNTRY = "In force, by type", "In force, by country or territory"
BY_YEAR, BY_MONTH = "Signed, by year", "Ends, by month of the next three years"
PLACES_BY_TYPE, PLACES_BY_COUNTRY = "Places for students, by type", "Places for students, by country or territory"

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, coordinator, erasmus):
    """Return the page as of 15 June 2026, with agreements of every status; one expired the day before."""
    brazil = Country.objects.get(code="BR")
    AgreementFactory(signed_on=date(2023, 5, 1))
    AgreementFactory(signed_on=date(2023, 6, 1), valid_until=date(2026, 6, 15))
    AgreementFactory(agreement_type=erasmus, university__country=brazil, valid_until=date(2027, 1, 31))
    AgreementFactory(valid_until=date(2026, 6, 14), signed_on=date(2026, 1, 1))
    AgreementFactory(status=AgreementStatus.IN_PROCESS, valid_until=date(2027, 1, 31))
    AgreementFactory(status=AgreementStatus.ENDED, valid_until=date(2027, 1, 31))
    AgreementFactory(valid_until=date(2030, 1, 31))
    upcoming = AgreementFactory(valid_from=date(2026, 10, 1), valid_until=date(2027, 9, 30))
    AgreementFactory(university=upcoming.university, valid_from=date(2026, 6, 1), valid_until=date(2026, 9, 30))
    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        yield client.get(STATISTICS)


def sections(page):
    """Return the elements with a chart, by their headings."""
    return {element_texts(section, "h2")[0]: section for section in elements(page, "section.chart")}


def data_points(page, title):
    """Return the rows of the table beneath a chart, without those of count 0."""
    return {label: int(count) for label, count in table(sections(page)[title], "tbody") if count != "0"}


def rect_attributes(page, title, name):
    return [value.removesuffix("%") for value in attributes(sections(page)[title], "rect", name)]


def labels(page, title):
    """Return the position and the text of each label in a chart."""
    return [(label.get("x"), label.get("y"), text(label)) for label in elements(sections(page)[title], "svg text")]


def test_agreements_in_force_are_counted_by_type_and_country(page):
    assert data_points(page, BY_TYPE) == {"Bilateral": 4, "Erasmus+": 1}
    assert data_points(page, BY_COUNTRY) == {"Germany": 4, "Brazil": 1}


def test_bar_length_is_proportional_to_the_count(page):
    assert rect_attributes(page, BY_TYPE, "width") == ["100.0", "25.0"]
    assert rect_attributes(page, BY_TYPE, "x") == ["0", "0"]
    assert labels(page, BY_TYPE)[0] == ("0", "16", "Bilateral: 4")


def test_signatures_are_counted_by_year_including_years_without_any(page):
    assert data_points(page, BY_YEAR) == {"2023": 2, "2026": 1}
    assert rect_attributes(page, BY_YEAR, "height") == ["120.0", "0.0", "0.0", "60.0"]


def test_ends_are_counted_by_month_from_the_current_one(page):
    months = element_texts(sections(page)[BY_MONTH], "tbody th")

    assert data_points(page, BY_MONTH) == {"June 2026": 1, "January 2027": 1}
    assert (len(months), months[0], months[-1]) == (36, "June 2026", "May 2029")
    assert [label for _x, _y, label in labels(page, BY_MONTH)] == ["2027", "2028", "2029"]


def test_upcoming_agreements_are_counted_with_their_list(page, client):
    [(label, url)] = links(page, "#content > p a")

    assert label == "1 agreement is signed and begins later"
    with time_machine.travel("2026-06-15 12:00"):
        assert element_texts(client.get(url), "td.field-state") == ["upcoming from 1 Oct 2026"]


def test_links_open_lists_of_the_counted_agreements(page, client):
    linked = [row for row in elements(page, "section.chart tbody tr") if elements(row, "th a")]
    counts = {attributes(row, "th a", "href")[0]: int(element_texts(row, "td")[0]) for row in linked}
    counts = {url: count for url, count in counts.items() if count}

    assert len(counts) == 2 + 2 + 2 + 2
    with time_machine.travel("2026-06-15 12:00"):
        found = {url: len(elements(client.get(url), "td.action-checkbox")) for url in counts}
    assert found == counts


def test_bars_begin_on_the_right_in_rtl_languages(coordinator_client, erasmus, monkeypatch):
    coordinator_client.get(STATISTICS)
    AgreementFactory()
    AgreementFactory()
    AgreementFactory(agreement_type=erasmus)
    monkeypatch.setattr("partners.admin.statistics.get_language_bidi", lambda: True)

    page = coordinator_client.get(STATISTICS)

    assert rect_attributes(page, BY_TYPE, "x") == ["0.0", "50.0"]
    assert labels(page, BY_TYPE)[0] == ("100%", "16", "Bilateral: 2")


def test_empty_register_has_empty_charts(coordinator_client):
    page = coordinator_client.get(STATISTICS)

    assert [text(section) for section in sections(page).values()] == [
        f"{title} Nothing to draw yet." for title in (BY_TYPE, BY_COUNTRY, BY_YEAR, BY_MONTH)
    ]
    assert [text(section) for section in elements(page, "section.places")] == [
        f"{title} Nothing to count yet." for title in (PLACES_BY_TYPE, PLACES_BY_COUNTRY)
    ]


def test_staff_without_permissions_gets_403(client):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert client.get(STATISTICS).status_code == 403
    assert STATISTICS not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_navigation_links_to_the_statistics(client, request, role):
    client.force_login(request.getfixturevalue(role))

    assert STATISTICS in attributes(client.get("/admin/"), "a", "href")
    assert client.get(STATISTICS).status_code == 200


def test_statistics_makes_as_many_queries_with_300_agreements_as_with_3(coordinator_client):
    partners(3)
    Agreement.objects.update(signed_on=date(2020, 1, 1))
    with_3 = count_queries(coordinator_client, STATISTICS)

    partners(297, first=4)

    assert count_queries(coordinator_client, STATISTICS) == with_3
    assert data_points(coordinator_client.get(STATISTICS), BY_TYPE) == {"Bilateral": 300}


@pytest.fixture
def places_page(client, coordinator, erasmus):
    """Return the page as of 15 June 2026, with mobilities of agreements in force, and some that do not count."""
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
    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        yield client.get(STATISTICS)


def places(page, title):
    """Return the rows of a table of places: places out, in, and agreements whose places are not recorded."""
    found = {element_texts(section, "h2")[0]: section for section in elements(page, "section.places")}
    return {label: [int(number) for number in numbers] for label, *numbers in table(found[title], "tbody")}


def test_places_for_students_are_summed_by_type_and_country(places_page):
    assert places(places_page, PLACES_BY_TYPE) == {"Bilateral": [4, 2, 1], "Erasmus+": [3, 0, 1], "All": [7, 2, 2]}
    assert places(places_page, PLACES_BY_COUNTRY) == {"Brazil": [3, 0, 1], "Germany": [4, 2, 1], "All": [7, 2, 2]}
    [message, _by_country] = [text(link) for link in elements(places_page, "section.places > p a")]
    assert message == "Places are not recorded for 2 agreements."


def test_numbers_of_places_open_the_lists_of_their_agreements(places_page, client):
    lists = {}
    for row in elements(elements(places_page, "section.places")[1], "tbody tr"):
        lists[text(elements(row, "th")[0])] = [
            len(elements(client.get(url), "td.action-checkbox")) for url in attributes(row, "a", "href")
        ]

    assert lists == {"Brazil": [1, 1, 1], "Germany": [2, 1, 1, 1], "All": [3, 2, 1, 2]}


@pytest.mark.parametrize(
    ("places", "label", "count"),
    [("out", "out (2)", 2), ("in", "in (1)", 1), ("not-recorded", "not recorded (2)", 2), ("up", "up (0)", 0)],
)
def test_list_names_its_filter_by_places(places_page, client, places, label, count):
    page = client.get(f"/admin/partners/agreement/?status=in-force&places={places}")

    assert label in element_texts(page, "#changelist-filter a")
    assert len(elements(page, "td.action-checkbox")) == count


def test_statistics_of_places_makes_as_many_queries_with_300_agreements_as_with_3(coordinator_client):
    offers_of_partners(partners(3))
    with_3 = count_queries(coordinator_client, STATISTICS)

    offers_of_partners(partners(297, first=4))

    assert count_queries(coordinator_client, STATISTICS) == with_3
    assert places(coordinator_client.get(STATISTICS), PLACES_BY_TYPE)["All"] == [900, 900, 0]
