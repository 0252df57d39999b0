import re

import pytest
from django.contrib.auth.models import User

from partners.models import CalendarLink
from tests.html import messages, text

pytestmark = pytest.mark.django_db

PAGE = "/admin/calendar/"


def link_of(page):
    return re.search(r'value="(https://partners\.example\.edu/calendar/([\w-]{43})\.ics)"', page.content.decode())


def opens(client, link):
    return client.get(link[1].removeprefix("https://partners.example.edu")).status_code == 200


def test_link_is_shown_once_and_opens_the_calendar(office, coordinator):
    offered = text(office.get(PAGE))
    made = office.post(PAGE)
    afterwards = office.get(PAGE)

    assert "For that you need a private link." in offered
    assert opens(office, link_of(made))
    assert "You have a calendar link, made on" in text(afterwards)
    assert link_of(afterwards) is None
    assert CalendarLink.objects.get().include_all is False
    assert link_of(made)[2] not in CalendarLink.objects.get().token_hash


def test_link_can_be_of_all_agreements(office, coordinator):
    office.post(PAGE, {"include_all": "on"})

    assert CalendarLink.objects.get().include_all is True
    assert 'name="include_all" id="id_is_of_all" checked' in office.get(PAGE).content.decode()


def test_new_link_makes_the_old_one_void(office):
    old, new = link_of(office.post(PAGE)), link_of(office.post(PAGE))

    assert (opens(office, old), opens(office, new)) == (False, True)


def test_link_that_is_given_up_opens_nothing(office):
    link = link_of(office.post(PAGE))

    page = office.post(PAGE, {"give_up": "yes"}, follow=True)

    assert messages(page) == ["The link no longer opens your calendar."]
    assert opens(office, link) is False
    assert "For that you need a private link." in text(page)


def test_giving_up_leaves_the_links_of_others(office, assistant):
    CalendarLink.make(assistant, include_all=True)
    office.post(PAGE)

    office.post(PAGE, {"give_up": "yes"})

    assert [link.user for link in CalendarLink.objects.all()] == [assistant]


def test_who_may_see_no_agreement_has_no_calendar(client):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(PAGE).status_code == 403
    assert "My calendar" not in text(client.get("/admin/"))


def test_assistant_has_a_calendar_too(client, assistant):
    client.force_login(assistant)

    assert opens(client, link_of(client.post(PAGE)))
    assert "My calendar" in text(client.get("/admin/"))
