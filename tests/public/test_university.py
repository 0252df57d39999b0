from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import User

from partners.models import AgreementType
from partners.rules import Status
from tests.factories import AgreementFactory, UniversityFactory
from tests.pages import pieces, text

PAST = date(2000, 1, 1)


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def agreements(page):
    """What stands under the heading of each agreement."""
    return list(zip(pieces(page, "dt"), pieces(page, "dd"), strict=True))


def test_page_names_the_university_and_where_it_is(client, marburg):
    marburg.city = "Marburg an der Lahn"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert pieces(page, "h1") == ["Marburg"]
    assert "Marburg Marburg an der Lahn, Germany Agreements" in text(page)
    assert "<title>Marburg – Exchange Office</title>" in page.content.decode()


def test_page_leads_to_the_university_s_website(client, marburg):
    marburg.website = "https://www.uni-marburg.de/?a=1&b=2"
    marburg.save()
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    link = '<a href="https://www.uni-marburg.de/?a=1&amp;b=2" rel="external noopener">Website of the university</a>'
    assert link in page.content.decode()


def test_page_without_a_website_has_no_link_to_one(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert "Marburg Germany Agreements" in text(page)
    assert "Website" not in text(page)


def test_page_leads_back_to_the_list_and_to_the_country(client, marburg):
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert pieces(page, "nav") == ["Partner universities Germany"]
    assert '<a href="/?country=DE">' in page.content.decode()


def test_page_tells_what_each_type_means(client, marburg, erasmus):
    AgreementType.objects.filter(slug="bilateral").update(description="No tuition fee.\n\nApply by <March>.")
    AgreementType.objects.filter(slug="erasmus").update(description="With a grant.")
    AgreementFactory(university=marburg, agreement_type=erasmus)
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert agreements(page) == [
        ("Bilateral", "In force. No tuition fee. Apply by <March>."),
        ("Erasmus+", "In force. With a grant."),
    ]


@pytest.mark.parametrize(
    ("agreement", "shown"),
    [
        ({}, ("Bilateral", "In force.")),
        ({"valid_until": date(2999, 6, 30)}, ("Bilateral", "In force until June 30, 2999.")),
        (
            {"status": Status.IN_PROCESS},
            ("Bilateral", "In process. We are still negotiating: you can't apply for it yet."),
        ),
        (
            {"status": Status.IN_PROCESS, "agreement_type": None},
            ("Type not settled yet", "In process. We are still negotiating: you can't apply for it yet."),
        ),
    ],
    ids=["open-ended", "until a day", "in process", "in process of unknown type"],
)
def test_page_says_in_words_how_an_agreement_stands(client, marburg, agreement, shown):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, **agreement)

    page = client.get("/universities/marburg/")

    assert agreements(page) == [shown]


def test_page_shows_an_agreement_and_the_renewal_in_process(client, marburg):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, status=Status.IN_PROCESS)
    AgreementFactory(university=marburg)

    page = client.get("/universities/marburg/")

    assert agreements(page) == [
        ("Bilateral", "In force."),
        ("Bilateral", "In process. We are still negotiating: you can't apply for it yet."),
    ]


@pytest.mark.parametrize("past", [{"status": Status.ENDED}, {"valid_until": PAST}], ids=["ended", "expired"])
def test_page_does_not_show_the_past(client, marburg, erasmus, past):
    AgreementType.objects.update(description="")
    AgreementFactory(university=marburg, agreement_type=erasmus)
    AgreementFactory(university=marburg, **past)

    page = client.get("/universities/marburg/")

    assert agreements(page) == [("Erasmus+", "In force.")]


@pytest.mark.parametrize(
    ("moment", "heading"), [("2026-06-30 23:59", "Marburg"), ("2026-07-01 00:00", "Page not found")]
)
def test_page_stays_to_the_end_of_the_last_day(client, marburg, moment, heading):
    AgreementFactory(university=marburg, valid_until=date(2026, 6, 30))

    with time_machine.travel(moment, tick=False):
        page = client.get("/universities/marburg/")

    assert pieces(page, "h1") == [heading]


@pytest.mark.parametrize(
    ("university", "agreement"),
    [
        ({"is_listed": False}, {}),
        ({}, {"status": Status.ENDED}),
        ({}, {"valid_until": PAST}),
    ],
    ids=["kept off", "ended only", "expired only"],
)
def test_page_of_a_university_that_is_not_public_is_not_found(client, db, university, agreement):
    public = AgreementFactory(university__name="Shown").university
    hidden = AgreementFactory(university=UniversityFactory(name="Hidden", **university), **agreement).university

    answers = [client.get(each.get_absolute_url()) for each in (public, hidden)]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert [pieces(answer, "h1") for answer in answers] == [["Shown"], ["Page not found"]]
    assert "Hidden" not in answers[1].content.decode()


@pytest.mark.parametrize("slug", ["unknown", "MARBURG", "%00", "marburg%00", "x" * 5_000, "%F0%9F%8E%93"])
def test_page_at_an_unknown_address_is_not_found(client, marburg, slug):
    AgreementFactory(university=marburg)

    page = client.get(f"/universities/{slug}/")

    assert page.status_code == 404
    assert pieces(page, "h1") == ["Page not found"]
    assert "All partner universities" in text(page)


@pytest.fixture
def hidden(marburg):
    AgreementFactory(university=marburg, status=Status.ENDED)
    return "/universities/marburg/"


@pytest.mark.parametrize("role", ["coordinator", "assistant"])
def test_office_sees_the_page_of_a_hidden_university_and_that_it_is_hidden(client, request, hidden, role):
    client.force_login(request.getfixturevalue(role))

    page = client.get(hidden)

    assert "Students don't see this page. You do, because you are signed in to the office." in text(page)
    assert "No agreement is in force or in process." in text(page)
    assert "private" in page["Cache-Control"]


def test_student_with_an_account_does_not_see_a_hidden_university(client, hidden):
    client.force_login(User.objects.create_user("student"))

    assert client.get(hidden).status_code == 404


def test_office_sees_a_public_university_as_students_do(client, coordinator, marburg):
    AgreementFactory(university=marburg)
    for_students = text(client.get("/universities/marburg/"))
    client.force_login(coordinator)

    assert text(client.get("/universities/marburg/")) == for_students
