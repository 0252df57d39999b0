from datetime import date

import pytest
import time_machine
from icalendar import Calendar

from partners.models import Term
from tests.helpers.factories import AgreementFactory, ApplicationRoundFactory
from tests.helpers.html import attributes, count_queries, element_texts

MARBURG = "/universities/marburg/"


@pytest.fixture(autouse=True)
def day():
    with time_machine.travel("2026-12-01 12:00", tick=False):
        yield


def add_round(*types, **values):
    row = ApplicationRoundFactory(**values)
    row.agreement_types.set(types)
    return row


@pytest.mark.parametrize(
    ("first_day", "last_day", "period"),
    [
        ("09-01", "02-28", ("2027-09-01", "2028-02-29")),
        ("10-01", "02-15", ("2027-10-01", "2028-02-15")),
        ("03-01", "08-31", ("2028-03-01", "2028-08-31")),
    ],
)
def test_term_has_days_of_an_academic_year(first_day, last_day, period):
    assert tuple(map(str, Term(first_day=first_day, last_day=last_day).period(2027))) == period


def test_terms_are_the_halves_of_the_academic_year(db):
    terms = Term.objects.values_list("name__de", "first_day", "last_day")

    assert list(terms) == [("Sommersemester", "03-01", "08-31"), ("Wintersemester", "09-01", "02-28")]


def test_list_says_by_when_to_apply(client, erasmus):
    AgreementFactory(university__name="Marburg")
    add_round(erasmus, opens=date(2027, 1, 1), link="https://apply.example.edu/")
    add_round(closes=date(2026, 12, 1))
    add_round(closes=date(2026, 11, 30))

    page = client.get("/")

    assert element_texts(page, ".rounds li") == [
        "Apply by 1 Dec 2026: Winter term 2027/28. Add to my calendar: Winter term 2027/28",
        "Apply by 15 Feb 2027 (from 1 Jan 2027): Winter term 2027/28, Erasmus+. "
        "Apply: Winter term 2027/28 Add to my calendar: Winter term 2027/28",
    ]
    assert attributes(page, ".rounds a[rel~=external]", "href") == ["https://apply.example.edu/"]
    assert element_texts(page, ".deadlines > summary") == ["Last day to apply 1 Dec 2026 · 15 Feb 2027"]


def test_list_does_not_fold_a_single_round(client, db):
    AgreementFactory(university__name="Marburg")
    add_round()

    page = client.get("/")

    assert element_texts(page, "summary") == ["Filters"]
    assert len(element_texts(page, ".rounds li")) == 1


def test_list_has_at_most_3_rounds(client, db):
    AgreementFactory(university__name="Marburg")
    for _number in range(4):
        add_round()

    assert len(element_texts(client.get("/"), ".rounds li")) == 3


def test_university_page_has_the_rounds_of_its_types(client, erasmus, bilateral):
    AgreementFactory(university__name="Marburg", agreement_type=erasmus)
    AgreementFactory(university__name="Pavia", agreement_type=bilateral, status="in_process")
    add_round(erasmus)
    add_round(bilateral)
    add_round()

    pages = [element_texts(client.get(f"/universities/{slug}/"), ".rounds li") for slug in ("marburg", "pavia")]

    assert [[text.partition(". ")[0] for text in texts] for texts in pages] == [
        ["Apply by 15 Feb 2027: Winter term 2027/28, Erasmus+", "Apply by 15 Feb 2027: Winter term 2027/28"],
        [],
    ]


@pytest.mark.parametrize("count", [3, 300])
def test_university_page_makes_as_many_queries_with_300_rounds_as_with_3(client, erasmus, count):
    AgreementFactory(university__name="Marburg", agreement_type=erasmus)
    base = count_queries(client, MARBURG)
    for _number in range(count):
        add_round(erasmus)

    assert count_queries(client, MARBURG) == base + 1


def test_term_in_another_language_is_marked(client, db):
    AgreementFactory(university__name="Marburg")
    Term.objects.update(name={"en": "Winter term"})
    add_round()

    page = client.get("/he/")

    assert attributes(page, ".rounds li span[lang]", "lang") == ["en"]
    assert attributes(page, ".rounds li span[lang]", "dir") == ["ltr"]


def test_last_day_is_served_as_a_calendar_file(client, erasmus):
    row = add_round(erasmus, link="https://apply.example.edu/")

    response = client.get(f"/rounds/{row.pk}.ics")

    [event] = Calendar.from_ical(response.content).walk("VEVENT")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'inline; filename="apply-2027-02-15.ics"'
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate, s-maxage=30, stale-while-revalidate=30"
    assert (str(event["summary"]), event.decoded("dtstart"), event.decoded("dtend"), str(event["url"])) == (
        "Last day to apply, Winter term 2027/28, Erasmus+",
        date(2027, 2, 15),
        date(2027, 2, 16),
        "https://apply.example.edu/",
    )
    assert client.get("/rounds/0.ics").status_code == 404


def test_calendar_file_of_the_last_day_there_is_has_no_day_after(client, erasmus):
    row = add_round(erasmus, closes=date.max)

    [event] = Calendar.from_ical(client.get(f"/rounds/{row.pk}.ics").content).walk("VEVENT")

    assert (event.decoded("dtstart"), event.get("dtend")) == (date.max, None)
