from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.querysets import PUBLIC_STATE_LABELS
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, rows, text

FUTURE = "2027-02-01"


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        yield


def facet_counts(page):
    """Return the number beside each status."""
    boxes = elements(page, "input[name=status]")
    counts = element_texts(page, "label:has(input[name=status]) .facet-count")
    return {box.get("value"): int(count.strip("()")) for box, count in zip(boxes, counts, strict=True)}


@pytest.mark.parametrize(
    ("agreement", "days"),
    [
        ({}, "today future"),
        ({"valid_until": date(2026, 5, 31)}, ""),
        ({"valid_from": date(2027, 9, 1)}, "today future"),
        ({"valid_until": date(2026, 6, 1)}, "today"),
        ({"valid_until": date(2026, 12, 31)}, "today"),
        ({"valid_until": date(2027, 2, 1)}, "today future"),
        ({"status": AgreementStatus.IN_PROCESS}, "today future"),
        ({"status": AgreementStatus.ENDED}, ""),
        ({"status": AgreementStatus.ENDED, "ended_on": date(2026, 9, 1)}, ""),
    ],
)
def test_list_of_a_day_follows_the_dates_of_agreements(client, agreement, days):
    AgreementFactory(university__name="Marburg", **agreement)

    is_listed = {name: rows(client.get(url)) != [] for name, url in {"today": "/", "future": f"/?on={FUTURE}"}.items()}

    assert " ".join(name for name, is_on_list in is_listed.items() if is_on_list) == days


def test_unlisted_university_is_on_the_list_of_no_day(client):
    AgreementFactory(university__name="Shown")
    AgreementFactory(university=UniversityFactory(name="Hidden", is_listed=False))

    assert len(rows(client.get(f"/?on={FUTURE}"))) == 2


@pytest.mark.parametrize(
    ("day", "badge", "counts"),
    [
        ("2027-01-31", "Bilateral · signed, from 1 Feb 2027", {"in-force": 0, "upcoming": 1, "in-process": 0}),
        (FUTURE, "Bilateral", {"in-force": 1, "upcoming": 0, "in-process": 0}),
    ],
)
def test_upcoming_agreement_is_in_force_on_the_list_of_a_later_day(client, day, badge, counts):
    AgreementFactory(university__name="Marburg", valid_from=date(2027, 2, 1))

    page = client.get(f"/?on={day}")

    assert rows(page) == ["Germany", f"Marburg {badge}"]
    assert facet_counts(page) == counts


@pytest.mark.parametrize("day", ["2026-08-31", "2026-09-01", "2027-08-31", "2027-09-01"])
def test_facet_counts_are_the_numbers_of_results_on_any_day(client, day):
    marburg, jena = UniversityFactory(name="Marburg"), UniversityFactory(name="Jena")
    AgreementFactory(university=marburg, valid_until=date(2026, 8, 31))
    AgreementFactory(university=marburg, valid_from=date(2026, 9, 1), valid_until=date(2027, 8, 31))
    AgreementFactory(university=jena, valid_from=date(2026, 9, 1))
    AgreementFactory(university=jena, valid_from=date(2027, 9, 1), scope="Faculty of Law")
    AgreementFactory(university=jena, status=AgreementStatus.IN_PROCESS)

    counts = facet_counts(client.get(f"/?on={day}"))

    assert counts == {
        status: len(element_texts(client.get(f"/?on={day}&status={status}"), "th[scope=row]"))
        for status in PUBLIC_STATE_LABELS
    }


def test_page_names_its_day_and_links_to_today(client):
    AgreementFactory()

    page = client.get(f"/?country=DE&on={FUTURE}")

    assert "This is the list of 1 Feb 2027, if nothing is signed or ended until then. Back to today" in text(page)
    assert dict(links(page))["Back to today"] == "?country=DE"
    assert attributes(page, "meta[name=robots]", "content") == ["noindex, follow"]
    assert set(attributes(page, "input[type=hidden][name=on]", "value")) == {FUTURE}


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-05-31", "2027-02-30", "01.02.2027", "1900-01-01", "2100-01-01", "<b>", "x" * 500]
)
def test_invalid_day_shows_a_notice_and_the_list_of_today(client, day):
    AgreementFactory(university__name="Marburg")

    page = client.get("/", {"on": day})

    assert "There is no list of “" in text(page)
    assert "Write a day to come like 2027-02-01, at most 30 years from now. This is the list of today." in text(page)
    assert rows(page)[1].startswith("Marburg Bilateral")


def test_form_offers_no_past_day(client):
    [day] = elements(client.get("/"), "input[type=date][name=on]")

    assert (day.value, day.get("min")) == ("2026-06-01", "2026-06-01")


def test_download_of_a_past_day_is_rejected(client):
    page, data = client.get("/partners.tsv?on=2026-05-31"), client.get("/partners.json?on=2026-05-31")

    assert [page.status_code, data.status_code] == [400, 400]
    assert "“2026-05-31” is no value of “on”." in text(page)
    assert data.json()["error"].startswith("“2026-05-31” is no value of “on”.")


def test_future_day_makes_as_many_queries_with_300_universities_as_with_3(client):
    partners(3)
    with_3 = count_queries(client, f"/?on={FUTURE}")

    partners(297, first=4)

    assert count_queries(client, f"/?on={FUTURE}") == with_3


def test_today_shows_no_notice(client):
    AgreementFactory(university__name="Marburg")

    page = client.get("/?on=2026-06-01")

    assert "This is the list of" not in text(page)
    assert rows(page) == rows(client.get("/"))


def test_other_days_are_not_cached(client, monkeypatch):
    AgreementFactory()
    monkeypatch.setattr("partners.data_version.current_version", lambda: "version")
    assert count_queries(client, "/?on=2027-02-01") > 0


def test_download_is_for_the_same_day(client):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))

    assert "Marburg" in client.get("/partners.tsv").content.decode()
    assert "Marburg" not in client.get(f"/partners.tsv?on={FUTURE}").content.decode()
    assert Agreement.objects.count() == 1
