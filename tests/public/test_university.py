import re
from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.register_columns import OPTIONAL, REQUIRED
from partners.imports.resources import RegisterResource
from partners.models import AgreementType, Country, ImportRun, University
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, text, title
from tests.helpers.tables import read_table

PAST, LAST_DAY = date(2000, 1, 1), date(2998, 8, 31)
IN_PROCESS = "In process. We are still negotiating: you can't apply for it yet."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def agreement_cards(page):
    """Return pairs of heading and text."""
    headings, cards = element_texts(page, "li.card h3"), element_texts(page, "li.card")
    return [(heading, card.removeprefix(heading).strip()) for heading, card in zip(headings, cards, strict=True)]


def agreement_details(page):
    """Return pairs of label and value."""
    return list(zip(element_texts(page, "dt"), element_texts(page, "dd"), strict=True))


def test_page_has_name_city_and_country(client, marburg):
    marburg.city = "Marburg an der Lahn"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert element_texts(page, "h1") == ["Marburg"]
    assert "Marburg Marburg an der Lahn, Germany ☆ Add to the shortlist Agreements" in text(page)
    assert title(page) == "Marburg – Exchange Office"


def test_page_links_to_the_website(client, marburg):
    marburg.website = "https://www.uni-marburg.de/?a=1&b=2"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert links(page, "a[rel='external noopener']") == [
        ("Website of the university", "https://www.uni-marburg.de/?a=1&b=2")
    ]


def test_page_without_a_website_has_no_link_to_one(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert "Marburg Germany ☆ Add to the shortlist Agreements" in text(page)
    assert "Website" not in text(page)


def test_breadcrumb_links_to_the_list_and_the_country(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert element_texts(page, "nav") == ["Partner universities Germany"]
    assert ("Germany", "/?country=DE") in links(page, "nav a")


def test_page_has_the_descriptions_of_agreement_types(client, marburg, erasmus):
    AgreementType.objects.filter(slug="bilateral").update(description="No tuition fee.\n\nApply by <March>.")
    AgreementType.objects.filter(slug="erasmus").update(description="With a grant.")
    AgreementFactory(university=marburg, agreement_type=erasmus)
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [
        ("Bilateral", "No tuition fee. Apply by <March>. In force."),
        ("Erasmus+", "With a grant. In force."),
    ]


@pytest.mark.parametrize(
    ("agreement", "card"),
    [
        ({}, ("Bilateral", "In force.")),
        ({"is_open_ended": True}, ("Bilateral", "In force, open-ended.")),
        ({"valid_from": PAST}, ("Bilateral", "In force, from 1 Jan 2000.")),
        ({"valid_from": PAST, "is_open_ended": True}, ("Bilateral", "In force, from 1 Jan 2000, open-ended.")),
        ({"valid_until": LAST_DAY}, ("Bilateral", "In force, until 31 Aug 2998.")),
        (
            {"valid_from": PAST, "valid_until": LAST_DAY},
            ("Bilateral", "In force, from 1 Jan 2000 to 31 Aug 2998."),
        ),
        ({"valid_from": LAST_DAY}, ("Bilateral", "Signed, from 31 Aug 2998.")),
        (
            {"valid_from": LAST_DAY, "valid_until": date(2999, 8, 31)},
            ("Bilateral", "Signed, from 31 Aug 2998 to 31 Aug 2999."),
        ),
        ({"status": AgreementStatus.IN_PROCESS}, ("Bilateral", IN_PROCESS)),
        (
            {"status": AgreementStatus.IN_PROCESS, "valid_from": PAST, "valid_until": LAST_DAY},
            ("Bilateral", IN_PROCESS),
        ),
        ({"status": AgreementStatus.IN_PROCESS, "agreement_type": None}, ("Type not settled yet", IN_PROCESS)),
    ],
)
def test_page_describes_the_state_and_period_of_an_agreement(client, marburg, agreement, card):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, **agreement)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [card]


def test_card_mentions_what_follows_an_agreement(client, marburg):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg, valid_from=date(2999, 9, 1), is_open_ended=True)
    AgreementFactory(university=marburg, valid_from=date(2998, 9, 1), valid_until=date(2999, 8, 31))
    AgreementFactory(university=marburg, valid_until=LAST_DAY)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [
        (
            "Bilateral",
            "In force, until 31 Aug 2998. Renewed from 1 Sep 2998 to 31 Aug 2999. Renewed from 1 Sep 2999, open-ended. "
            "We are negotiating its renewal.",
        )
    ]


@pytest.mark.parametrize(
    ("renewal", "details"),
    [
        ({"places_out": 2}, [("Places for our students", "2 in an academic year")]),
        (
            {"places_out": 3},
            [
                ("Places for our students", "2 in an academic year"),
                ("Places for our students", "3 in an academic year"),
            ],
        ),
        (
            {"places_out": 3, "status": AgreementStatus.IN_PROCESS},
            [("Places for our students", "2 in an academic year")],
        ),
    ],
    ids=["same", "signed with other places", "in process"],
)
def test_card_has_the_details_of_a_signed_renewal_if_they_differ(client, marburg, renewal, details):
    AgreementFactory(university=marburg, valid_until=LAST_DAY, places_out=2)
    AgreementFactory(university=marburg, valid_from=date(2998, 9, 1), **renewal)

    page = client.get("/universities/marburg/")

    assert agreement_details(page) == details


def test_card_has_a_line_for_each_scope(client, marburg):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, scope="Faculty of Law", valid_from=LAST_DAY)
    AgreementFactory(university=marburg, scope="Faculty of Arts", status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg, valid_until=LAST_DAY)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [
        (
            "Bilateral",
            "For students of the whole university In force, until 31 Aug 2998. "
            f"For students of: Faculty of Arts {IN_PROCESS} "
            "For students of: Faculty of Law Signed, from 31 Aug 2998.",
        )
    ]


def test_card_names_the_only_scope_but_not_the_whole_university(client, marburg, erasmus):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, scope="Faculty of <Law>")
    AgreementFactory(university=marburg, agreement_type=erasmus)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [
        ("Bilateral", "For students of: Faculty of <Law> In force."),
        ("Erasmus+", "In force."),
    ]
    assert element_texts(page, "h4 bdi") == ["Faculty of <Law>"]


def test_note_for_students_keeps_its_lines_and_is_text(client, marburg):
    AgreementFactory(university=marburg, public_note="Apply by <1 March>.\n\nדרושה אנגלית")

    page = client.get("/universities/marburg/")

    assert agreement_details(page) == [("Note", "Apply by <1 March>. דרושה אנגלית")]
    [note] = elements(page, "dd bdi")
    assert [child.tag for child in note] == ["br", "br"]


@pytest.mark.parametrize("past", [{"status": AgreementStatus.ENDED}, {"valid_until": PAST}], ids=["ended", "expired"])
def test_page_does_not_show_past_agreements(client, marburg, erasmus, past):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, agreement_type=erasmus)
    AgreementFactory(university=marburg, **past)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [("Erasmus+", "In force.")]


@pytest.mark.parametrize(
    ("moment", "heading"), [("2026-06-30 23:59", "Marburg"), ("2026-07-01 00:00", "Page not found")]
)
def test_page_is_public_to_the_end_of_the_last_day(client, marburg, moment, heading):
    AgreementFactory(university=marburg, valid_until=date(2026, 6, 30))

    with time_machine.travel(moment, tick=False):
        page = client.get("/universities/marburg/")

    assert element_texts(page, "h1") == [heading]


@pytest.mark.parametrize(
    ("university", "agreement"),
    [
        ({"is_listed": False}, {}),
        ({}, {"status": AgreementStatus.ENDED}),
        ({}, {"valid_until": PAST}),
    ],
    ids=["unlisted", "ended only", "expired only"],
)
def test_page_of_a_university_that_is_not_public_is_not_found(client, db, university, agreement):
    public = AgreementFactory(university__name="Shown").university
    hidden = AgreementFactory(university=UniversityFactory(name="Hidden", **university), **agreement).university

    responses = [client.get(university.get_absolute_url()) for university in (public, hidden)]

    assert [response.status_code for response in responses] == [200, 404]
    assert [element_texts(response, "h1") for response in responses] == [["Shown"], ["Page not found"]]
    assert "Hidden" not in responses[1].content.decode()


@pytest.mark.parametrize("slug", ["unknown", "MARBURG", "%00", "marburg%00", "x" * 5_000, "%F0%9F%8E%93"])
def test_unknown_slug_is_not_found(client, marburg, slug):
    AgreementFactory(university=marburg)

    page = client.get(f"/universities/{slug}/")

    assert page.status_code == 404
    assert element_texts(page, "h1") == ["Page not found"]
    assert "All partner universities" in text(page)


@pytest.fixture
def hidden(marburg):
    AgreementFactory(university=marburg, status=AgreementStatus.ENDED)
    return "/universities/marburg/"


@pytest.mark.parametrize("role", ["coordinator", "assistant"])
def test_staff_can_preview_a_hidden_university(client, request, hidden, role):
    client.force_login(request.getfixturevalue(role))

    page = client.get(hidden)

    assert "Students don't see this page. You do, because you are signed in to the office." in text(page)
    assert "No agreement is in force, upcoming or in process." in text(page)
    assert "private" in page["Cache-Control"]


def test_user_without_permissions_cannot_preview_a_hidden_university(client, hidden):
    client.force_login(User.objects.create_user("student"))

    assert client.get(hidden).status_code == 404


def test_public_page_is_the_same_for_staff(client, coordinator, marburg):
    AgreementFactory(university=marburg)
    for_students = text(client.get("/universities/marburg/"))
    client.force_login(coordinator)

    assert text(client.get("/universities/marburg/")) == for_students


def test_page_has_the_details_of_an_agreement(client, marburg):
    AgreementFactory(
        university=marburg,
        places_out=2,
        study_levels="bachelor,master",
        fields_of_study="Law <and> history",
        language_requirement="German B2",
    )

    page = client.get("/universities/marburg/")

    assert agreement_details(page) == [
        ("Places for our students", "2 in an academic year"),
        ("Study levels", "bachelor, master"),
        ("Fields of study", "Law <and> history"),
        ("Language requirement", "German B2"),
    ]


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        (3, None, "3 in an academic year"),
        (0, None, "0 in an academic year"),
        (3, 12, "3 in an academic year"),
        (None, 12, "12 in an academic year, shared by all partners of Bilateral"),
    ],
)
def test_page_has_places_of_the_agreement_or_shared_by_its_type(client, marburg, own, shared, expected):
    AgreementType.objects.filter(slug="bilateral").update(places_out=shared)
    AgreementFactory(university=marburg, places_out=own)

    page = client.get("/universities/marburg/")

    assert agreement_details(page) == [("Places for our students", expected)]


def test_page_has_no_internal_fields(client, marburg, coordinator):
    secret = {"notes": "Secret note", "contact": "Secret contact", "next_step": "Secret step", "places_in": 4711}
    AgreementFactory(university=marburg, responsible=coordinator, language_requirement="German B2", **secret)

    page = client.get("/universities/marburg/").content.decode()

    assert "German B2" in page
    assert re.findall("secret|coordinator|4711", page, re.IGNORECASE) == []


def test_page_has_a_note_on_places_and_a_contact(client, marburg, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert "Places vary from year to year" in text(page)
    assert "Questions? Write to exchange@example.edu." in text(page)


def test_page_has_the_date_of_the_last_change(client, db):
    with time_machine.travel("2026-03-01 12:00", tick=False):
        marburg = UniversityFactory(name="Marburg")
        agreement = AgreementFactory(university=marburg)
    before = text(client.get("/universities/marburg/"))
    with time_machine.travel("2026-04-02 12:00", tick=False):
        agreement.save()
    after = text(client.get("/universities/marburg/"))

    assert "Last updated: 1 Mar 2026" in before
    assert "Last updated: 2 Apr 2026" in after


def other_partners(page):
    return element_texts(page, "ul.other-partners li")


def test_page_links_to_other_partners_in_the_country(client, marburg):
    AgreementFactory(university=marburg)
    AgreementFactory(university__name="Jena")
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Dijon", university__country=Country.objects.get(code="FR"))

    page = client.get("/universities/marburg/")

    assert other_partners(page) == ["Jena"]
    assert other_partners(client.get("/universities/dijon/")) == []


def test_page_links_to_all_partners_if_there_are_many(client, db):
    partners(14)

    page = client.get("/universities/partner-0001/")

    assert other_partners(page) == [f"Partner {n:04}" for n in range(2, 14)]
    assert text(page).count("All partners in Germany") == 1


@pytest.mark.parametrize("part", ["", "report/", "report/sent/"])
def test_page_makes_as_many_queries_with_300_universities_as_with_3(client, db, settings, part):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    partners(3)
    with_3 = count_queries(client, f"/universities/partner-0001/{part}")

    partners(297, first=4)

    assert count_queries(client, f"/universities/partner-0001/{part}") == with_3


def change_slug(university, slug):
    university.slug = slug
    university.save()


def test_former_slug_redirects_to_the_university(client, marburg):
    AgreementFactory(university=marburg)
    change_slug(marburg, "marburg-an-der-lahn")
    change_slug(marburg, "philipps")

    responses = [client.get(f"/universities/{slug}/") for slug in ("marburg", "marburg-an-der-lahn")]

    assert [(response.status_code, response["Location"]) for response in responses] == [
        (301, "/universities/philipps/")
    ] * 2


def test_former_slug_can_be_used_again_without_a_redirect_loop(client, marburg):
    AgreementFactory(university=marburg)
    change_slug(marburg, "philipps")
    before = client.get("/universities/marburg/")
    change_slug(marburg, "marburg")

    assert "no-store" in before["Cache-Control"]
    assert client.get("/universities/philipps/")["Location"] == "/universities/marburg/"
    assert element_texts(client.get("/universities/marburg/"), "h1") == ["Marburg"]


def test_slug_that_two_universities_had_redirects_to_the_last_one(client, marburg):
    AgreementFactory(university=marburg)
    jena = AgreementFactory(university__name="Jena").university
    change_slug(marburg, "philipps")
    change_slug(jena, "marburg")
    change_slug(jena, "jena")

    assert client.get("/universities/marburg/")["Location"] == "/universities/jena/"


def test_slug_that_is_used_again_belongs_to_its_new_university(client, marburg):
    AgreementFactory(university=marburg)
    change_slug(marburg, "philipps")
    hidden = UniversityFactory(name="Marburg (new)", slug="marburg")

    before = client.get("/universities/marburg/")
    AgreementFactory(university=hidden)
    after = client.get("/universities/marburg/")

    assert element_texts(before, "h1") == ["Page not found"]
    assert element_texts(after, "h1") == ["Marburg (new)"]


def test_former_slug_of_a_hidden_university_is_not_found(client, marburg):
    agreement = AgreementFactory(university=marburg)
    change_slug(marburg, "philipps")
    before = client.get("/universities/marburg/")
    agreement.end(date(2026, 1, 1), "ended")

    after = client.get("/universities/marburg/")

    assert (before.status_code, after.status_code) == (301, 404)


def test_former_slug_redirects_after_an_import_changed_it(client, marburg):
    AgreementFactory(university=marburg)
    file = "Country\tUniversity name\tAgreement type\tStatus\tAddress\nGermany\tMarburg\tBilateral\tsigned\tphilipps\n"
    run = ImportRun.from_upload(file.encode(), file_name="register.tsv")
    RegisterResource().import_data(read_table(file.encode(), REQUIRED, OPTIONAL), on=localdate(), run=run)

    response = client.get("/universities/marburg/")

    assert University.objects.get().slug == "philipps"
    assert response["Location"] == "/universities/philipps/"


def test_page_has_structured_data_and_canonical_metadata(client, marburg):
    marburg.city = "Marburg"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/?from=elsewhere")

    properties = [(element.get("itemprop"), text(element)) for element in elements(page, "bdi[itemprop]")]
    assert properties == [("name", "Marburg"), ("addressLocality", "Marburg"), ("addressCountry", "Germany")]
    assert attributes(page, "link[rel=canonical]", "href") == ["http://testserver/universities/marburg/"]
    assert {meta.get("property"): meta.get("content") for meta in elements(page, 'meta[property^="og:"]')} == {
        "og:url": "http://testserver/universities/marburg/",
        "og:type": "website",
        "og:site_name": "Exchange Office",
        "og:title": "Marburg",
        "og:description": "Exchange with Marburg, Germany.",
    }


def test_page_links_to_the_admin_change_page(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert ("For the office", f"/admin/partners/university/{marburg.pk}/change/") in links(page)
