import re
from datetime import date

import pytest

from partners.enums import AgreementStatus
from partners.models import AgreementType, University
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory, offers_of_partners, partners
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


def comparison_table(page):
    """Return rows of cell texts, each beginning with the row's label."""
    return [[cell_text(cell) for cell in elements(row, "th, td")] for row in elements(page, "tr")]


def cell_text(cell):
    """Return the text without the label for narrow screens."""
    [label] = element_texts(cell, ".cell-label") or [""]
    return text(cell).removeprefix(label).strip()


def links(page, label):
    """Return the URLs of links whose text contains the label."""
    return [link.get("href") for link in elements(page, "a[href]") if label in text(link)]


def test_comparison_has_a_column_for_each_university(client, marburg_and_jena):
    page = client.get("/?pick=jena&pick=marburg")

    assert title(page) == "Your shortlist (2) – Exchange Office"
    assert element_texts(page, "h1") == ["Your shortlist"]
    assert comparison_table(page) == [
        ["", "Jena Take off Jena", "Marburg Take off Marburg"],
        ["Country or territory", "Germany", "Germany"],
        ["City", "–", "Marburg an der Lahn"],
        [
            "Agreements",
            "Type not settled yet In process, not open yet",
            "Bilateral In force Erasmus+ In force, until 30 Jun 2999",
        ],
        [
            "For our students",
            "Type not settled yet Languages German B1",
            "Bilateral 9 places a year, shared by all partners of Bilateral "
            "Not recorded: study levels, fields of study, languages. Ask the exchange office. "
            "Erasmus+ 2 places a year Study levels master Fields of study Law Languages English B2",
        ],
    ]


def test_comparison_has_a_line_for_each_scope_and_renewals(client, db):
    jena = UniversityFactory(name="Jena")
    AgreementFactory(university=jena, public_note="No fees.\nApply early.", valid_until=date(2999, 8, 31))
    AgreementFactory(university=jena, public_note="Plans.", valid_from=date(2999, 9, 1))
    upcoming = {"scope": "Law", "valid_from": date(2999, 9, 1)}
    AgreementFactory(university=jena, public_note="Of law.", **upcoming)
    AgreementFactory(university=jena, scope="Music", status=AgreementStatus.IN_PROCESS)

    page = client.get("/?pick=jena")

    whole, law, music = "For students of the whole university", "For students of: Law", "For students of: Music"
    not_recorded = "Not recorded: places, study levels, fields of study, languages. Ask the exchange office."
    assert comparison_table(page)[2:] == [
        [
            "Agreements",
            f"Bilateral {whole} In force, until 31 Aug 2999 Renewed from 1 Sep 2999. "
            f"{law} Signed, from 1 Sep 2999 {music} In process, not open yet",
        ],
        ["For our students", f"Bilateral {whole} {not_recorded} {law} {not_recorded} {music} –"],
        ["Note", f"Bilateral {whole} No fees. Apply early. {law} Of law."],
    ]


def test_comparison_omits_empty_rows(client, marburg_and_jena):
    page = client.get("/?pick=jena")

    assert [row[0] for row in comparison_table(page)] == [
        "",
        "Country or territory",
        "Agreements",
        "For our students",
    ]


def test_comparison_links_to_remove_a_university_and_to_the_list(client, marburg_and_jena):
    page = client.get("/?pick=marburg&pick=jena")

    assert links(page, "Take off") == ["?pick=jena", "?pick=marburg"]
    assert links(page, "Add more") == ["/?pick=marburg&pick=jena&sort=country"]
    assert element_texts(client.get(links(page, "Add more")[0]), "h1") == ["Partner universities"]


def test_comparison_reports_unavailable_slugs_without_details(client, marburg_and_jena):
    AgreementFactory(university=UniversityFactory(name="Hidden place", slug="hidden", is_listed=False))
    AgreementFactory(university=UniversityFactory(name="Ended place", slug="ended"), status=AgreementStatus.ENDED)

    page = client.get("/?pick=hidden&pick=marburg&pick=ended&pick=%3Cb%3E&pick=%00")

    assert comparison_table(page)[0] == ["", "Marburg Take off Marburg"]
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

    assert comparison_table(page)[0] == ["", "Marburg Take off Marburg", "Jena Take off Jena"]
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

    assert comparison_table(page) == []
    assert links(page, "Add more") == ["/?pick=unknown&sort=country"]


def test_comparison_is_limited_to_ten_and_says_how_many_are_left_out(client, db):
    partners(12)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 13))

    page = client.get(f"/?{picks}&pick=partner-0001")

    assert len(comparison_table(page)[0]) == 11
    assert "Ten universities fit on a shortlist. Left out here: 2." in text(page)


def test_comparison_makes_as_many_queries_for_10_universities_as_for_1(client, db):
    offers_of_partners(partners(300))

    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    assert count_queries(client, f"/?{picks}") == count_queries(client, "/?pick=partner-0001") == 4


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
    assert links(page, "Partner universities") == [f"/{picks}&sort=country"]
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
    assert links(page, "Compare") == ["/?pick=marburg&pick=jena"]
    assert "On your shortlist: 2" in text(page)


def test_filters_keep_the_shortlist(client, marburg_and_jena):
    page = client.get("/?q=mar&country=DE&pick=marburg")

    assert set(attributes(page, "input[type=hidden][name=pick]", "value")) == {"marburg"}
    assert links(page, "Take away: Germany") == ["?q=mar&pick=marburg"]
    assert links(page, "Show all") == ["/?pick=marburg&sort=country"]


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
