import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from partners.enums import AgreementStatus
from partners.models import AgreementType, University
from tests.helpers.factories import (
    AgreementFactory,
    ApplicationRoundFactory,
    MobilityFactory,
    UniversityFactory,
    offers_of_partners,
    partners,
)
from tests.helpers.html import attributes, count_queries, element_texts, elements, text, title


@pytest.fixture
def marburg_and_jena(db, erasmus):
    AgreementType.objects.filter(slug="bilateral").update(places_out=9)
    marburg = UniversityFactory(name="Marburg", city="Marburg an der Lahn")
    AgreementFactory(university=marburg)
    two_places = AgreementFactory(university=marburg, agreement_type=erasmus, valid_until=date(2999, 6, 30))
    MobilityFactory(agreement=two_places, places=2, study_levels="master", fields_of_study="0421", languages="en B2")
    jena = UniversityFactory(name="Jena")
    in_process = AgreementFactory(university=jena, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    MobilityFactory(agreement=in_process, languages="de B1")


def compared(page):
    """Return pairs of a heading and pairs of label and text, of each university."""
    return [
        (element_texts(university, "h2"), [fact_texts(fact) for fact in elements(university, ":scope > dl > div")])
        for university in elements(page, ".comparison > li")
    ]


def fact_texts(fact):
    """Return the label of a fact and its values as one text."""
    [label] = element_texts(fact, ":scope > dt")
    return label, text(fact).removeprefix(label).strip()


def links(page, label):
    """Return the URLs of links whose text contains the label."""
    return [link.get("href") for link in elements(page, "a[href]") if label in text(link)]


def test_comparison_has_the_same_facts_of_each_university(client, marburg_and_jena):
    University.objects.filter(slug="jena").update(courses_url="https://jena.example/courses")

    page = client.get("/?pick=jena&pick=marburg")

    assert title(page) == "Your shortlist (2) – Exchange Office"
    assert element_texts(page, "h1") == ["Your shortlist"]
    assert compared(page) == [
        (
            ["Jena Take off Jena"],
            [
                ("Country or territory", "Germany"),
                ("City", "–"),
                ("Agreements", "Type not settled yet In process, not open yet"),
                ("For our students", "Type not settled yet Languages German B1"),
                ("Pages of the university", "Course catalogue"),
            ],
        ),
        (
            ["Marburg Take off Marburg"],
            [
                ("Country or territory", "Germany"),
                ("City", "Marburg an der Lahn"),
                ("Agreements", "Erasmus+ In force, until 30 Jun 2999 Bilateral In force"),
                (
                    "For our students",
                    "Erasmus+ 2 places a year Study levels master Fields of study Law Languages English B2 "
                    "Bilateral 9 places a year, shared by all partners of Bilateral "
                    "Not recorded: study levels, fields of study, languages.",
                ),
                ("Pages of the university", "–"),
            ],
        ),
    ]


def test_comparison_has_a_line_for_each_scope_and_renewals(client, db):
    jena = UniversityFactory(name="Jena")
    AgreementFactory(university=jena, public_note="No fees.\nApply early.", valid_until=date(2999, 8, 31))
    AgreementFactory(university=jena, public_note="Plans.", valid_from=date(2999, 9, 1))
    upcoming = {"scope": "Law", "valid_from": date(2999, 9, 1)}
    AgreementFactory(university=jena, public_note="Of law.", **upcoming)
    AgreementFactory(university=jena, scope="Music", status=AgreementStatus.IN_PROCESS)

    [(_heading, facts)] = compared(client.get("/?pick=jena"))

    whole, law, music = "For students of the whole university", "For students of: Law", "For students of: Music"
    not_recorded = "Not recorded: places, study levels, fields of study, languages."
    assert facts[1:] == [
        (
            "Agreements",
            f"Bilateral {whole} In force, until 31 Aug 2999 Renewed from 1 Sep 2999. "
            f"{law} Signed, from 1 Sep 2999 {music} In process, not open yet",
        ),
        ("For our students", f"Bilateral {whole} {not_recorded} {law} {not_recorded} {music} –"),
        ("Note", f"Bilateral {whole} No fees. Apply early. {law} Of law."),
    ]


def test_comparison_says_by_when_to_apply(client, marburg_and_jena):
    ApplicationRoundFactory(first_year=2998, closes=date(2998, 2, 15))

    page = client.get("/?pick=jena&pick=marburg")

    jena, marburg = [dict(facts)["How to apply"] for _heading, facts in compared(page)]
    assert jena == "–"
    assert marburg.startswith("Apply by 15 Feb 2998: ")


def test_comparison_omits_facts_that_no_university_has(client, marburg_and_jena):
    [(_heading, facts)] = compared(client.get("/?pick=jena"))

    assert [label for label, _text in facts] == ["Country or territory", "Agreements", "For our students"]


def test_comparison_begins_with_the_type_and_leads_back_to_the_filtered_list(client, marburg_and_jena):
    page = client.get("/?q=burg&type=erasmus&sort=name&pick=marburg")
    [compare] = links(page, "Compare")

    comparison = client.get(compare)

    [(_heading, facts)] = compared(comparison)
    assert dict(facts)["Agreements"] == "Erasmus+ In force, until 30 Jun 2999 Bilateral In force"
    assert links(comparison, "Add more") == ["/?q=burg&type=erasmus&sort=name&pick=marburg"]
    assert links(comparison, "Marburg")[0] == "/universities/marburg/?type=erasmus&pick=marburg"
    assert "no-store" in comparison["Cache-Control"]


def test_comparison_is_mailed_and_shared_without_the_filter(client, marburg_and_jena, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"

    page = client.get("/?type=erasmus&pick=marburg&pick=jena&compare=1")

    address = "http://testserver/?pick=marburg&pick=jena"
    [mail] = links(page, "Ask the exchange office")
    assert attributes(page, ".sharing", "data-url") == [address]
    assert mail.startswith("mailto:exchange@example.edu?")
    assert parse_qs(urlsplit(mail).query) == {
        "subject": ["My shortlist for an exchange"],
        "body": [f"Marburg\r\nJena\r\n\r\n{address}"],
    }


def test_comparison_links_to_remove_a_university_and_to_the_list(client, marburg_and_jena):
    page = client.get("/?pick=marburg&pick=jena")

    assert links(page, "Take off") == ["?pick=jena", "?pick=marburg"]
    assert links(page, "Add more") == ["/?sort=country&pick=marburg&pick=jena"]
    assert element_texts(client.get(links(page, "Add more")[0]), "h1") == ["Partner universities"]


def test_comparison_reports_unavailable_slugs_without_details(client, marburg_and_jena):
    AgreementFactory(university=UniversityFactory(name="Hidden place", slug="hidden", is_listed=False))
    AgreementFactory(university=UniversityFactory(name="Ended place", slug="ended"), status=AgreementStatus.ENDED)

    page = client.get("/?pick=hidden&pick=marburg&pick=ended&pick=%3Cb%3E&pick=%00")

    assert [heading for heading, _facts in compared(page)] == [["Marburg Take off Marburg"]]
    assert [notice for notice in element_texts(page, "p") if "is not on the list" in notice] == [
        f"“{slug}” is not on the list, or is no longer." for slug in ("hidden", "ended", "<b>")
    ]
    assert re.findall("Hidden place|Ended place", page.content.decode()) == []


def test_former_slug_picks_a_university(client, marburg_and_jena):
    marburg = University.objects.get(slug="marburg")
    for slug in ("philipps", "uni-marburg"):
        marburg.slug = slug
        marburg.save()

    page = client.get("/?pick=marburg&pick=jena&pick=philipps")

    assert [heading for heading, _facts in compared(page)] == [["Marburg Take off Marburg"], ["Jena Take off Jena"]]
    assert links(page, "Take off") == ["?pick=jena", "?pick=uni-marburg"]
    assert "is not on the list" not in text(page)
    assert links(client.get("/?sort=name&pick=marburg"), "Take off the shortlist: Marburg") == ["?sort=name"]


def test_former_slug_of_another_university_does_not_pick_it(client, marburg_and_jena):
    marburg = University.objects.get(slug="marburg")
    marburg.slug = "philipps"
    marburg.save()
    AgreementFactory(university=UniversityFactory(name="Hidden", slug="marburg", is_listed=False))

    assert "“marburg” is not on the list" in text(client.get("/?pick=marburg&pick=jena"))


def test_empty_comparison_links_to_the_list(client, marburg_and_jena):
    page = client.get("/?pick=unknown")

    assert compared(page) == []
    assert links(page, "Add more") == ["/?sort=country&pick=unknown"]


def test_comparison_is_limited_to_ten_and_says_how_many_are_left_out(client, db):
    partners(12)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 13))

    page = client.get(f"/?{picks}&pick=partner-0001")

    assert len(compared(page)) == 10
    assert "Ten universities fit on a shortlist. Left out here: 2." in text(page)


def test_comparison_makes_as_many_queries_for_10_universities_as_for_1(client, db):
    offers_of_partners(partners(300))
    ApplicationRoundFactory(closes=date(2999, 2, 15))

    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    assert count_queries(client, f"/?{picks}") == count_queries(client, "/?pick=partner-0001") == 6


@pytest.mark.parametrize("url", ["/?pick=marburg", "/?q=mar&pick=marburg"])
def test_shortlist_is_neither_cached_nor_indexed(client, marburg_and_jena, url):
    page = client.get(url)

    assert "no-store" in page["Cache-Control"]
    assert attributes(page, "meta[name=robots]", "content")[0].startswith("noindex")


def test_university_page_toggles_the_shortlist(client, marburg_and_jena):
    page = client.get("/universities/marburg/")
    assert (links(page, "Add to the shortlist"), links(page, "Compare")) == (["?pick=marburg"], [])

    page = client.get("/universities/marburg/?pick=jena")
    assert links(page, "Add to the shortlist") == ["?pick=jena&pick=marburg"]

    page = client.get("/universities/marburg/?pick=jena&pick=marburg")
    assert links(page, "Take off the shortlist") == ["?pick=jena"]
    assert links(page, "Compare") == ["/?pick=jena&pick=marburg"]
    assert links(page, "Empty it") == ["?"]
    assert "no-store" in page["Cache-Control"]


def test_links_keep_the_shortlist(client, marburg_and_jena):
    picks = "?pick=marburg"

    assert links(client.get(f"/{picks}&q=jena"), "Jena")[0] == f"/universities/jena/{picks}"
    assert links(client.get(f"/{picks}"), "Marburg")[0] == f"/universities/marburg/{picks}"
    page = client.get(f"/universities/jena/{picks}")
    assert links(page, "Partner universities") == ["/?sort=country&pick=marburg"]
    assert links(page, "Germany") == [f"/{picks}&country=DE"]
    assert links(page, "Marburg") == [f"/universities/marburg/{picks}"]
    assert links(page, "Deutsch") == [f"/de/universities/jena/{picks}"]


def test_university_page_cannot_add_to_a_full_shortlist(client, db):
    partners(11)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    page = client.get(f"/universities/partner-0011/?{picks}")

    assert links(page, "Add to the shortlist") == []
    assert "It is full: take one off to add another." in text(page)


def test_list_adds_a_university_to_the_shortlist(client, marburg_and_jena):
    page = client.get("/?q=mar&type=bilateral&page=1")

    assert links(page, "Add to the shortlist: Marburg") == ["?q=mar&type=bilateral&page=1&pick=marburg"]
    assert "On your shortlist" not in text(page)


def test_list_removes_a_university_from_the_shortlist(client, marburg_and_jena):
    page = client.get("/?sort=name&pick=marburg&pick=jena")

    assert links(page, "Take off the shortlist: Marburg") == ["?sort=name&pick=jena"]
    assert links(page, "Add to the shortlist") == []
    assert links(page, "Empty it") == ["?sort=name"]
    assert links(page, "Compare") == ["/?sort=name&pick=marburg&pick=jena&compare=1"]
    assert "On your shortlist: 2" in text(page)


def test_filters_keep_the_shortlist(client, marburg_and_jena):
    page = client.get("/?q=mar&country=DE&pick=marburg")

    assert set(attributes(page, "input[type=hidden][name=pick]", "value")) == {"marburg"}
    assert links(page, "Take away: Germany") == ["?q=mar&pick=marburg"]
    assert links(page, "Show all") == ["/?sort=country&pick=marburg"]


def test_list_cannot_add_to_a_full_shortlist(client, db):
    partners(11)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    page = client.get(f"/?sort=name&{picks}")

    assert links(page, "Add to the shortlist") == []
    assert len(links(page, "Take off the shortlist")) == 10
    assert "It is full: take one off to add another." in text(page)


def test_shortlist_counts_public_universities_only(client, marburg_and_jena):
    page = client.get("/?sort=name&pick=unknown&pick=jena")

    assert "On your shortlist: 1" in text(page)
