import re
from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, Country
from tests.factories import AgreementFactory, partners
from tests.html import queries, text

OVERVIEW = "/admin/overview/"
BY_TYPE, BY_COUNTRY = "In force, by type", "In force, by country or territory"
BY_YEAR, BY_MONTH = "Signed, by year", "Ends, by month of the next three years"

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, coordinator, erasmus):
    """On a day in June 2026, with some of everything, and one ended yesterday."""
    brazil = Country.objects.get(code="BR")
    AgreementFactory(signed_on=date(2023, 5, 1))
    AgreementFactory(signed_on=date(2023, 6, 1), valid_until=date(2026, 6, 15))
    AgreementFactory(agreement_type=erasmus, university__country=brazil, valid_until=date(2027, 1, 31))
    AgreementFactory(valid_until=date(2026, 6, 14), signed_on=date(2026, 1, 1))
    AgreementFactory(status=AgreementStatus.IN_PROCESS, valid_until=date(2027, 1, 31))
    AgreementFactory(status=AgreementStatus.ENDED, valid_until=date(2027, 1, 31))
    AgreementFactory(valid_until=date(2030, 1, 31))
    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        yield client.get(OVERVIEW)


def sections(page):
    found = re.findall(r'<section class="chart".*?</section>', page.content.decode(), re.DOTALL)
    return {text(re.search("<h2.*?</h2>", each)[0]): each for each in found}


def figures(page, title):
    """What the table under a chart has, without the lines of nought."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</th>\s*<td>(.*?)</td>", sections(page)[title], re.DOTALL)
    return {text(label): int(count) for label, count in rows if count != "0"}


def drawn(page, title, name):
    return re.findall(rf'<rect [^>]*\b{name}="([\d.]+)%?"', sections(page)[title])


def test_agreements_in_force_are_counted_by_type_and_country(page):
    assert figures(page, BY_TYPE) == {"Bilateral": 3, "Erasmus+": 1}
    assert figures(page, BY_COUNTRY) == {"Germany": 3, "Brazil": 1}


def test_bars_are_as_long_as_their_numbers(page):
    assert drawn(page, BY_TYPE, "width") == ["100.0", "33.33"]
    assert drawn(page, BY_TYPE, "x") == ["0", "0"]
    assert '<text x="0" y="16">Bilateral: 3</text>' in sections(page)[BY_TYPE]


def test_signings_are_counted_by_year_with_the_years_between(page):
    assert figures(page, BY_YEAR) == {"2023": 2, "2026": 1}
    assert drawn(page, BY_YEAR, "height") == ["120.0", "0.0", "0.0", "60.0"]


def test_ends_are_counted_by_month_from_this_one_on(page):
    labels = re.findall(r"<bdi>(.*?)</bdi>", sections(page)[BY_MONTH])

    assert figures(page, BY_MONTH) == {"June 2026": 1, "January 2027": 1}
    assert (len(labels), labels[0], labels[-1]) == (36, "June 2026", "May 2029")
    assert re.findall(r"<text[^>]*>(\d+)</text>", sections(page)[BY_MONTH]) == ["2027", "2028", "2029"]


def test_figures_lead_to_lists_of_as_many(page, client):
    links = re.findall(r'<a href="([^"]*)"><bdi>.*?</th>\s*<td>(\d+)</td>', page.content.decode(), re.DOTALL)
    told = {address.replace("&amp;", "&"): int(count) for address, count in links if count != "0"}

    assert len(told) == 2 + 2 + 2 + 2
    with time_machine.travel("2026-06-15 12:00"):
        found = {address: client.get(address).content.decode().count('class="action-checkbox"') for address in told}
    assert found == told


def test_bars_begin_on_the_right_where_one_reads_from_there(office, erasmus, monkeypatch):
    office.get(OVERVIEW)
    AgreementFactory()
    AgreementFactory()
    AgreementFactory(agreement_type=erasmus)
    monkeypatch.setattr("partners.admin.statistics.get_language_bidi", lambda: True)

    page = office.get(OVERVIEW)

    assert drawn(page, BY_TYPE, "x") == ["0.0", "50.0"]
    assert '<text x="100%" y="16">Bilateral: 2</text>' in sections(page)[BY_TYPE]


def test_empty_register_is_said_to_be_empty(office):
    page = office.get(OVERVIEW)

    assert [text(each) for each in sections(page).values()] == [
        f"{title} Nothing to draw yet." for title in (BY_TYPE, BY_COUNTRY, BY_YEAR, BY_MONTH)
    ]


def test_staff_without_permissions_is_refused(client):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert client.get(OVERVIEW).status_code == 403
    assert OVERVIEW not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_office_finds_the_overview_on_every_page(client, request, role):
    client.force_login(request.getfixturevalue(role))

    assert OVERVIEW in client.get("/admin/").content.decode()
    assert client.get(OVERVIEW).status_code == 200


def test_overview_makes_as_many_queries_with_300_agreements_as_with_3(office):
    partners(3)
    Agreement.objects.update(signed_on=date(2020, 1, 1))
    with_3 = queries(office, OVERVIEW)

    partners(297, first=4)

    assert queries(office, OVERVIEW) == with_3
    assert figures(office.get(OVERVIEW), BY_TYPE) == {"Bilateral": 300}
