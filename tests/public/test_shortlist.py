import html
import re
from datetime import date

import pytest

from partners.enums import AgreementStatus
from partners.models import AgreementType, University
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import pieces, queries, text, title


@pytest.fixture
def two(db, erasmus):
    """Marburg with two agreements, and Jena with one that is in process."""
    AgreementType.objects.filter(slug="bilateral").update(places_out=9)
    marburg = UniversityFactory(name="Marburg", city="Marburg an der Lahn")
    AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, agreement_type=erasmus, places_out=2, valid_until=date(2999, 6, 30))
    jena = UniversityFactory(name="Jena")
    AgreementFactory(
        university=jena, agreement_type=None, status=AgreementStatus.IN_PROCESS, language_requirement="German B1"
    )


def table(page):
    """The rows of the comparison: a row's label, and what it says for each university."""
    found = re.findall(r"<tr\b.*?</tr>", page.content.decode(), re.DOTALL)
    return [[told(cell) for cell in re.findall(r"<(?:td|th)\b.*?</(?:td|th)>", row, re.DOTALL)] for row in found]


def told(cell):
    """Without the name that a cell begins with on a phone."""
    return text(re.sub(r'<span class="of".*?</span>', "", cell, flags=re.DOTALL))


def links(page, words):
    """Where the links go whose text holds the words."""
    found = re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', page.content.decode(), re.DOTALL)
    return [html.unescape(address) for address, label in found if words in text(label)]


def test_comparison_puts_universities_side_by_side(client, two):
    page = client.get("/?pick=jena&pick=marburg")

    assert title(page) == "Your shortlist (2) – Exchange Office"
    assert pieces(page, "h1") == ["Your shortlist"]
    assert table(page) == [
        ["", "Jena Take off Jena", "Marburg Take off Marburg"],
        ["Country or territory", "Germany", "Germany"],
        ["City", "–", "Marburg an der Lahn"],
        [
            "Agreements",
            "Type not settled yet In process, not open yet",
            "Bilateral In force Erasmus+ In force until 30 Jun 2999",
        ],
        ["Language requirement", "Type not settled yet German B1", "–"],
        [
            "Places for our students",
            "–",
            "Bilateral 9 in an academic year, shared by all partners of Bilateral Erasmus+ 2 in an academic year",
        ],
    ]


def test_comparison_has_no_row_of_what_is_known_of_none(client, two):
    page = client.get("/?pick=jena")

    assert [row[0] for row in table(page)] == ["", "Country or territory", "Agreements", "Language requirement"]


def test_comparison_takes_one_off_and_leads_back_to_the_list(client, two):
    page = client.get("/?pick=marburg&pick=jena")

    assert links(page, "Take off") == ["?pick=jena", "?pick=marburg"]
    assert links(page, "Add more") == ["/?pick=marburg&pick=jena&sort=country"]
    assert pieces(client.get(links(page, "Add more")[0]), "h1") == ["Partner universities"]


def test_comparison_names_what_is_not_on_the_list_and_says_nothing_else_of_it(client, two):
    AgreementFactory(university=UniversityFactory(name="Hidden place", slug="hidden", is_listed=False))
    AgreementFactory(university=UniversityFactory(name="Ended place", slug="ended"), status=AgreementStatus.ENDED)

    page = client.get("/?pick=hidden&pick=marburg&pick=ended&pick=%3Cb%3E&pick=%00")

    assert table(page)[0] == ["", "Marburg Take off Marburg"]
    assert [notice for notice in pieces(page, "p") if "is not on the list" in notice] == [
        f"“{slug}” is not on the list, or is no longer." for slug in ("hidden", "ended", "<b>")
    ]
    assert re.findall("Hidden place|Ended place", page.content.decode()) == []


def test_university_is_picked_by_an_address_that_it_had_before(client, two):
    marburg = University.objects.get(slug="marburg")
    for slug in ("philipps", "uni-marburg"):
        marburg.slug = slug
        marburg.save()

    page = client.get("/?pick=marburg&pick=jena&pick=philipps")

    assert table(page)[0] == ["", "Marburg Take off Marburg", "Jena Take off Jena"]
    assert links(page, "Take off") == ["?pick=jena", "?pick=uni-marburg"]
    assert "is not on the list" not in text(page)
    assert links(client.get("/?sort=name&pick=marburg"), "Take off the shortlist: Marburg") == ["?sort=name"]


def test_university_that_took_an_address_is_not_another_s_pick(client, two):
    marburg = University.objects.get(slug="marburg")
    marburg.slug = "philipps"
    marburg.save()
    AgreementFactory(university=UniversityFactory(name="Hidden", slug="marburg", is_listed=False))

    assert "“marburg” is not on the list" in text(client.get("/?pick=marburg&pick=jena"))


def test_comparison_of_nothing_leads_to_the_list(client, two):
    page = client.get("/?pick=unknown")

    assert table(page) == []
    assert links(page, "Add more") == ["/?pick=unknown&sort=country"]


def test_comparison_takes_ten_and_says_what_it_leaves_out(client, db):
    partners(12)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 13))

    page = client.get(f"/?{picks}&pick=partner-0001")

    assert len(table(page)[0]) == 11
    assert "Ten universities fit on a shortlist. Left out here: 2." in text(page)


def test_comparison_makes_as_many_queries_for_10_universities_as_for_1(client, db):
    partners(300)

    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    assert queries(client, f"/?{picks}") == queries(client, "/?pick=partner-0001") == 2


@pytest.mark.parametrize("address", ["/?pick=marburg", "/?q=mar&pick=marburg"])
def test_shortlist_is_stored_nowhere_and_kept_out_of_search_engines(client, two, address):
    page = client.get(address)

    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex' in page.content.decode()


def test_page_of_a_university_puts_it_on_the_shortlist_and_takes_it_off(client, two):
    page = client.get("/universities/marburg/")
    assert (links(page, "Add to the shortlist"), links(page, "Compare")) == (["?pick=marburg"], [])

    page = client.get("/universities/marburg/?pick=jena")
    assert links(page, "Add to the shortlist") == ["?pick=jena&pick=marburg"]

    page = client.get("/universities/marburg/?pick=jena&pick=marburg")
    assert links(page, "Take off the shortlist") == ["?pick=jena"]
    assert links(page, "Compare") == ["/?pick=jena&pick=marburg"]
    assert links(page, "Empty it") == ["?"]
    assert "no-store" in page["Cache-Control"]


def test_shortlist_goes_along_from_page_to_page(client, two):
    picks = "?pick=marburg"

    assert links(client.get(f"/{picks}&q=jena"), "Jena")[0] == f"/universities/jena/{picks}"
    assert links(client.get(f"/{picks}"), "Marburg")[0] == f"/universities/marburg/{picks}"
    page = client.get(f"/universities/jena/{picks}")
    assert links(page, "Partner universities") == [f"/{picks}&sort=country"]
    assert links(page, "Germany") == [f"/{picks}&country=DE"]
    assert links(page, "Marburg") == [f"/universities/marburg/{picks}"]
    assert links(page, "Deutsch") == [f"/de/universities/jena/{picks}"]


def test_page_of_a_university_offers_no_more_once_the_shortlist_is_full(client, db):
    partners(11)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    page = client.get(f"/universities/partner-0011/?{picks}")

    assert links(page, "Add to the shortlist") == []
    assert "It is full: take one off to add another." in text(page)


def test_list_adds_a_university_to_the_shortlist(client, two):
    page = client.get("/?q=mar&type=bilateral&page=1")

    assert links(page, "Add to the shortlist: Marburg") == ["?q=mar&type=bilateral&page=1&sort=country&pick=marburg"]
    assert "On your shortlist" not in text(page)


def test_list_takes_a_university_off_the_shortlist(client, two):
    page = client.get("/?sort=name&pick=marburg&pick=jena")

    assert links(page, "Take off the shortlist: Marburg") == ["?sort=name&pick=jena"]
    assert links(page, "Add to the shortlist") == []
    assert links(page, "Empty it") == ["?sort=name"]
    assert links(page, "Compare") == ["/?pick=marburg&pick=jena"]
    assert "On your shortlist: 2" in text(page)


def test_list_keeps_the_shortlist_whatever_is_asked_for(client, two):
    page = client.get("/?q=mar&country=DE&pick=marburg")

    hidden = re.findall(r'<input type="hidden" name="pick" value="([^"]*)">', page.content.decode())
    assert set(hidden) == {"marburg"}
    assert links(page, "Take away: Germany") == ["?q=mar&pick=marburg&sort=country"]
    assert links(page, "Show all") == ["/?pick=marburg&sort=country"]


def test_list_offers_no_more_once_the_shortlist_is_full(client, db):
    partners(11)
    picks = "&".join(f"pick=partner-{n:04}" for n in range(1, 11))

    page = client.get(f"/?sort=name&{picks}")

    assert links(page, "Add to the shortlist") == []
    assert len(links(page, "Take off the shortlist")) == 10
    assert "It is full: take one off to add another." in text(page)


def test_list_counts_only_what_is_public_on_the_shortlist(client, two):
    page = client.get("/?sort=name&pick=unknown&pick=jena")

    assert "On your shortlist: 1" in text(page)
