"""Filters by region, and by the levels, fields and languages of outgoing student studies."""

import pytest

from partners.enums import AgreementStatus, Direction, MobilityKind
from partners.models import Country
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.html import attributes, count_queries, element_texts, elements, text


@pytest.fixture
def offers(db):
    """Four universities, named by what they offer."""
    for name, values in {
        "Master B2": {"study_levels": "master", "languages": "en B2", "fields_of_study": "0715"},
        "Bachelor": {"study_levels": "bachelor,master", "languages": "fr,en C1", "fields_of_study": "041 07"},
        "All fields": {"study_levels": "doctoral", "languages": "de B1", "fields_of_study": "all"},
    }.items():
        MobilityFactory(agreement__university__name=name, **values)
    AgreementFactory(university__name="Nothing")


def names(page):
    return sorted(element_texts(page, "th[scope=row] a"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=master", ["Bachelor", "Master B2"]),
        ("level=doctoral&level=bachelor", ["All fields", "Bachelor"]),
        ("field=07", ["All fields", "Bachelor", "Master B2"]),
        ("field=071", ["All fields", "Bachelor", "Master B2"]),
        ("field=072", ["All fields", "Bachelor"]),
        ("field=04", ["All fields", "Bachelor"]),
        ("field=02", ["All fields"]),
        ("language=en", ["Bachelor", "Master B2"]),
        ("language=en-B2", ["Master B2"]),
        ("language=en-C2", ["Bachelor", "Master B2"]),
        ("language=EN-b1", []),
        ("language=fr-A1", ["Bachelor"]),
        ("language=de&level=doctoral&field=0912", ["All fields"]),
        ("level=master&language=en-B2&field=071", ["Master B2"]),
        ("level=bachelor&language=de", []),
    ],
)
def test_offer_filters_ask_one_mobility(client, offers, query, found):
    assert names(client.get(f"/?{query}&sort=name")) == found


@pytest.mark.parametrize(
    "values",
    [{"direction": Direction.IN}, {"kind": MobilityKind.STUDENT_TRAINEESHIP}, {"study_levels": "bachelor"}],
)
def test_mobility_of_another_kind_does_not_match(client, offers, values):
    MobilityFactory(agreement__university__name="Other", **{"study_levels": "master"} | values)

    assert names(client.get("/?level=master&sort=name")) == ["Bachelor", "Master B2"]


def test_type_and_offer_are_of_the_same_agreement(client, db, bilateral, erasmus):
    mobility = MobilityFactory(agreement__agreement_type=erasmus, study_levels="master")
    AgreementFactory(university=mobility.agreement.university, agreement_type=bilateral)

    found = [names(client.get(f"/?level=master&type={slug}")) for slug in ("erasmus", "bilateral")]

    assert found == [[mobility.agreement.university.name], []]


def test_partners_without_a_record_are_named_and_can_be_shown(client, offers):
    page = client.get("/?language=en-B2&level=master&sort=name")
    [url] = attributes(page, "#unrecorded", "href")
    with_them = client.get(f"/{url}")

    assert "“Master, with English B2 or less” is not recorded for 1 partner. Show them too" in text(page)
    assert element_texts(with_them, "tbody th") == [
        "Master B2",
        "Master, with English B2 or less: not recorded",
        "Nothing",
    ]
    assert element_texts(with_them, "#unrecorded") == ["Leave them out"]
    assert element_texts(with_them, "#count") == ["1 university in 1 country"]


def test_partners_without_a_record_are_named_if_nothing_matches(client, offers):
    page = client.get("/?level=short_cycle&sort=name")

    assert element_texts(page, "h2") == ["No university matches"]
    assert "“Short cycle” is not recorded for 1 partner." in text(page)


def test_what_contradicts_one_filter_is_no_match_though_another_is_not_recorded(client, db):
    MobilityFactory(study_levels="bachelor", languages="")

    page = client.get("/?level=master&language=en")

    assert "not recorded" not in text(page)


def test_filters_offer_what_is_recorded(client, offers):
    page = client.get("/")

    assert attributes(page, "input[name=level]", "value") == ["bachelor", "master", "doctoral"]
    assert attributes(page, "#field option", "value") == ["", "04", "041", "07", "071"]
    assert element_texts(page, "#language option")[:4] == [
        "Any",
        "English",
        "with English A1 or less",
        "with English A2 or less",
    ]


def test_filter_of_which_nothing_is_recorded_is_not_shown(client, register):
    page = client.get("/")

    assert elements(page, "input[name=level], #field, #language") == []


def test_counts_and_chips_follow_the_offer(client, offers):
    AgreementFactory(university__name="In process", status=AgreementStatus.IN_PROCESS)

    page = client.get("/?level=master&field=07")

    assert element_texts(page, ".active-filters bdi") == ["Master", "Engineering, manufacturing and construction"]
    assert [text(option) for option in elements(page, "label.facet-option") if "Germany" in text(option)] == [
        "Germany (2)"
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("region=europe", ["Germany", "Switzerland"]),
        ("region=eu", ["Germany"]),
        ("region=programme&country=JP", ["Germany", "Japan"]),
        ("region=asia&region=eu", ["Germany", "Japan"]),
        ("region=oceania", []),
        ("region=nowhere", []),
        ("q=europe", ["Germany", "Switzerland"]),
        ("q=erasmus+asia", []),
    ],
)
def test_region_is_its_countries(client, db, query, found):
    for code in ("DE", "CH", "JP"):
        AgreementFactory(university__country=Country.objects.get(code=code))

    page = client.get(f"/?{query}")

    assert element_texts(page, "th.country") == found


def test_offer_filters_make_as_many_queries_with_300_universities_as_with_3(client, db):
    url = "/?level=master&language=en-B2&field=07&region=europe&unrecorded=1"
    MobilityFactory.create_batch(3, study_levels="master", languages="en", fields_of_study="07")
    with_3 = count_queries(client, url)
    MobilityFactory.create_batch(297, study_levels="master", languages="en", fields_of_study="07")

    assert count_queries(client, url) == with_3


def test_download_has_the_same_filters(client, offers):
    rows = client.get("/partners.tsv?level=master&language=en-B2").content.decode().splitlines()

    assert [row.split("\t")[1] for row in rows] == ["University name", "Master B2"]
