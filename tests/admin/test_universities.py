import re
from datetime import date

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.helpers.changelists import filter_choices, names
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import count_queries, element_texts, errors, links, messages, rows, text

LIST, ADD = "/admin/partners/university/", "/admin/partners/university/add/"
NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}

ADD_CITY = "If they are two universities, add the city to the name."
NOT_PUBLIC = "Not public. Students don't see this university, because:"
PUBLIC = "Public. Students see this university on the list, because:"
PAST, FUTURE = date(2000, 1, 1), date(2999, 1, 1)


@pytest.fixture
def tecnologico(db):
    brazil = Country.objects.get(code="BR")
    UniversityFactory(name="Marburg")
    return UniversityFactory(
        name="Tecnológico (TUM)", country=brazil, city="São Paulo", other_names="Escola Superior\nTech Brasil"
    )


@pytest.mark.parametrize(
    "query",
    [
        "tecnologico",
        "TECNOLÓGICO",
        "TUM",
        "(TUM)",
        "escola superior",
        "tech brasil",
        "sao paulo",
        "brazil",
        "paulo escola tum brazil",
    ],
)
def test_search_matches_names_city_and_country(coordinator_client, tecnologico, query):
    page = coordinator_client.get(LIST, {"q": query})

    assert names(page) == ["Tecnológico (TUM)"]


@pytest.mark.parametrize("query", ["tecnologico germany", "marburg tum", "%"])
def test_search_requires_every_word(coordinator_client, tecnologico, query):
    page = coordinator_client.get(LIST, {"q": query})

    assert names(page) == []
    assert "0 universities" in text(page)


@pytest.mark.parametrize("query", ["a " * 2_000, "x" * 60_000], ids=["many words", "long word"])
def test_search_accepts_a_very_long_query(coordinator_client, tecnologico, query):
    page = coordinator_client.get(LIST, {"q": query})

    assert "Universities" in element_texts(page, "h1")


def test_search_finds_in_office_list(coordinator_client, register):
    found = [names(coordinator_client.get(LIST, {"q": query})) for query in ("tecnologico buenos", "TUM")]

    assert found == [["Instituto Tecnológico de Buenos Aires"], ["Technical University of Munich (TUM)"]]


def test_list_displays_country_agreements_and_is_listed(coordinator_client, erasmus):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=university)
    AgreementFactory(university=university, scope="Faculty of Law")
    AgreementFactory(university=university, status=AgreementStatus.ENDED)

    page = coordinator_client.get(LIST)

    assert rows(page) == ["Marburg Germany Bilateral, Erasmus+ (in process)"]


def test_list_names_a_type_once_with_its_states(coordinator_client, erasmus):
    university = UniversityFactory(name="Marburg")
    for values in [
        {"valid_until": PAST},
        {"scope": "Faculty of Law", "valid_from": FUTURE},
        {"scope": "Faculty of Arts"},
        {"scope": "Faculty of Medicine"},
        {"status": AgreementStatus.IN_PROCESS},
        {"status": AgreementStatus.IN_PROCESS, "agreement_type": None},
        {"agreement_type": erasmus},
        {"agreement_type": erasmus, "scope": "Faculty of Law"},
    ]:
        AgreementFactory(university=university, **values)

    page = coordinator_client.get(LIST)

    assert element_texts(page, "td.field-agreements") == [
        "Bilateral (in process, upcoming, in force, expired), Erasmus+, type unknown (in process)"
    ]


def test_filters_count_office_list(coordinator_client, register):
    page = coordinator_client.get(LIST)

    filters = filter_choices(page)
    assert filters["By agreement type"] == "By agreement type All Bilateral (96) Erasmus+ (21) GE3 (10)"
    assert filters["By status"] == "By status All in process (1) upcoming (0) in force (107) expired (0) ended (0)"
    assert filters["By country or territory"].startswith("By country or territory All Argentina (1) Australia (1)")
    assert len(re.findall(r"\(\d+\)", filters["By country or territory"])) == 30
    assert filters["By on the public list"] == "By on the public list All Yes (108) No (0)"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=erasmus", 21),
        ("status=in-process", 1),
        ("status=in-force", 107),
        ("status=ended", 0),
        ("type=bilateral&status=in-force", 96),
        ("type=erasmus&status=in-process", 0),
        ("is_listed__exact=0", 0),
        ("q=university&type=ge3", 6),
    ],
)
def test_filters_narrow_office_list(coordinator_client, register, query, found):
    page = coordinator_client.get(f"{LIST}?{query}")

    assert re.findall(r"(\d+) results? \(108 total\)", text(page)) == [str(found)]


def test_country_filter_narrows_the_list(coordinator_client, tecnologico):
    page = coordinator_client.get(LIST, {"country": "BR"})

    assert names(page) == ["Tecnológico (TUM)"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=bilateral&status=in-force", ["Marburg"]),
        ("type=erasmus&status=in-process", ["Marburg"]),
        ("type=erasmus&status=in-force", []),
        ("type=bilateral&status=in-process", []),
    ],
)
def test_type_and_status_apply_to_one_agreement(coordinator_client, erasmus, query, found):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university)
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(f"{LIST}?{query}")

    assert names(page) == found


@pytest.mark.parametrize(
    ("query", "title", "counts"),
    [
        ("status=in-force", "By agreement type", "All Bilateral (1) Erasmus+ (0) GE3 (0)"),
        ("status=in-process", "By agreement type", "All Bilateral (0) Erasmus+ (1) GE3 (0)"),
        ("type=erasmus", "By status", "All in process (1) upcoming (0) in force (0) expired (0) ended (0)"),
    ],
)
def test_facet_count_equals_the_filtered_list(coordinator_client, erasmus, query, title, counts):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university)
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(f"{LIST}?{query}")

    assert filter_choices(page)[title] == f"{title} {counts}"


@pytest.mark.parametrize("query", ["", "q=partner", "type=bilateral&status=in-force", "is_listed__exact=1"])
def test_list_makes_as_many_queries_with_300_universities_as_with_3(coordinator_client, query):
    partners(3)
    with_3 = count_queries(coordinator_client, f"{LIST}?{query}")

    partners(297, first=4)

    assert count_queries(coordinator_client, f"{LIST}?{query}") == with_3
    assert len(names(coordinator_client.get(f"{LIST}?{query}"))) == 100


def test_autocomplete_finds_university_by_any_name(coordinator_client, tecnologico):
    params = {"app_label": "partners", "model_name": "agreement", "field_name": "university", "term": "tecnologico"}

    response = coordinator_client.get("/admin/autocomplete/", params)

    found = [{"id": str(tecnologico.pk), "text": "Tecnológico (TUM)"}]
    assert response.json() == {"results": found, "pagination": {"more": False}}


def test_university_is_added_with_a_country_and_a_name(coordinator_client, germany):
    page = coordinator_client.post(
        ADD, NO_AGREEMENTS | {"name": "  Universität   Marburg ", "country": germany.pk}, follow=True
    )

    assert messages(page) == ["Universität Marburg was added."]
    assert rows(page) == ["Universität Marburg Germany -"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": ""}, {"name": "This field is required."}),
        ({"country": ""}, {"country": "This field is required."}),
        (
            {"name": "=HYPERLINK(1)"},
            {"name": "“=HYPERLINK(1)” begins with “=”, as a spreadsheet formula does. Begin with another character."},
        ),
        (
            {"name": "Mar\tburg"},
            {"name": "“Mar burg” has a control character (U+0009) in it. Type the name anew, in one line."},
        ),
        (
            {"name": "x" * 201},
            {"name": "Ensure this value has at most 200 characters (it has 201)."},
        ),
        (
            {"name": "UNIVERSITAT  łodz"},
            {"name": f"“UNIVERSITAT łodz” is already a name of “Universität Łódź”. {ADD_CITY}"},
        ),
        (
            {"name": "Technische Hochschule"},
            {"name": f"“Technische Hochschule” is already a name of “Universität Łódź”. {ADD_CITY}"},
        ),
        (
            {"name": "Other", "other_names": "One\nUniversität Łodz"},
            {"other_names": f"“Universität Łodz” is already a name of “Universität Łódź”. {ADD_CITY}"},
        ),
        (
            {"name": "Other", "other_names": "One\n@SUM(1)"},
            {"other_names": "“@SUM(1)” begins with “@”, as a spreadsheet formula does. Begin with another character."},
        ),
        (
            {"name": "Other", "other_names": "x" + "\t" * 10_001 + "x"},
            {"other_names": "Ensure this value has at most 10000 characters (it has 10003)."},
        ),
        (
            {"name": "Other", "other_names": "\n".join(map(str, range(100_000)))},
            {"other_names": "Ensure this value has at most 10000 characters (it has 588889)."},
        ),
        (
            {"name": "Other", "city": "+1"},
            {"city": "“+1” begins with “+”, as a spreadsheet formula does. Begin with another character."},
        ),
        ({"name": "Other", "website": "javascript:alert(1)"}, {"website": "Enter a valid URL."}),
        ({"name": "Other", "slug": "taken"}, {"slug": "University with this Web address (slug) already exists."}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_form_validates_fields(coordinator_client, germany, values, error):
    UniversityFactory(name="Universität Łódź", other_names="Technische Hochschule", slug="taken")

    page = coordinator_client.post(ADD, NO_AGREEMENTS | {"name": "New", "country": germany.pk} | values)

    assert errors(page) == error
    assert University.objects.count() == 1


def test_name_may_exist_in_another_country(coordinator_client, tecnologico, germany):
    page = coordinator_client.post(
        ADD, NO_AGREEMENTS | {"name": "Tecnológico (TUM)", "country": germany.pk}, follow=True
    )

    assert messages(page) == ["Tecnológico (TUM) was added."]


def test_website_without_a_scheme_becomes_https(coordinator_client, germany):
    coordinator_client.post(
        ADD, NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk, "website": "uni-marburg.de"}
    )

    assert University.objects.get().website == "https://uni-marburg.de"


def test_website_is_a_web_page(coordinator_client, germany):
    page = coordinator_client.post(
        ADD, NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk, "website": "ftp://uni-marburg.de"}
    )

    assert errors(page) == {"website": "Enter a valid URL."}


def visibility(page):
    return element_texts(page, "div.visibility")[0]


@pytest.mark.parametrize(
    ("university", "agreement", "expected"),
    [
        ({}, {}, f"{PUBLIC} Bilateral is in force, end not recorded."),
        ({}, {"is_open_ended": True}, f"{PUBLIC} Bilateral is in force, open-ended."),
        ({}, {"valid_until": FUTURE}, f"{PUBLIC} Bilateral is in force, until 1 Jan 2999."),
        ({}, {"valid_from": FUTURE}, f"{PUBLIC} Bilateral is signed, and begins on 1 Jan 2999."),
        ({}, {"scope": "Law"}, f"{PUBLIC} Bilateral, Law is in force, end not recorded."),
        ({}, {"status": AgreementStatus.IN_PROCESS}, f"{PUBLIC} Bilateral is in process."),
        (
            {},
            {"status": AgreementStatus.IN_PROCESS, "agreement_type": None},
            f"{PUBLIC} An agreement of unknown type is in process.",
        ),
        ({"is_listed": False}, {}, f"{NOT_PUBLIC} It is kept off the public list: tick “on the public list” below."),
        ({}, {"status": AgreementStatus.ENDED}, f"{NOT_PUBLIC} Bilateral ended."),
        ({}, {"status": AgreementStatus.ENDED, "ended_on": PAST}, f"{NOT_PUBLIC} Bilateral ended on 1 Jan 2000."),
        (
            {},
            {"status": AgreementStatus.ENDED, "ended_on": PAST, "end_reason": "merger"},
            f"{NOT_PUBLIC} Bilateral ended on 1 Jan 2000: merger.",
        ),
        ({}, {"valid_until": PAST}, f"{NOT_PUBLIC} Bilateral expired on 1 Jan 2000."),
        (
            {"is_listed": False},
            {"status": AgreementStatus.ENDED, "agreement_type": None},
            f"{NOT_PUBLIC} It is kept off the public list: tick “on the public list” below. "
            "An agreement of unknown type ended.",
        ),
    ],
)
def test_page_displays_visibility_with_every_reason(coordinator_client, db, university, agreement, expected):
    marburg = UniversityFactory(name="Marburg", **university)
    AgreementFactory(university=marburg, **agreement)

    page = coordinator_client.get(f"{LIST}{marburg.pk}/change/")

    assert visibility(page) == expected


def test_page_displays_that_there_is_no_agreement(coordinator_client, db):
    page = coordinator_client.get(f"{LIST}{UniversityFactory().pk}/change/")

    assert visibility(page) == f"{NOT_PUBLIC} It has no agreement."


def test_visibility_of_a_public_university_has_only_public_agreements(coordinator_client, erasmus):
    marburg = UniversityFactory(name="Marburg")
    AgreementFactory(university=marburg, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    page = coordinator_client.get(f"{LIST}{marburg.pk}/change/")

    assert visibility(page) == f"{PUBLIC} Bilateral is in force, end not recorded. Erasmus+ is in process."


def test_visibility_names_the_start_of_what_follows(coordinator_client, db):
    marburg = UniversityFactory(name="Marburg")
    AgreementFactory(university=marburg, valid_until=date(2998, 12, 31))
    AgreementFactory(university=marburg, valid_from=FUTURE)
    AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    page = coordinator_client.get(f"{LIST}{marburg.pk}/change/")

    assert visibility(page) == (
        f"{PUBLIC} Bilateral is in force, until 31 Dec 2998. It is renewed from 1 Jan 2999. "
        "Bilateral is signed, and begins on 1 Jan 2999."
    )


def test_page_links_to_the_public_page(coordinator_client, db):
    marburg = UniversityFactory(name="Marburg")

    page = coordinator_client.get(f"{LIST}{marburg.pk}/change/")

    assert dict(links(page))["View as a student"] == "/universities/marburg/"


def test_form_with_an_error_and_an_empty_slug_is_displayed_again(coordinator_client, germany):
    university = AgreementFactory(university__name="Marburg").university
    values = {"name": "=1", "country": germany.pk, "is_listed": "on", "slug": ""}

    page = coordinator_client.post(f"{LIST}{university.pk}/change/", NO_AGREEMENTS | values)

    assert list(errors(page)) == ["name"]


def test_empty_slug_is_generated_from_the_name(coordinator_client, germany):
    university = UniversityFactory(name="Old")
    values = {"name": "Universität Łódź", "country": germany.pk, "is_listed": "on", "slug": ""}

    coordinator_client.post(f"{LIST}{university.pk}/change/", NO_AGREEMENTS | values)

    university.refresh_from_db()
    assert university.slug == "universitat-lodz"


def test_university_with_agreements_cannot_be_deleted(admin_client):
    university = AgreementFactory(university__name="Marburg").university

    page = admin_client.post(f"{LIST}{university.pk}/delete/", {"post": "yes"})

    assert "would require deleting the following protected related objects" in text(page)
    assert list(Agreement.objects.values_list("university__name", flat=True)) == ["Marburg"]


def test_agreement_types_are_ordered_by_position(coordinator_client):
    page = coordinator_client.get("/admin/partners/agreementtype/")

    assert [row.split()[0] for row in rows(page)] == ["Bilateral", "Erasmus+", "GE3"]


def test_agreement_type_name_with_a_separator_is_invalid(coordinator_client):
    page = coordinator_client.post("/admin/partners/agreementtype/add/", {"name": "Double/Degree", "position": 4})

    assert errors(page) == {
        "name": "“Double/Degree” would be read as several terms in the office's list. "
        "Leave out “/”, “&”, “,”, “;”, “and”, a free-standing “+” and “in process”."
    }
    assert AgreementType.objects.count() == 3


def test_list_of_agreement_types_makes_as_many_queries_with_300_universities_as_with_3(coordinator_client):
    partners(3)
    with_3 = count_queries(coordinator_client, "/admin/partners/agreementtype/")

    partners(297, first=4)

    assert count_queries(coordinator_client, "/admin/partners/agreementtype/") == with_3
