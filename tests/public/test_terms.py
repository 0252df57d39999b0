"""The filter by the term in which a student wants to go."""

from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus, Direction
from partners.models import Agreement, Mobility, Term
from partners.querysets import PUBLIC_STATE_LABELS
from tests.helpers.factories import AgreementFactory, MobilityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, rows, text, title

PART = "Agreements that begin or end during Winter term 2026/27"


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel("2026-06-01 12:00", tick=False):
        yield


@pytest.fixture
def winter(db):
    """The value of the winter term from 1 Sep 2026 to 28 Feb 2027."""
    return f"2026-t{Term.objects.get(first_day='09-01').pk}"


def listed(page):
    """Return the names of universities and the headings between them."""
    return element_texts(page, "tbody th[scope=row] > a, tbody .part th")


def facet_counts(page):
    """Return the number beside each status."""
    boxes = elements(page, "input[name=status]")
    counts = element_texts(page, "label:has(input[name=status]) .facet-count")
    return {box.get("value"): int(count.strip("()")) for box, count in zip(boxes, counts, strict=True)}


def renew(agreement, valid_from, **values):
    return AgreementFactory(university=agreement.university, valid_from=valid_from, **values)


def test_list_offers_the_next_four_terms(client):
    AgreementFactory()
    on_its_first_day = time_machine.travel("2026-09-01 12:00", tick=False)

    options = element_texts(client.get("/"), "#term option")
    with on_its_first_day:
        later = element_texts(client.get("/"), "#term option")

    assert options == [
        "Any",
        "Winter term 2026/27",
        "Summer term 2026/27",
        "Winter term 2027/28",
        "Summer term 2027/28",
    ]
    assert later[1:] == [*options[2:], "Winter term 2028/29"]


def test_office_without_terms_has_no_filter_by_them(client):
    Term.objects.all().delete()

    assert elements(client.get("/"), "#term") == []


@pytest.mark.parametrize(
    ("agreement", "found"),
    [
        ({"is_open_ended": True}, ["Germany", "Marburg Bilateral"]),
        ({}, ["Germany", "Marburg Bilateral in force; ask the office until when"]),
        (
            {"valid_from": date(2026, 9, 1), "valid_until": date(2027, 2, 28)},
            ["Germany", "Marburg Bilateral · signed, from 1 Sep 2026"],
        ),
        (
            {"valid_until": date(2027, 2, 27)},
            [PART, "Germany", "Marburg Bilateral in force only until 27 Feb 2027"],
        ),
        (
            {"valid_from": date(2026, 9, 2)},
            [
                PART,
                "Germany",
                "Marburg Bilateral · signed, from 2 Sep 2026 in force only from 2 Sep 2026; ask the office until when",
            ],
        ),
        ({"valid_until": date(2026, 8, 31)}, []),
        ({"valid_from": date(2027, 3, 1)}, []),
        ({"status": AgreementStatus.IN_PROCESS}, []),
    ],
)
def test_agreement_covers_a_term_by_every_day(client, winter, agreement, found):
    AgreementFactory(university__name="Marburg", **agreement)

    assert rows(client.get(f"/?term={winter}")) == found


@pytest.mark.parametrize(
    ("renewal", "found"),
    [
        ({"valid_from": date(2026, 12, 1), "valid_until": date(2027, 8, 31)}, ["Marburg"]),
        ({"valid_from": date(2026, 12, 2)}, [PART, "Marburg"]),
        ({"valid_from": date(2026, 12, 1), "scope": "Law"}, [PART, "Marburg"]),
        ({"valid_from": date(2026, 12, 1), "status": AgreementStatus.IN_PROCESS}, [PART, "Marburg"]),
    ],
)
def test_renewal_covers_a_term_together_with_its_predecessor(client, winter, renewal, found):
    deal = AgreementFactory(university__name="Marburg", valid_until=date(2026, 11, 30))
    renew(deal, **renewal)

    assert listed(client.get(f"/?term={winter}")) == found


def test_every_renewal_has_to_offer_what_is_wanted(client, winter):
    deals = [AgreementFactory(university__name=name, valid_until=date(2026, 11, 30)) for name in ("Jena", "Marburg")]
    for deal, levels in zip(deals, ("bachelor", "bachelor,master"), strict=True):
        MobilityFactory(agreement=deal, study_levels="master")
        MobilityFactory(agreement=renew(deal, date(2026, 12, 1)), study_levels=levels)

    assert listed(client.get(f"/?level=master&term={winter}")) == ["Marburg", PART, "Jena"]


@pytest.mark.parametrize(
    ("years", "found"),
    [
        ((2026, None), ["Marburg"]),
        ((2026, 2026), ["Marburg"]),
        ((2027, None), []),
        ((None, 2025), []),
    ],
)
def test_mobility_has_to_be_of_the_academic_year(client, winter, years, found):
    deal = AgreementFactory(university__name="Marburg")
    MobilityFactory(agreement=deal, first_year=years[0], last_year=years[1])
    Mobility.objects.bulk_create([Mobility(agreement=deal, direction=Direction.IN)])

    assert listed(client.get(f"/?term={winter}")) == found


def test_partner_without_a_record_is_named_if_its_agreement_covers_the_term(client, winter, erasmus):
    MobilityFactory(agreement__university__name="Marburg", study_levels="master")
    AgreementFactory(university__name="Jena")
    AgreementFactory(university__name="Expiring", valid_until=date(2026, 12, 31))
    in_part = AgreementFactory(university__name="In part", valid_until=date(2026, 12, 31))
    MobilityFactory(agreement=in_part, study_levels="master")
    AgreementFactory(university=in_part.university, agreement_type=erasmus)

    page = client.get(f"/?level=master&term={winter}&unrecorded=1")

    assert listed(page) == ["Marburg", PART, "In part", "Master: not recorded", "Jena"]
    assert "“Master” is not recorded for 1 partner." in text(page)
    assert element_texts(page, "#count") == ["1 university in 1 country"]


def test_type_is_that_of_the_agreements_that_cover_the_term(client, winter, erasmus):
    deal = AgreementFactory(university__name="Marburg", is_open_ended=True)
    AgreementFactory(university=deal.university, agreement_type=erasmus, valid_until=date(2026, 12, 31))

    found = [listed(client.get(f"/?type={slug}&term={winter}")) for slug in ("bilateral", "erasmus")]

    assert found == [["Marburg"], [PART, "Marburg"]]


def test_facet_counts_are_the_numbers_of_those_that_cover_the_term(client, winter):
    deal = AgreementFactory(university__name="Marburg", valid_until=date(2026, 11, 30))
    renew(deal, date(2026, 12, 1))
    AgreementFactory(university__name="Jena", valid_from=date(2026, 9, 1))
    AgreementFactory(university__name="Expiring", valid_until=date(2026, 12, 31))
    AgreementFactory(university__name="In process", status=AgreementStatus.IN_PROCESS)

    page = client.get(f"/?term={winter}")

    assert facet_counts(page) == {"in-force": 1, "upcoming": 2, "in-process": 0}
    assert facet_counts(page) == {
        state: len(rows(client.get(f"/?term={winter}&status={state}&sort=name"), "tbody:first-of-type tr:not(.part)"))
        for state in PUBLIC_STATE_LABELS
    }


def test_title_chip_and_links_have_the_term(client, winter, erasmus):
    AgreementFactory(university__name="Marburg", agreement_type=erasmus, is_open_ended=True)

    page = client.get(f"/?type=erasmus&country=DE&term={winter}")

    heading = "Erasmus+ in Germany for Winter term 2026/27: 1 partner university"
    assert title(page).startswith(heading)
    assert attributes(page, "meta[name=description]", "content")[0].startswith(heading)
    assert dict(links(page))["Take away: Winter term 2026/27 ×"] == "?type=erasmus&country=DE"
    assert dict(links(page))["Marburg"] == f"/universities/marburg/?type=erasmus&term={winter}"
    assert dict(links(page))["TSV"] == f"/partners.tsv?term={winter}&type=erasmus&country=DE"
    assert attributes(page, "#term option[selected]", "value") == [winter]


def test_new_name_and_days_leave_the_address_of_a_term(client, winter):
    AgreementFactory(university__name="Marburg")
    Term.objects.filter(first_day="09-01").update(name={"de": "Herbst"}, first_day="10-01")

    page = client.get(f"/?term={winter}")

    assert element_texts(page, ".active-filters bdi") == ["Herbst 2026/27"]
    assert rows(page) == ["Germany", "Marburg Bilateral in force; ask the office until when"]


def test_name_of_a_term_in_another_language_is_marked(client, winter):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))
    Term.objects.update(name={"en": "Fall"})

    page = client.get(f"/he/?term={winter}")

    assert attributes(page, "#term option[selected]", "lang") == ["en"]
    assert element_texts(page, ".active-filters [lang=en][dir=ltr], .part [lang=en][dir=ltr]") == ["Fall", "Fall"]


def test_term_that_has_begun_can_be_covered_by_its_days_to_come(client):
    summer = f"2025-t{Term.objects.get(first_day='03-01').pk}"
    AgreementFactory(university__name="Marburg", valid_from=date(2026, 5, 1), is_open_ended=True)

    page = client.get(f"/?term={summer}")

    assert rows(page) == ["Germany", "Marburg Bilateral"]
    assert element_texts(page, "#term option[selected]") == ["Summer term 2025/26"]


@pytest.mark.parametrize("term", ["2024-t1", "2026-t0", "2999-t1", "winter", "x" * 500])
def test_term_that_is_over_or_unknown_finds_nothing(client, term):
    AgreementFactory(university__name="Marburg")

    page, file = client.get("/", {"term": term}), client.get("/partners.json", {"term": term})

    assert (rows(page), element_texts(page, "#count")) == ([], ["No university matches"])
    assert f"Without “{term}”: 1 university" in text(page)
    assert "no-store" in page["Cache-Control"]
    assert file.status_code == 400


def test_former_address_of_another_day_is_that_of_today(client):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))

    assert rows(client.get("/?on=2027-02-01")) == ["Germany", "Marburg Bilateral"]
    assert client.get("/partners.json?on=2027-02-01").json()["on"] == "2026-06-01"


def test_files_have_those_that_cover_the_term(client, winter):
    AgreementFactory(university__name="Marburg")
    AgreementFactory(university__name="Expiring", valid_until=date(2026, 12, 31))

    data, tsv = client.get(f"/partners.json?term={winter}").json(), client.get(f"/partners.tsv?term={winter}")

    assert [university["name"] for university in data["universities"]] == ["Marburg"]
    assert len(tsv.content.decode().splitlines()) == 2
    assert data["term"] == {
        "value": winter,
        "name": "Winter term 2026/27",
        "first_day": "2026-09-01",
        "last_day": "2027-02-28",
    }
    assert client.get("/partners.json").json()["term"] is None


@pytest.mark.parametrize(
    ("values", "fact"),
    [
        ({"is_open_ended": True}, "in force all term"),
        ({}, "in force; ask the office until when"),
        ({"valid_until": date(2026, 12, 31)}, "in force only until 31 Dec 2026"),
        ({"valid_until": date(2026, 8, 31)}, "not in force"),
    ],
)
def test_university_page_says_if_an_agreement_covers_the_term(client, winter, values, fact):
    deal = AgreementFactory(university__name="Marburg", **values)
    page = client.get(f"/universities/marburg/?term={winter}")
    MobilityFactory(agreement=deal, places=2)
    with_facts = client.get(f"/universities/marburg/?term={winter}")

    assert f"Winter term 2026/27 {fact}" in element_texts(page, ".ask p")
    assert element_texts(with_facts, ".key-facts dt")[0] == "Winter term 2026/27"
    assert element_texts(with_facts, ".key-facts dd")[0] == fact


def test_university_page_begins_with_what_covers_the_term(client, winter, erasmus):
    deal = AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))
    AgreementFactory(university=deal.university, agreement_type=erasmus, scope="Law", valid_until=date(2026, 8, 1))
    AgreementFactory(university=deal.university, agreement_type=erasmus, scope="Music", is_open_ended=True)
    Mobility.objects.bulk_create(Mobility(agreement=each, places=2) for each in deal.university.agreements.all())

    page = client.get(f"/universities/marburg/?term={winter}")

    assert element_texts(page, ".card h3") == ["Erasmus+", "Bilateral"]
    assert element_texts(page, ".key-facts p") == ["For students of: Music"]
    assert element_texts(page, ".key-facts dd")[0] == "in force all term"


def test_links_of_a_university_page_keep_the_term(client, winter):
    AgreementFactory(university__name="Marburg")
    AgreementFactory(university__name="Jena")

    found = dict(links(client.get(f"/universities/marburg/?term={winter}")))

    assert found["Partner universities"] == f"/?term={winter}"
    assert found["Germany"] == f"/?term={winter}&country=DE"
    assert found["Jena"] == f"/universities/jena/?term={winter}"
    assert found["☆ Add to the shortlist"] == f"?term={winter}&pick=marburg"


def test_comparison_says_what_covers_the_term_and_keeps_it(client, winter):
    AgreementFactory(university__name="Marburg", is_open_ended=True)
    AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS)
    listed_page = client.get(f"/?term={winter}&pick=marburg&pick=jena")

    page = client.get(dict(links(listed_page))["Compare"])

    facts = [text(fact) for fact in elements(page, ".comparison dl > div") if "Winter term" in text(fact)]
    assert facts == [
        "Winter term 2026/27 Bilateral in force all term",
        "Winter term 2026/27 Bilateral not in force",
    ]
    assert dict(links(page))["Add more from the list"] == f"/?term={winter}&pick=marburg&pick=jena"


def test_embedded_list_has_the_headings_too(client, winter):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 12, 31))

    page = client.get(f"/?term={winter}&embed=1")

    assert listed(page) == [PART, "Marburg"]
    assert element_texts(page, "#count") == ["No university matches"]


@pytest.mark.parametrize("url", ["/?term={}&page=all", "/?term={}&level=master&unrecorded=1", "/partners.json?term={}"])
def test_term_makes_as_many_queries_with_300_universities_as_with_3(client, winter, erasmus, url):
    def add(count, first):
        universities = partners(count, first)
        Agreement.objects.filter(university__in=universities[::3]).update(valid_until=date(2026, 11, 30))
        Agreement.objects.bulk_create(
            Agreement(university=university, agreement_type=erasmus, valid_from=date(2026, 12, 1), status="signed")
            for university in universities
        )

    add(3, first=1)
    with_3 = count_queries(client, url.format(winter))
    add(297, first=4)

    assert count_queries(client, url.format(winter)) == with_3


def test_search_and_country_apply_to_those_in_part_too(client, winter):
    for name in ("Marburg", "Jena"):
        AgreementFactory(university__name=name, valid_until=date(2026, 12, 31))

    found = [listed(client.get(f"/?term={winter}&{query}")) for query in ("q=marb", "q=germany", "country=FR")]

    assert found == [[PART, "Marburg"], [PART, "Jena", "Marburg"], []]


def test_list_and_page_show_the_offer_of_the_agreement_in_the_term(client, winter):
    agreement = AgreementFactory(university__name="Marburg", valid_until=date(2026, 8, 31))
    MobilityFactory(agreement=agreement, places=1)
    MobilityFactory(agreement=renew(agreement, date(2026, 9, 1), is_open_ended=True), places=2)

    today, in_term = [client.get(url) for url in ("/", f"/?term={winter}")]
    facts = client.get(f"/universities/marburg/?term={winter}")

    assert [element_texts(page, ".offer") for page in (today, in_term)] == [["1 place a year"], ["2 places a year"]]
    assert element_texts(facts, ".key-facts dd")[1] == "2 places a year"


def test_list_shows_the_offer_of_the_selected_type(client, erasmus):
    agreement = AgreementFactory(university__name="Marburg", agreement_type=erasmus)
    MobilityFactory(agreement=agreement, places=1, study_levels="bachelor", languages="en B2")
    MobilityFactory(agreement=AgreementFactory(university=agreement.university), places=2)

    page = client.get("/?type=erasmus")

    assert element_texts(page, ".offer bdi") == ["bachelor", "English B2", "1 place a year"]


def test_levels_of_several_agreements_are_in_the_order_of_studies(client, db):
    agreement = AgreementFactory(university__name="Marburg", scope="Faculty of Arts")
    MobilityFactory(agreement=agreement, study_levels="bachelor")
    MobilityFactory(agreement=AgreementFactory(university=agreement.university), study_levels="master,doctoral")

    page = client.get("/")

    assert element_texts(page, ".offer bdi")[0] == "bachelor, master, doctoral"


def test_list_of_one_term_is_indexed(client, winter):
    AgreementFactory(is_open_ended=True)

    pages = [client.get(url) for url in (f"/?term={winter}", f"/?term={winter}&sort=name", "/?term=1999-t1")]

    canonical = [attributes(page, "link[rel=canonical]", "href") for page in pages]
    assert canonical == [[f"http://testserver/?term={winter}"], [], []]


def test_map_counts_agreements_for_a_part_of_the_term_below(client, winter, germany):
    AgreementFactory(university__name="Graz", valid_until=date(2026, 12, 31))
    AgreementFactory(university__name="Lund", university__country=germany, is_open_ended=True)

    page = client.get(f"/?term={winter}&view=map")

    assert element_texts(page, "a.bubble title") == ["Germany: 1 university"]
    [note] = elements(page, ".note:has(#in-part)")
    assert text(note) == "1 more has an agreement that begins or ends during Winter term 2026/27. Show the list"
    assert attributes(page, "#in-part", "href") == [f"?term={winter}"]


def test_list_with_nothing_but_agreements_for_a_part_of_the_term_suggests_more(client, winter, erasmus):
    AgreementFactory(university__name="Graz", valid_until=date(2026, 12, 31))
    AgreementFactory(university__name="Lund", agreement_type=erasmus, is_open_ended=True)

    page = client.get(f"/?type=bilateral&term={winter}")

    assert listed(page) == [PART, "Graz"]
    assert element_texts(page, ".suggestions li") == [
        "Without “Winter term 2026/27”: 1 university",
        "Without “Bilateral”: 1 university",
    ]
