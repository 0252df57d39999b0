import re
from datetime import date

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import errors, messages, pieces, queries, rows, text

LIST, ADD = "/admin/partners/university/", "/admin/partners/university/add/"
NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}

NOT_PUBLIC = "Not public. Students don't see this university, because:"
PUBLIC = "Public. Students see this university on the list, because:"
PAST, TO_COME = date(2000, 1, 1), date(2999, 1, 1)


@pytest.fixture
def tecnologico(db):
    brazil = Country.objects.get(code="BR")
    UniversityFactory(name="Marburg")
    return UniversityFactory(
        name="Tecnológico (TUM)", country=brazil, city="São Paulo", other_names="Escola Superior\nTech Brasil"
    )


def names(page):
    return re.findall(r'<th class="field-name"><a[^>]*>(.*?)</a>', page.content.decode())


def choices(page):
    """The choices of the filters, by the filter's title."""
    filters = re.findall(r"<details\b.*?</details>", page.content.decode(), re.DOTALL)
    return {text(re.search(r"<summary>.*?</summary>", each, re.DOTALL)[0]): text(each) for each in filters}


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
def test_search_finds_in_names_city_and_country(office, tecnologico, query):
    page = office.get(LIST, {"q": query})

    assert names(page) == ["Tecnológico (TUM)"]


@pytest.mark.parametrize("query", ["tecnologico germany", "marburg tum", "%"])
def test_search_does_not_find_what_lacks_a_word(office, tecnologico, query):
    page = office.get(LIST, {"q": query})

    assert names(page) == []
    assert "0 universities" in text(page)


@pytest.mark.parametrize("query", ["a " * 2_000, "x" * 60_000], ids=["many words", "long word"])
def test_search_for_a_very_long_text_is_answered_with_the_list(office, tecnologico, query):
    page = office.get(LIST, {"q": query})

    assert "Select university to change" in pieces(page, "h1")


def test_search_finds_in_the_office_s_list(office, register):
    found = [names(office.get(LIST, {"q": query})) for query in ("tecnologico buenos", "TUM")]

    assert found == [["Instituto Tecnológico de Buenos Aires"], ["Technical University of Munich (TUM)"]]


def test_list_shows_country_agreements_and_whether_listed(office, erasmus):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=university)
    AgreementFactory(university=university, status=AgreementStatus.ENDED)

    page = office.get(LIST)

    assert rows(page) == ["Marburg Germany Bilateral, Erasmus+ (in process)"]


def test_filters_count_the_office_s_list(office, register):
    page = office.get(LIST)

    filters = choices(page)
    assert filters["By agreement type"] == "By agreement type All Bilateral (96) Erasmus+ (21) GE3 (10)"
    assert filters["By status"] == "By status All in process (1) in force (107) expired (0) ended (0)"
    assert filters["By country or territory"].startswith("By country or territory All Argentina (1) Australia (1)")
    assert len(re.findall(r"\(\d+\)", filters["By country or territory"])) == 30
    assert filters["By on the public list"] == "By on the public list All Yes (108) No (0)"


@pytest.mark.parametrize(
    ("asked", "found"),
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
def test_filters_narrow_the_office_s_list(office, register, asked, found):
    page = office.get(f"{LIST}?{asked}")

    assert re.findall(r"(\d+) results? \(108 total\)", text(page)) == [str(found)]


def test_country_filter_narrows_the_list(office, tecnologico):
    page = office.get(LIST, {"country": "BR"})

    assert names(page) == ["Tecnológico (TUM)"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("type=bilateral&status=in-force", ["Marburg"]),
        ("type=erasmus&status=in-process", ["Marburg"]),
        ("type=erasmus&status=in-force", []),
        ("type=bilateral&status=in-process", []),
    ],
)
def test_type_and_status_ask_for_one_agreement(office, erasmus, asked, found):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university)
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = office.get(f"{LIST}?{asked}")

    assert names(page) == found


@pytest.mark.parametrize(
    ("asked", "title", "counted"),
    [
        ("status=in-force", "By agreement type", "All Bilateral (1) Erasmus+ (0) GE3 (0)"),
        ("status=in-process", "By agreement type", "All Bilateral (0) Erasmus+ (1) GE3 (0)"),
        ("type=erasmus", "By status", "All in process (1) in force (0) expired (0) ended (0)"),
    ],
)
def test_count_beside_a_choice_is_what_choosing_it_finds(office, erasmus, asked, title, counted):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university)
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = office.get(f"{LIST}?{asked}")

    assert choices(page)[title] == f"{title} {counted}"


@pytest.mark.parametrize("asked", ["", "q=partner", "type=bilateral&status=in-force", "is_listed__exact=1"])
def test_list_makes_as_many_queries_with_300_universities_as_with_3(office, asked):
    partners(3)
    with_3 = queries(office, f"{LIST}?{asked}")

    partners(297, first=4)

    assert queries(office, f"{LIST}?{asked}") == with_3
    assert len(names(office.get(f"{LIST}?{asked}"))) == 100


def test_university_autocompletes_by_any_of_its_names(office, tecnologico):
    asked = {"app_label": "partners", "model_name": "agreement", "field_name": "university", "term": "tecnologico"}

    answer = office.get("/admin/autocomplete/", asked)

    found = [{"id": str(tecnologico.pk), "text": "Tecnológico (TUM)"}]
    assert answer.json() == {"results": found, "pagination": {"more": False}}


def test_university_is_added_with_a_country_and_a_name(office, germany):
    page = office.post(ADD, NO_AGREEMENTS | {"name": "  Universität   Marburg ", "country": germany.pk}, follow=True)

    assert messages(page) == ["The university “Universität Marburg” was added successfully."]
    assert rows(page) == ["Universität Marburg Germany -"]


@pytest.mark.parametrize(
    ("typed", "error"),
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
            {"name": "“UNIVERSITAT łodz” is already a name of “Universität Łódź”."},
        ),
        (
            {"name": "Technische Hochschule"},
            {"name": "“Technische Hochschule” is already a name of “Universität Łódź”."},
        ),
        (
            {"name": "Other", "other_names": "One\nUniversität Łodz"},
            {"other_names": "“Universität Łodz” is already a name of “Universität Łódź”."},
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
        ({"name": "Other", "slug": "taken"}, {"slug": "University with this Address already exists."}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_form_tells_at_the_field_what_is_wrong(office, germany, typed, error):
    UniversityFactory(name="Universität Łódź", other_names="Technische Hochschule", slug="taken")

    page = office.post(ADD, NO_AGREEMENTS | {"name": "New", "country": germany.pk} | typed)

    assert errors(page) == error
    assert University.objects.count() == 1


def test_name_of_a_university_in_another_country_is_free(office, tecnologico, germany):
    page = office.post(ADD, NO_AGREEMENTS | {"name": "Tecnológico (TUM)", "country": germany.pk}, follow=True)

    assert messages(page) == ["The university “Tecnológico (TUM)” was added successfully."]


def test_website_without_a_scheme_becomes_https(office, germany):
    office.post(ADD, NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk, "website": "uni-marburg.de"})

    assert University.objects.get().website == "https://uni-marburg.de"


def publicity(page):
    found = re.search(r'<div class="publicity">.*?</div>', page.content.decode(), re.DOTALL)
    return text(found[0])


@pytest.mark.parametrize(
    ("university", "agreement", "told"),
    [
        ({}, {}, f"{PUBLIC} Bilateral is in force, open-ended."),
        ({}, {"valid_until": TO_COME}, f"{PUBLIC} Bilateral is in force until 1 Jan 2999."),
        ({}, {"status": AgreementStatus.IN_PROCESS}, f"{PUBLIC} Bilateral is in process."),
        (
            {},
            {"status": AgreementStatus.IN_PROCESS, "agreement_type": None},
            f"{PUBLIC} An agreement of unknown type is in process.",
        ),
        ({"is_listed": False}, {}, f"{NOT_PUBLIC} It is kept off the public list: tick “on the public list” below."),
        ({}, {"status": AgreementStatus.ENDED}, f"{NOT_PUBLIC} Bilateral has ended."),
        ({}, {"status": AgreementStatus.ENDED, "ended_on": PAST}, f"{NOT_PUBLIC} Bilateral ended on 1 Jan 2000."),
        ({}, {"valid_until": PAST}, f"{NOT_PUBLIC} Bilateral expired on 1 Jan 2000."),
        (
            {"is_listed": False},
            {"status": AgreementStatus.ENDED, "agreement_type": None},
            f"{NOT_PUBLIC} It is kept off the public list: tick “on the public list” below. "
            "An agreement of unknown type has ended.",
        ),
    ],
)
def test_page_says_whether_students_see_it_and_every_reason_why_not(office, db, university, agreement, told):
    marburg = UniversityFactory(name="Marburg", **university)
    AgreementFactory(university=marburg, **agreement)

    page = office.get(f"{LIST}{marburg.pk}/change/")

    assert publicity(page) == told


def test_page_of_a_university_without_an_agreement_says_so(office, db):
    page = office.get(f"{LIST}{UniversityFactory().pk}/change/")

    assert publicity(page) == f"{NOT_PUBLIC} It has no agreement."


def test_page_tells_all_that_students_see_and_nothing_of_what_they_do_not(office, erasmus):
    marburg = UniversityFactory(name="Marburg")
    AgreementFactory(university=marburg, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    page = office.get(f"{LIST}{marburg.pk}/change/")

    assert publicity(page) == f"{PUBLIC} Bilateral is in force, open-ended. Erasmus+ is in process."


def test_page_leads_to_what_a_student_sees(office, db):
    marburg = UniversityFactory(name="Marburg")

    page = office.get(f"{LIST}{marburg.pk}/change/")

    assert '<a href="/universities/marburg/">View as a student</a>' in page.content.decode()


def test_page_with_an_error_is_shown_again_when_the_address_was_emptied(office, germany):
    university = AgreementFactory(university__name="Marburg").university
    typed = {"name": "=1", "country": germany.pk, "is_listed": "on", "slug": ""}

    page = office.post(f"{LIST}{university.pk}/change/", NO_AGREEMENTS | typed)

    assert list(errors(page)) == ["name"]


def test_emptied_address_is_made_from_the_name(office, germany):
    university = UniversityFactory(name="Old")
    typed = {"name": "Universität Łódź", "country": germany.pk, "is_listed": "on", "slug": ""}

    office.post(f"{LIST}{university.pk}/change/", NO_AGREEMENTS | typed)

    university.refresh_from_db()
    assert university.slug == "universitat-lodz"


def test_university_with_agreements_cannot_be_deleted(admin_client):
    university = AgreementFactory(university__name="Marburg").university

    page = admin_client.post(f"{LIST}{university.pk}/delete/", {"post": "yes"})

    assert "would require deleting the following protected related objects" in text(page)
    assert list(Agreement.objects.values_list("university__name", flat=True)) == ["Marburg"]


def test_types_are_listed_in_their_order(office):
    page = office.get("/admin/partners/agreementtype/")

    assert [row.split()[0] for row in rows(page)] == ["Bilateral", "Erasmus+", "GE3"]


def test_type_that_would_read_as_two_is_refused_at_its_name(office):
    page = office.post("/admin/partners/agreementtype/add/", {"name": "Double/Degree", "position": 4})

    assert errors(page) == {
        "name": "“Double/Degree” would be read as several terms in the office's list. "
        "Leave out “/”, “&”, “,”, “;”, “and”, a free-standing “+” and “in process”."
    }
    assert AgreementType.objects.count() == 3


def test_list_of_types_makes_as_many_queries_with_300_universities_as_with_3(office):
    partners(3)
    with_3 = queries(office, "/admin/partners/agreementtype/")

    partners(297, first=4)

    assert queries(office, "/admin/partners/agreementtype/") == with_3
