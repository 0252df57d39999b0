import xml.etree.ElementTree as ElementTree
from datetime import date

import pytest
import time_machine
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource
from partners.models import Run, University
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import attributes
from tests.helpers.tables import read_table

ATOM = "{http://www.w3.org/2005/Atom}"


def feed_entries(client):
    feed = ElementTree.fromstring(client.get("/feed/").content)  # noqa: S314
    return feed.findall(f"{ATOM}entry")


def titles(client):
    return [entry.find(f"{ATOM}title").text for entry in feed_entries(client)]


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def test_feed_lists_signed_and_ended_agreements(client, marburg):
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    agreement.sign("2026-05-01")
    agreement.end("2026-06-01", "no interest")

    assert titles(client) == [
        "Marburg, Germany: Bilateral has ended",
        "Marburg, Germany: Bilateral has been signed",
    ]


def test_feed_omits_other_changes(client, marburg):
    AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS).end("2026-06-01", "no interest")
    signed = AgreementFactory(university=marburg)
    signed.notes = "edited"
    signed.save()

    assert titles(client) == ["Marburg, Germany: Bilateral has been signed"]


@time_machine.travel("2027-05-01 12:00", tick=False)
@pytest.mark.parametrize(
    ("start", "end_of_title"),
    [(date(2027, 5, 1), ""), (date(2027, 9, 1), ", from 1 Sep 2027"), (date(2024, 9, 1), "")],
    ids=["shortens its predecessor", "upcoming", "ends its predecessor"],
)
def test_feed_lists_a_renewal_and_not_its_effects(client, marburg, start, end_of_title):
    predecessor = AgreementFactory(university=marburg, scope="Faculty of Law", valid_from=date(2024, 9, 1))
    renewal = predecessor.build_renewal()
    renewal.valid_from = start
    renewal.save()

    renewal.sign(date(2027, 5, 1))

    signed = "Marburg, Germany: Bilateral, Faculty of Law has been signed"
    assert titles(client) == [f"{signed}{end_of_title}", signed]
    with time_machine.travel("2027-12-01 12:00", tick=False):
        assert titles(client) == [f"{signed}{end_of_title}", signed]


def test_feed_omits_the_import_that_filled_the_register(client, register):
    before = titles(client)

    AgreementFactory(university__name="Marburg")

    assert (before, titles(client)) == ([], ["Marburg, Germany: Bilateral has been signed"])


def test_feed_lists_fifty_agreements_signed_by_a_later_import(client, marburg, office_list):
    AgreementFactory(university=marburg)

    run = Run.from_upload(office_list, file_name="partners.tsv")
    OfficeListResource().import_data(read_table(office_list, COLUMNS), on=localdate(), run=run)

    assert len(feed_entries(client)) == 50


def test_entry_has_a_summary_and_categories(client, marburg):
    University.objects.update(city="Marburg an der Lahn")
    dates = {"valid_from": date(2024, 9, 1), "valid_until": date(2999, 8, 31)}
    AgreementFactory(university=marburg, public_note="Apply <early>.", **dates).end("2026-06-01", "over")

    ended, signed = feed_entries(client)

    assert [entry.find(f"{ATOM}summary").text for entry in (ended, signed)] == [
        "Marburg an der Lahn, Germany. It is not open to students any more.",
        "Marburg an der Lahn, Germany. Valid from 1 Sep 2024 to 31 Aug 2999. Apply <early>.",
    ]
    assert [category.get("term") for category in signed.findall(f"{ATOM}category")] == ["Bilateral", "Germany"]


def test_feed_omits_unlisted_universities_and_deleted_agreements(client, marburg):
    AgreementFactory(university=UniversityFactory(name="Hidden", is_listed=False))
    AgreementFactory(university__name="Deleted").delete()
    AgreementFactory(university=marburg)

    assert titles(client) == ["Marburg, Germany: Bilateral has been signed"]


def test_entry_keeps_its_id_and_links_to_the_university(client, marburg):
    AgreementFactory(university=marburg)
    (before,) = feed_entries(client)

    University.objects.update(name="Lahnburg")
    (after,) = feed_entries(client)

    assert after.find(f"{ATOM}title").text == "Lahnburg, Germany: Bilateral has been signed"
    assert after.find(f"{ATOM}id").text == before.find(f"{ATOM}id").text
    assert after.find(f"{ATOM}link").get("href") == "http://testserver/universities/marburg/"


def test_entry_of_a_university_without_a_page_links_to_the_list(client, marburg):
    AgreementFactory(university=marburg).end("2026-06-01", "over")
    AgreementFactory(university__name="Jena")

    links = {entry.find(f"{ATOM}title").text: entry.find(f"{ATOM}link").get("href") for entry in feed_entries(client)}

    assert links == {
        "Jena, Germany: Bilateral has been signed": "http://testserver/universities/jena/",
        "Marburg, Germany: Bilateral has ended": "http://testserver/",
        "Marburg, Germany: Bilateral has been signed": "http://testserver/",
    }


def test_feed_has_an_author(client, marburg):
    AgreementFactory(university=marburg)

    feed = ElementTree.fromstring(client.get("/feed/").content)  # noqa: S314

    assert feed.find(f"{ATOM}author/{ATOM}name").text == "Exchange Office"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", "]]>", "🎓", "W" * 200])
def test_feed_shows_a_hostile_name_as_text(client, db, name):
    AgreementFactory(university__name=name)

    assert titles(client) == [f"{name}, Germany: Bilateral has been signed"]


def test_feed_replaces_noncharacters_in_stored_names(client, db):
    AgreementFactory(university__name="A\ufffeB\uffffC")

    assert titles(client) == ["A\ufffdB\ufffdC, Germany: Bilateral has been signed"]


def test_list_links_the_feed(client, marburg):
    AgreementFactory(university=marburg)

    assert attributes(client.get("/"), 'link[rel=alternate][type="application/atom+xml"]', "href") == ["/feed/"]
