import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.register_columns import OPTIONAL, REQUIRED
from partners.imports.resources import RegisterResource
from partners.models import AgreementType, Country, Run, University
from tests.helpers.factories import (
    AgreementFactory,
    InstitutionFactory,
    MobilityFactory,
    UniversityFactory,
    offers_of_partners,
    partners,
)
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, text, title
from tests.helpers.tables import read_table

PAST, LAST_DAY = date(2000, 1, 1), date(2998, 8, 31)
IN_PROCESS = "In process. We are still negotiating: you can't apply for it yet."
NOTHING_RECORDED = "Not recorded: places, study levels, fields of study, languages. Ask the exchange office."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def agreement_cards(page):
    """Return pairs of heading and text, which leaves out that nothing is recorded."""
    headings = element_texts(page, "li.card h3")
    cards = [card.replace(f" {NOTHING_RECORDED}", "") for card in element_texts(page, "li.card")]
    return [(heading, card.removeprefix(heading).strip()) for heading, card in zip(headings, cards, strict=True)]


def agreement_details(page):
    """Return pairs of label and value."""
    return pairs(page, ".card")


def key_facts(page):
    return pairs(page, ".key-facts")


def pairs(page, within):
    return list(zip(element_texts(page, f"{within} dt"), element_texts(page, f"{within} dd"), strict=True))


def mobilities(page):
    return element_texts(page, "ul.mobilities li")


def test_page_has_name_city_and_country(client, marburg):
    marburg.city = "Marburg an der Lahn"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert element_texts(page, "h1") == ["Marburg"]
    assert "Marburg Marburg an der Lahn, Germany ☆ Add to the shortlist More about Bilateral" in text(page)
    assert title(page) == "Marburg – Exchange Office"


def test_page_links_to_the_website(client, marburg):
    marburg.website = "https://www.uni-marburg.de/?a=1&b=2"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert links(page, "a[rel='external noopener']") == [
        ("Website of the university", "https://www.uni-marburg.de/?a=1&b=2")
    ]


def test_page_links_to_its_institution_in_the_registry(client, marburg):
    marburg.institution = InstitutionFactory(ror_id="01rdrb571")
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert attributes(page, "[itemtype$=CollegeOrUniversity]", "itemref") == ["ror"]
    assert links(page, ".about #ror[itemprop=sameAs]") == [("01rdrb571", "https://ror.org/01rdrb571")]


def test_page_without_a_link_to_the_registry_does_not_mention_it(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert "ROR" not in text(page)


def test_page_without_a_website_has_no_link_to_one(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert "Marburg Germany ☆ Add to the shortlist More about Bilateral" in text(page)
    assert "Website" not in text(page)


@pytest.mark.parametrize("url", ["/universities/marburg/?type=bilateral", "/?pick=marburg"])
def test_printed_page_has_its_address_and_the_day(client, marburg, url):
    AgreementFactory(university=marburg)

    with time_machine.travel("2026-03-01 12:00", tick=False):
        page = client.get(url)

    assert element_texts(page, ".print-only") == [f"As of 1 Mar 2026 · http://testserver{url}"]


def test_breadcrumb_links_to_the_list_and_the_country(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert element_texts(page, "nav.breadcrumb") == ["Partner universities Germany"]
    assert ("Germany", "/?country=DE") in links(page, "nav a")


def test_page_has_the_descriptions_of_agreement_types(client, marburg, erasmus):
    AgreementType.objects.filter(slug="bilateral").update(description={"en": "No tuition fee.\n\nApply by <March>."})
    AgreementType.objects.filter(slug="erasmus").update(description={"en": "With a grant."})
    AgreementFactory(university=marburg, agreement_type=erasmus)
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [
        ("Bilateral", "In force. What Bilateral means No tuition fee. Apply by <March>."),
        ("Erasmus+", "In force. What Erasmus+ means With a grant."),
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
    AgreementType.objects.update(description={})
    AgreementFactory(university=marburg, **agreement)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [card]


def test_card_mentions_what_follows_an_agreement(client, marburg):
    AgreementType.objects.update(description={})
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
    ("renewal", "places", "offers"),
    [
        ({}, 2, ["2 places a year"]),
        ({}, 3, ["2 places a year", "3 places a year"]),
        ({"status": AgreementStatus.IN_PROCESS}, 3, ["2 places a year"]),
    ],
    ids=["same", "signed with other places", "in process"],
)
def test_card_has_the_offer_of_a_signed_renewal_if_it_differs(client, marburg, renewal, places, offers):
    MobilityFactory(agreement__university=marburg, agreement__valid_until=LAST_DAY, places=2)
    renewal = AgreementFactory(university=marburg, valid_from=date(2998, 9, 1), **renewal)
    MobilityFactory(agreement=renewal, places=places)

    page = client.get("/universities/marburg/")

    assert mobilities(page) == offers


def test_card_has_a_line_for_each_scope(client, marburg):
    AgreementType.objects.update(description={})
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
    AgreementType.objects.update(description={})
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
    AgreementType.objects.update(description={})
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


@pytest.mark.parametrize("slug", ["unknown", "UNKNOWN", "%00", "marburg%00", "x" * 5_000, "%F0%9F%8E%93"])
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


def test_page_has_what_a_mobility_offers(client, marburg):
    MobilityFactory(
        agreement__university=marburg,
        places=4,
        study_levels="bachelor,master",
        fields_of_study="0421 07",
        fields_note="Law <and> history",
        languages="en B2,de",
        is_blended=True,
        duration=Decimal("22.5"),
        first_year=2026,
        last_year=2028,
    )

    page = client.get("/universities/marburg/")

    assert element_texts(page, ".mobility-heading") == ["4 places a year"]
    assert agreement_details(page) == [
        ("Study levels", "bachelor, master"),
        ("Fields of study", "Law Engineering, manufacturing and construction Law <and> history"),
        ("Languages", "English B2, German"),
        ("Blended", "partly online"),
        ("Duration", "22.5 months a year, all places together"),
        ("Academic years", "from 2026/2027 to 2028/2029"),
    ]
    assert element_texts(page, ".card .note") == []


def test_page_tells_the_mobilities_of_an_agreement_apart(client, marburg):
    agreement = AgreementFactory(university=marburg)
    MobilityFactory(agreement=agreement, kind="student_traineeship", fields_of_study="all")
    MobilityFactory(agreement=agreement, study_levels="bachelor", places=2, fields_of_study="0421")
    MobilityFactory(agreement=agreement, study_levels="master", places=1, languages="en B2")

    page = client.get("/universities/marburg/")

    assert mobilities(page) == [
        "Studies · 2 places a year Study levels bachelor Fields of study Law",
        "Studies · 1 place a year Study levels master Languages English B2",
        "Traineeships Fields of study all fields",
    ]
    assert element_texts(page, ".card .note") == [NOTHING_RECORDED]


@pytest.mark.parametrize(("path", "marked"), [("/", []), ("/he/", [("Sociology and cultural studies", "en", "ltr")])])
def test_title_of_a_field_that_is_not_translated_is_marked_as_english(client, marburg, path, marked):
    MobilityFactory(agreement__university=marburg, places=2, fields_of_study="0314 07", fields_note="<b>")

    page = client.get(f"{path}universities/marburg/")

    for part in (".card", ".key-facts"):
        titles = elements(page, f"{part} dd span[lang]")
        assert [(text(title), title.get("lang"), title.get("dir")) for title in titles] == marked
        assert [value for value in element_texts(page, f"{part} dd") if "Sociology" in value and "<b>" in value] != []


@pytest.mark.parametrize(
    ("years", "value"),
    [
        ({"first_year": 2026}, "from 2026/2027"),
        ({"last_year": 2026}, "until 2026/2027"),
        ({"first_year": 2026, "last_year": 2026}, "2026/2027"),
    ],
)
def test_page_has_the_academic_years_of_a_mobility(client, marburg, years, value):
    MobilityFactory(agreement__university=marburg, **years)

    page = client.get("/universities/marburg/")

    assert agreement_details(page) == [("Academic years", value)]


def test_page_has_the_offer_in_the_language_of_the_visitor(client, marburg):
    offer = {"fields_of_study": "0421 042", "languages": "en B2", "duration": Decimal("7.5")}
    MobilityFactory(agreement__university=marburg, **offer)

    page = client.get("/de/universities/marburg/")

    values = [value for _label, value in agreement_details(page)]
    assert values[:2] == ["Rechtswissenschaft", "Englisch B2"]
    assert "7,5" in values[2]


@pytest.mark.parametrize(
    ("mobility", "names"),
    [
        ({"kind": "student_traineeship"}, "places, study levels, fields of study, languages"),
        ({"places": 0, "fields_of_study": "all"}, "study levels, languages"),
        ({"places": 1, "fields_note": "Ask us", "languages": "en"}, "study levels"),
    ],
)
def test_page_names_once_what_is_not_recorded(client, marburg, settings, mobility, names):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    MobilityFactory(agreement__university=marburg, **mobility)

    page = client.get("/universities/marburg/")

    assert element_texts(page, ".card .note") == [f"Not recorded: {names}. Ask the exchange office"]
    mail = "mailto:exchange@example.edu?subject=Exchange%20with%20Marburg"
    assert links(page, ".card .note a") == [("Ask the exchange office", mail)]


def test_page_without_any_details_asks_the_office(client, marburg, erasmus, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    marburg.name = "Marburg & Gießen"
    marburg.save()
    AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, agreement_type=erasmus)

    page = client.get("/universities/marburg/")

    assert links(page, ".card a") == [
        (
            "Ask the exchange office",
            "mailto:exchange@example.edu?subject=Exchange%20with%20Marburg%20%26%20Gie%C3%9Fen",
        )
    ]
    assert key_facts(page) == []
    assert element_texts(page, ".card .note") == []


def test_page_begins_with_the_facts_of_the_type_that_the_list_was_filtered_by(client, marburg, erasmus):
    dates = {"valid_from": date(2020, 1, 1), "valid_until": date(2998, 8, 31)}
    agreement = AgreementFactory(university=marburg, agreement_type=erasmus, **dates)
    MobilityFactory(agreement=agreement, places=2, study_levels="bachelor", fields_of_study="0421")
    MobilityFactory(agreement=agreement, places=2, study_levels="master", fields_of_study="07")
    MobilityFactory(agreement=agreement, kind="student_traineeship", languages="de")
    AgreementFactory(university=marburg, agreement_type=erasmus, valid_from=date(2998, 9, 1), is_open_ended=True)
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/?type=erasmus")

    assert element_texts(page, ".key-facts h2") == ["Erasmus+ at a glance"]
    assert key_facts(page) == [
        ("Places", "2 places a year"),
        ("Study levels", "bachelor master"),
        ("Fields of study", "Law Engineering, manufacturing and construction"),
        ("Languages", "ask the office"),
        ("Open until", "open-ended"),
    ]
    assert element_texts(page, "li.card h3") == ["Erasmus+", "Bilateral"]


@pytest.mark.parametrize("query", ["", "?type=other", "?type=erasmus&type=bilateral"])
def test_page_begins_with_an_agreement_in_force_that_says_something(client, marburg, erasmus, query):
    AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg, agreement_type=AgreementType.objects.get(slug="ge3"))
    agreement = AgreementFactory(university=marburg, agreement_type=erasmus, scope="Faculty of Law")
    MobilityFactory(agreement=agreement, languages="de B1")

    page = client.get(f"/universities/marburg/{query}")

    assert element_texts(page, "li.card h3") == ["Erasmus+", "GE3", "Bilateral"]
    assert element_texts(page, ".key-facts p") == ["For students of: Faculty of Law"]


def test_page_of_a_type_that_is_in_process_has_no_key_facts(client, marburg, erasmus):
    MobilityFactory(agreement__university=marburg, languages="de B1")
    AgreementFactory(university=marburg, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = client.get("/universities/marburg/?type=erasmus")

    assert (element_texts(page, "li.card h3"), key_facts(page)) == (["Erasmus+", "Bilateral"], [])


def test_page_links_to_the_pages_of_the_university_for_students(client, marburg):
    marburg.courses_url, marburg.housing_url = "https://a.example/courses", "https://a.example/housing"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert links(page, ".student-links a") == [
        ("Course catalogue", "https://a.example/courses"),
        ("Housing", "https://a.example/housing"),
    ]


def test_breadcrumb_keeps_the_type(client, marburg, erasmus):
    AgreementFactory(university=marburg, agreement_type=erasmus)

    page = client.get("/universities/marburg/?type=erasmus")

    assert links(page, "nav.breadcrumb a") == [
        ("Partner universities", "/?type=erasmus"),
        ("Germany", "/?type=erasmus&country=DE"),
    ]


def test_page_asks_for_nothing_while_an_agreement_is_in_process(client, marburg):
    AgreementType.objects.update(description={})
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    MobilityFactory(agreement=agreement, places=2)

    page = client.get("/universities/marburg/")

    assert agreement_cards(page) == [("Bilateral", f"{IN_PROCESS} 2 places a year")]


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        ([3], None, ["3 places a year"]),
        ([0], None, ["0 places a year"]),
        ([3], 12, ["3 places a year"]),
        ([None], 12, ["12 places a year, shared by all partners of Bilateral"]),
        ([], 12, ["12 places a year, shared by all partners of Bilateral"]),
        ([], None, []),
    ],
)
def test_page_has_places_of_the_agreement_or_shared_by_its_type(client, marburg, own, shared, expected):
    AgreementType.objects.filter(slug="bilateral").update(places_out=shared)
    agreement = AgreementFactory(university=marburg)
    for places in own:
        MobilityFactory(agreement=agreement, places=places)

    page = client.get("/universities/marburg/")

    assert mobilities(page) == expected


def test_shared_places_are_for_studies(client, marburg):
    AgreementType.objects.filter(slug="bilateral").update(places_out=12)
    MobilityFactory(agreement__university=marburg, kind="student_traineeship")

    page = client.get("/universities/marburg/")

    assert mobilities(page) == ["Traineeships"]


def test_page_has_nothing_internal(client, marburg, coordinator):
    secret = {"notes": "Secret note", "contact": "Secret contact", "next_step": "Secret step"}
    agreement = AgreementFactory(university=marburg, responsible=coordinator, **secret)
    MobilityFactory(agreement=agreement, languages="de B2")
    MobilityFactory(agreement=agreement, direction="in", places=4711, fields_note="Secret incoming")
    MobilityFactory(agreement=agreement, kind="staff_teaching", places=4711, fields_note="Secret staff")

    with CaptureQueriesContext(connection) as queries:
        page = client.get("/universities/marburg/").content.decode()

    [selected] = [query["sql"] for query in queries if 'FROM "partners_mobility"' in query["sql"]]
    assert ("'out'" in selected, "'student_studies', 'student_traineeship'" in selected) == (True, True)
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
    with time_machine.travel("2026-05-03 12:00", tick=False):
        MobilityFactory(agreement=agreement)
    offered = text(client.get("/universities/marburg/"))

    assert "Last updated: 1 Mar 2026" in before
    assert "Last updated: 2 Apr 2026" in after
    assert "Last updated: 3 May 2026" in offered


def other_partners(page):
    return element_texts(page, "ul.other-partners li")


def test_page_links_to_other_partners_in_the_country(client, marburg):
    AgreementFactory(university=marburg)
    jena = AgreementFactory(university__name="Jena").university
    AgreementFactory(university=jena, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Dijon", university__country=Country.objects.get(code="FR"))

    page = client.get("/universities/marburg/")

    assert other_partners(page) == ["Jena Bilateral · Type not settled yet (in process)"]
    assert other_partners(client.get("/universities/dijon/")) == []


def test_page_links_to_all_partners_if_there_are_many(client, db):
    partners(14)

    page = client.get("/universities/partner-0001/")

    assert other_partners(page) == [f"Partner {n:04} Bilateral" for n in range(2, 14)]
    assert text(page).count("All partners in Germany") == 1


@pytest.mark.parametrize("part", ["", "report/", "report/sent/"])
def test_page_makes_as_many_queries_with_300_universities_as_with_3(client, db, settings, part):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    offers_of_partners(partners(3))
    with_3 = count_queries(client, f"/universities/partner-0001/{part}")

    offers_of_partners(partners(297, first=4))

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


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/universities/MARBURG/?pick=jena", "/universities/marburg/"),
        ("/Universities/Marburg/?pick=jena", "/universities/marburg/?pick=jena"),
        ("/DE/Universities/marburg/", "/de/universities/marburg/"),
        ("/universities/Österreich/", "/universities/%C3%B6sterreich/"),
        ("/UNIVERSITIES/Österreich/", "/universities/%C3%B6sterreich/"),
        ("/Universities/marburg", "/Universities/marburg/"),
        ("/Feed/", "/feed/"),
    ],
)
def test_address_in_wrong_case_redirects(client, marburg, url, location):
    AgreementFactory(university=marburg)
    AgreementFactory(university=UniversityFactory(name="Österreich", slug="österreich"))

    response = client.get(url)

    assert (response.status_code, response["Location"]) == (301, location)


@pytest.mark.parametrize("url", ["/Nowhere/", "/universities/Hidden/"])
def test_address_in_wrong_case_of_no_page_is_not_found(client, marburg, url):
    UniversityFactory(name="Hidden")

    assert client.get(url).status_code == 404


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
    run = Run.from_upload(file.encode(), file_name="register.tsv")
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
