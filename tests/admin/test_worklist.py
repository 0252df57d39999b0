from datetime import date, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Document, University
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, links, messages, rows, text

INDEX, LIST = "/admin/", "/admin/partners/agreement/"
MINE, SECTION = f"{INDEX}?who=me", "details.worklist-section"
FAR_FUTURE = date(2999, 12, 31)
EMPTY = {
    "In process (0)": "No deal is waiting for a signature.",
    "Ending within 180 days (0)": "Nothing ends within 180 days.",
    "Expired (0)": "Nothing has expired.",
    "End not recorded (0)": "Every agreement has its last day, or is open-ended.",
    "Signed, without a document (0)": "Every agreement in force or upcoming has its document.",
    "Kept off the public list (0)": "No university is kept off the list.",
}

pytestmark = pytest.mark.django_db


def rows_by_heading(page):
    """Return the text of each section's rows by the section's heading."""
    return {element_texts(section, "h2")[0]: rows(section) for section in elements(page, SECTION)}


def section_rows(page, title):
    return next(rows for heading, rows in rows_by_heading(page).items() if heading.startswith(title))


def with_document(agreement):
    Document.objects.create(agreement=agreement, name="signed.pdf", size=1)
    return agreement


def test_empty_sections_have_a_message(coordinator_client):
    UniversityFactory()

    page = coordinator_client.get(INDEX)

    texts_by_heading = {element_texts(section, "h2")[0]: text(section) for section in elements(page, SECTION)}
    assert texts_by_heading == {heading: f"{heading} {message}" for heading, message in EMPTY.items()}


def test_section_in_process_displays_last_change_and_next_step(client, coordinator):
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
        page = client.get(INDEX)

    assert rows_by_heading(page)["In process (2)"] == [
        "Jena type unknown - nobody 14 days ago - Mark as signed",
        "Marburg Bilateral - coordinator 1 day ago Send the draft Mark as signed",
    ]


def test_section_in_process_begins_with_what_is_overdue(client, coordinator):
    for name, due_on in [
        ("Undated", None),
        ("Later", date(2026, 9, 1)),
        ("Today", date(2026, 6, 15)),
        ("Late", date(2026, 6, 14)),
    ]:
        AgreementFactory(university__name=name, status=AgreementStatus.IN_PROCESS, due_on=due_on)

    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        page = client.get(INDEX)

    due = [element_texts(row, "th, td[data-label='To be done by']") for row in elements(page, "section tbody tr")][:4]
    assert due == [
        ["Late", "14 Jun 2026 (overdue)"],
        ["Today", "15 Jun 2026"],
        ["Later", "1 Sep 2026"],
        ["Undated", "-"],
    ]
    assert attributes(page, ".deadline", "class")[:4] == [
        "deadline past",
        "deadline soon",
        "deadline near",
        "deadline ",
    ]


def test_added_document_counts_as_last_change(coordinator_client):
    with time_machine.travel("2026-06-01 12:00"):
        deal = AgreementFactory(status=AgreementStatus.IN_PROCESS)
    with_document(deal)

    page = coordinator_client.get(INDEX)

    assert " today " in section_rows(page, "In process")[0]


def test_expiring_agreements_are_ordered_and_counted(coordinator_client):
    today = localdate()
    for days in (180, 0, 90, 31, 30, 181):
        with_document(AgreementFactory(university__name=f"In {days}", valid_until=today + timedelta(days)))

    page = coordinator_client.get(INDEX)

    assert rows_by_heading(page)["Ending within 180 days (5)"] == [
        "In 0 Bilateral ends today nobody Renew",
        "In 30 Bilateral ends in 30 days nobody Renew",
        "In 31 Bilateral ends in 31 days nobody Renew",
        "In 90 Bilateral ends in 90 days nobody Renew",
        "In 180 Bilateral ends in 180 days nobody Renew",
    ]
    assert element_texts(page, "p.breakdown") == ["2 within 30 days · 4 within 90 days · 5 within 180 days"]
    breakdown = attributes(page, "p.breakdown a", "href")
    assert [count_listed(coordinator_client, url) for url in breakdown] == [2, 4, 5]


def test_section_expired_displays_renewals(coordinator_client):
    past = localdate() - timedelta(10)
    renewed = AgreementFactory(university__name="Renewed", valid_until=past)
    AgreementFactory(university=renewed.university, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university__name="Forgotten", valid_until=past - timedelta(1))

    page = coordinator_client.get(INDEX)

    assert rows_by_heading(page)["Expired (2)"] == [
        "Renewed Bilateral expired 10 days ago nobody in process",
        "Forgotten Bilateral expired 11 days ago nobody Renew",
    ]


def test_followed_agreements_are_in_no_section(coordinator_client):
    today = localdate()
    for name, last_day in [("Expired", today - timedelta(10)), ("Ending", today + timedelta(10))]:
        predecessor = AgreementFactory(university__name=name, valid_until=last_day)
        with_document(
            AgreementFactory(
                university=predecessor.university, valid_from=last_day + timedelta(1), valid_until=FAR_FUTURE
            )
        )

    page = coordinator_client.get(INDEX)

    assert rows_by_heading(page) == {heading: [] for heading in EMPTY}


def test_renewal_of_another_scope_does_not_follow(coordinator_client):
    last_day = localdate() + timedelta(10)
    university = with_document(AgreementFactory(university__name="Marburg", valid_until=last_day)).university
    faculty = {"scope": "Faculty of Law", "valid_from": last_day + timedelta(1), "is_open_ended": True}
    with_document(AgreementFactory(university=university, **faculty))

    page = coordinator_client.get(INDEX)

    assert section_rows(page, "Ending") == ["Marburg Bilateral ends in 10 days nobody Renew"]


def test_section_end_not_recorded_has_signed_agreements_of_unknown_end(coordinator_client, coordinator):
    mine = {"responsible": coordinator}
    AgreementFactory(university__name="Unknown", scope="Faculty of Law", **mine)
    AgreementFactory(university__name="Open-ended", is_open_ended=True, **mine)
    AgreementFactory(university__name="Dated", valid_until=FAR_FUTURE, **mine)
    AgreementFactory(university__name="Negotiated", status=AgreementStatus.IN_PROCESS, **mine)
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED, **mine)
    AgreementFactory(university__name="Upcoming", valid_from=date(2999, 1, 1), **mine)

    page = coordinator_client.get(MINE)

    assert [row.partition(" coordinator")[0] for row in rows_by_heading(page)["End not recorded (2)"]] == [
        "Upcoming Bilateral upcoming from 1 Jan 2999",
        "Unknown Bilateral, Faculty of Law in force",
    ]


def test_section_without_document_has_agreements_in_force_or_upcoming(coordinator_client, coordinator):
    mine = {"responsible": coordinator}
    with_document(AgreementFactory(university__name="Has one", **mine))
    withdrawn = with_document(AgreementFactory(university__name="Withdrawn", **mine))
    withdrawn.documents.update(is_withdrawn=True)
    AgreementFactory(university__name="Has none", **mine)
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED, **mine)
    AgreementFactory(university__name="Expired", valid_until=date(2000, 1, 1), **mine)
    AgreementFactory(university__name="Upcoming", valid_from=localdate() + timedelta(1), is_open_ended=True, **mine)

    page = coordinator_client.get(MINE)

    assert rows_by_heading(page)["Signed, without a document (3)"] == [
        "Upcoming Bilateral begins in 1 day coordinator",
        "Has none Bilateral end not recorded coordinator",
        "Withdrawn Bilateral end not recorded coordinator",
    ]


def test_sections_lead_to_the_pages_for_many_at_once(coordinator_client, coordinator):
    unknown = AgreementFactory(responsible=coordinator)
    back = f"next={quote(MINE, safe='')}"

    page = coordinator_client.get(MINE)

    assert links(page, ".section-action a") == [
        ("Set the dates of these", f"/admin/partners/agreement/dates/?id={unknown.pk}&{back}"),
        ("Add documents", f"/admin/partners/document/add/?{back}"),
    ]


def test_unlisted_universities_are_displayed_with_country(coordinator_client):
    UniversityFactory(name="Marburg", is_listed=False)
    UniversityFactory(name="Public")

    page = coordinator_client.get(INDEX)

    assert rows_by_heading(page)["Kept off the public list (1)"] == ["Marburg Germany"]


def count_listed(client, url):
    return len(names(client.get(url)))


@pytest.fixture
def two_per_section(coordinator):
    today = localdate()
    for user in (coordinator, None):
        AgreementFactory(status=AgreementStatus.IN_PROCESS, responsible=user)
        AgreementFactory(valid_until=today + timedelta(40), responsible=user)
        AgreementFactory(valid_until=today - timedelta(40), responsible=user)
        with_document(AgreementFactory(responsible=user, university__is_listed=False))
        chain = {"university": UniversityFactory(), "responsible": user}
        AgreementFactory(**chain, valid_until=today - timedelta(1))
        AgreementFactory(**chain, valid_from=today, valid_until=today)
        with_document(AgreementFactory(**chain, valid_from=today + timedelta(1), valid_until=FAR_FUTURE))


@pytest.mark.parametrize("query", ["", "?who=me"])
def test_section_links_to_the_counted_list(coordinator_client, two_per_section, query):
    page = coordinator_client.get(INDEX + query)

    # For everybody, what has no end or document is among the first steps.
    expected = [1, 1, 1, 1, 1, 1] if query else [2, 2, 2, 2]
    headings = element_texts(page, f"{SECTION} h2")
    assert [heading.rpartition(" ")[2] for heading in headings] == [f"({count})" for count in expected]
    urls = attributes(page, ".see-all a", "href")
    assert [count_listed(coordinator_client, url) for url in urls] == [*expected[:-1], 2]


def test_rows_link_to_their_objects(coordinator_client):
    agreement = AgreementFactory(university__is_listed=False, valid_until=localdate())

    page = coordinator_client.get(INDEX)

    name = agreement.university.name
    assert [url for label, url in links(page) if label.startswith(name)] == [
        f"{LIST}{agreement.pk}/change/?next=%2Fadmin%2F",
        f"/admin/partners/university/{agreement.university_id}/change/?next=%2Fadmin%2F",
    ]


def test_section_has_five_rows_and_a_link_to_all(coordinator_client):
    partners(7)
    Agreement.objects.update(valid_until=localdate() - timedelta(1))

    page = coordinator_client.get(INDEX)

    assert [row.split(" Bilateral")[0] for row in section_rows(page, "Expired")] == [
        f"Partner {n:04}" for n in range(1, 6)
    ]
    assert ("See all 7: Expired", f"{LIST}?status=expired&renewed=no") in links(page)


def test_selected_deals_are_signed_and_redirect_back(coordinator_client):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(3)]
    params = {"next": "/admin/?who=me", "id": [deal.pk for deal in deals[:2]]}

    page = coordinator_client.get(f"{LIST}sign/", params)
    form_data = {f"{deal.pk}-signed_on": "2026-05-01" for deal in deals[:2]}
    form_data |= {f"{deal.pk}-version": deal.history.latest().pk for deal in deals[:2]}
    response = coordinator_client.post(
        page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"], form_data, follow=True
    )

    assert response.redirect_chain == [("/admin/?who=me", 302)]
    assert messages(response)[0].startswith("Marked as signed: University of Town")
    assert [str(deal) for deal in Agreement.objects.in_process()] == [str(deals[2])]


def test_signing_without_selection_is_an_error_message(coordinator_client):
    AgreementFactory(status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(f"{LIST}sign/", {"next": "/admin/"}, follow=True)

    assert messages(page) == ["Tick the agreements first."]
    assert len(section_rows(page, "In process")) == 1


def test_assistant_sees_the_worklist_without_actions(client, assistant, two_per_section):
    client.force_login(assistant)

    page = client.get(INDEX)

    assert [len(rows) for rows in rows_by_heading(page).values()] == [2] * 4
    assert "/sign/?" not in page.content.decode()
    assert "/renew/?" not in page.content.decode()
    assert "/dates/?" not in page.content.decode()
    assert "/document/add/" not in page.content.decode()
    assert elements(page, "input[type=checkbox]") == []
    assert "ticked" not in text(page)


def test_staff_without_permissions_sees_no_worklist(client, two_per_section):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    page = client.get(INDEX)

    assert rows_by_heading(page) == {}
    assert "What waits" not in text(page)


def add_to_every_section(count, first):
    today, new = localdate(), partners(count, first)
    Agreement.objects.filter(university__in=new).update(valid_until=today + timedelta(10))
    University.objects.filter(pk__in=[university.pk for university in new]).update(is_listed=False)
    ge3, erasmus = AgreementType.objects.get(slug="ge3"), AgreementType.objects.get(slug="erasmus")
    for values in [
        {"agreement_type": ge3, "status": AgreementStatus.SIGNED, "valid_until": today - timedelta(10)},
        {"agreement_type": erasmus, "status": AgreementStatus.SIGNED},
        {"agreement_type": erasmus, "status": AgreementStatus.IN_PROCESS},
    ]:
        Agreement.objects.bulk_create(Agreement(university=university, **values) for university in new)


def test_worklist_makes_as_many_queries_with_3000_agreements_as_with_4(coordinator_client):
    add_to_every_section(1, first=1)
    with_4 = count_queries(coordinator_client, INDEX)

    add_to_every_section(749, first=2)

    assert Agreement.objects.count() == 3000
    assert count_queries(coordinator_client, INDEX) == with_4
    assert [len(rows) for rows in rows_by_heading(coordinator_client.get(INDEX)).values()] == [5] * 4
    assert len(rows(coordinator_client.get(f"{LIST}?status=in-process"))) == 100
