import re
from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.html import escape
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Document, University
from tests.factories import AgreementFactory, UniversityFactory, partners
from tests.html import messages, queries, rows, text

FRONT, LIST = "/admin/", "/admin/partners/agreement/"
EMPTY = {
    "In process (0)": "No deal is waiting for a signature.",
    "Ending within 180 days (0)": "Nothing ends within 180 days.",
    "Expired (0)": "Nothing has expired.",
    "Signed, without a document (0)": "Every agreement in force has its document.",
    "Kept off the public list (0)": "No university is kept off the list.",
}

pytestmark = pytest.mark.django_db


def sections(page):
    return re.findall(r"<section\b.*?</section>", page.content.decode(), re.DOTALL)


def groups(page):
    """The lines of each group by its heading."""
    return {text(re.search(r"<h2.*?</h2>", each, re.DOTALL)[0]): rows_in(each) for each in sections(page)}


def rows_in(section):
    bodies = re.findall(r"<tbody>.*?</tbody>", section, re.DOTALL)
    return [text(row) for body in bodies for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]


def group(page, title):
    return next(lines for heading, lines in groups(page).items() if heading.startswith(title))


def links(page, words):
    return [
        address.replace("&amp;", "&") for address in re.findall(rf'<a href="([^"]*)">{words}', page.content.decode())
    ]


def with_document(agreement):
    Document.objects.create(agreement=agreement, name="signed.pdf", size=1)
    return agreement


def test_empty_register_has_a_kind_word_for_each_group(office):
    page = office.get(FRONT)

    told = [re.split(r"(?<=\(0\)) ", text(section)) for section in sections(page)]
    assert dict(told) == EMPTY


def test_deals_in_process_stand_with_what_they_wait_for(client, coordinator):
    with time_machine.travel("2026-06-01 12:00"):
        deal = AgreementFactory(
            university__name="Marburg",
            status=AgreementStatus.IN_PROCESS,
            next_step="Send the draft",
            responsible=coordinator,
        )
        AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS, agreement_type=None)
    with time_machine.travel("2026-06-14 12:00"):
        deal.save()
    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        page = client.get(FRONT)

    assert groups(page)["In process (2)"] == [
        "Jena type unknown 14 days ago - nobody Mark as signed",
        "Marburg Bilateral 1 day ago Send the draft coordinator Mark as signed",
    ]


def test_document_is_a_movement_of_its_agreement(office):
    with time_machine.travel("2026-06-01 12:00"):
        deal = AgreementFactory(status=AgreementStatus.IN_PROCESS)
    with_document(deal)

    page = office.get(FRONT)

    assert " today " in group(page, "In process")[0]


def test_ends_stand_soonest_first_with_their_counts(office):
    today = localdate()
    for days in (180, 0, 90, 31, 30, 181):
        with_document(AgreementFactory(university__name=f"In {days}", valid_until=today + timedelta(days)))

    page = office.get(FRONT)

    assert groups(page)["Ending within 180 days (5)"] == [
        "In 0 Bilateral ends today nobody Renew",
        "In 30 Bilateral ends in 30 days nobody Renew",
        "In 31 Bilateral ends in 31 days nobody Renew",
        "In 90 Bilateral ends in 90 days nobody Renew",
        "In 180 Bilateral ends in 180 days nobody Renew",
    ]
    parts = re.search(r'<p class="parts">(.*?)</p>', page.content.decode(), re.DOTALL)[1]
    assert text(parts) == "2 within 30 days · 4 within 90 days · 5 within 180 days"
    assert [count_listed(office, address) for address in re.findall('href="([^"]*)"', parts)] == [2, 4, 5]


def test_expired_stands_with_its_renewal(office):
    past = localdate() - timedelta(10)
    renewed = AgreementFactory(university__name="Renewed", valid_until=past)
    AgreementFactory(university=renewed.university, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university__name="Forgotten", valid_until=past - timedelta(1))

    page = office.get(FRONT)

    assert groups(page)["Expired (2)"] == [
        "Renewed Bilateral expired 10 days ago nobody in process",
        "Forgotten Bilateral expired 11 days ago nobody Renew",
    ]


def test_signed_agreements_in_force_stand_until_they_have_a_document(office):
    with_document(AgreementFactory(university__name="Has one"))
    withdrawn = with_document(AgreementFactory(university__name="Withdrawn"))
    withdrawn.documents.update(is_withdrawn=True)
    AgreementFactory(university__name="Has none")
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Expired", valid_until=date(2000, 1, 1))

    page = office.get(FRONT)

    assert groups(page)["Signed, without a document (2)"] == [
        "Has none Bilateral open-ended nobody",
        "Withdrawn Bilateral open-ended nobody",
    ]


def test_universities_kept_off_the_list_stand_with_their_country(office):
    UniversityFactory(name="Marburg", is_listed=False)
    UniversityFactory(name="Public")

    page = office.get(FRONT)

    assert groups(page)["Kept off the public list (1)"] == ["Marburg Germany"]


def count_listed(browser, address):
    return len(re.findall(r'class="action-checkbox"', browser.get(address.replace("&amp;", "&")).content.decode()))


@pytest.fixture
def some_of_each(coordinator):
    today = localdate()
    for person in (coordinator, None):
        AgreementFactory(status=AgreementStatus.IN_PROCESS, responsible=person)
        AgreementFactory(valid_until=today + timedelta(40), responsible=person)
        AgreementFactory(valid_until=today - timedelta(40), responsible=person)
        with_document(AgreementFactory(responsible=person, university__is_listed=False))


@pytest.mark.parametrize("whose", ["", "?who=me"])
def test_heading_opens_the_list_of_as_many(office, some_of_each, whose):
    page = office.get(FRONT + whose)

    told = re.findall(r'<h2[^>]*><a href="([^"]*)">.*?\((\d+)\)', page.content.decode())
    share = 1 if whose else 2
    assert [int(count) for _address, count in told] == [share] * 5
    assert [count_listed(office, address) for address, _count in told[:4]] == [share] * 4
    assert count_listed(office, told[4][0]) == 2


def test_line_opens_what_it_is_about(office):
    agreement = AgreementFactory(university__is_listed=False, valid_until=localdate())

    page = office.get(FRONT)

    name = escape(agreement.university.name)
    assert links(page, f"<bdi>{name}") == [
        *[f"{LIST}{agreement.pk}/change/"] * 2,
        f"/admin/partners/university/{agreement.university_id}/change/",
    ]


def test_group_shows_20_lines_and_counts_the_rest(office):
    partners(23)

    page = office.get(FRONT)

    lines = groups(page)["Signed, without a document (23)"]
    assert [line.split(" Bilateral")[0] for line in lines] == [f"Partner {n:04}" for n in range(23, 3, -1)]
    assert links(page, "and 3 more") == [f"{LIST}?status=in-force&document=without"]


def test_ticked_deals_are_signed_and_lead_back(office):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(3)]
    form = {"next": "/admin/?who=me", "id": [deal.pk for deal in deals[:2]]}

    page = office.get(f"{LIST}sign/", form)
    typed = {f"{deal.pk}-signed_on": "2026-05-01" for deal in deals[:2]}
    typed |= {f"{deal.pk}-version": deal.history.latest().pk for deal in deals[:2]}
    answer = office.post(page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"], typed, follow=True)

    assert answer.redirect_chain == [("/admin/?who=me", 302)]
    assert messages(answer)[0].startswith("Marked as signed: University of Town")
    assert [str(deal) for deal in Agreement.objects.in_process()] == [str(deals[2])]


def test_nothing_ticked_is_said(office):
    AgreementFactory(status=AgreementStatus.IN_PROCESS)

    page = office.get(f"{LIST}sign/", {"next": "/admin/"}, follow=True)

    assert messages(page) == ["Tick the agreements first."]
    assert len(group(page, "In process")) == 1


def test_assistant_sees_the_worklist_and_signs_nothing(client, assistant, some_of_each):
    client.force_login(assistant)

    page = client.get(FRONT)

    assert [len(lines) for lines in groups(page).values()] == [2] * 5
    assert "/sign/?" not in page.content.decode()
    assert "/renew/?" not in page.content.decode()
    assert 'type="checkbox"' not in page.content.decode()
    assert "ticked" not in text(page)


def test_staff_without_permissions_sees_no_worklist(client, some_of_each):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    page = client.get(FRONT)

    assert groups(page) == {}
    assert "What waits" not in text(page)


def many(number, first):
    """A number of lines in each of the groups."""
    today, new = localdate(), partners(number, first)
    Agreement.objects.filter(university__in=new).update(valid_until=today + timedelta(10))
    University.objects.filter(pk__in=[each.pk for each in new]).update(is_listed=False)
    ge3, erasmus = AgreementType.objects.get(slug="ge3"), AgreementType.objects.get(slug="erasmus")
    for values in [
        {"agreement_type": ge3, "status": AgreementStatus.SIGNED, "valid_until": today - timedelta(10)},
        {"agreement_type": erasmus, "status": AgreementStatus.IN_PROCESS},
    ]:
        Agreement.objects.bulk_create(Agreement(university=each, **values) for each in new)


def test_worklist_makes_as_many_queries_with_3000_agreements_as_with_3(office):
    many(1, first=1)
    with_3 = queries(office, FRONT)

    many(999, first=2)

    assert Agreement.objects.count() == 3000
    assert queries(office, FRONT) == with_3
    assert [len(lines) for lines in groups(office.get(FRONT)).values()] == [20] * 5
    assert len(rows(office.get(f"{LIST}?status=in-process"))) == 100
