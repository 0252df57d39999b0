import re

import pytest
from django.contrib.auth.models import User

from partners.models import CalendarLink
from tests.helpers.html import attributes, elements, messages, text

pytestmark = pytest.mark.django_db

PAGE = "/admin/calendar/"


def find_link(page):
    """Return the URL of a calendar on the page, None if there is none."""
    return next(iter(attributes(page, 'input[value^="https://partners.example.edu/calendar/"]', "value")), None)


def token(link):
    return re.fullmatch(r"https://partners\.example\.edu/calendar/([\w-]{43})\.ics", link)[1]


def link_works(client, link):
    return client.get(link.removeprefix("https://partners.example.edu")).status_code == 200


def test_link_is_displayed_once_and_works(coordinator_client, coordinator):
    before = text(coordinator_client.get(PAGE))
    created = coordinator_client.post(PAGE)
    after = coordinator_client.get(PAGE)

    assert "Make a private link, and subscribe to it." in before
    assert link_works(coordinator_client, find_link(created))
    assert "You made a calendar link on" in text(after)
    assert find_link(after) is None
    assert CalendarLink.objects.get().include_all is False
    assert token(find_link(created)) not in CalendarLink.objects.get().token_hash


def test_link_can_include_all_agreements(coordinator_client, coordinator):
    coordinator_client.post(PAGE, {"include_all": "on"})

    assert CalendarLink.objects.get().include_all is True
    assert [box.checked for box in elements(coordinator_client.get(PAGE), "input[name=include_all]")] == [True]


def test_new_link_invalidates_old_one(coordinator_client):
    old, new = find_link(coordinator_client.post(PAGE)), find_link(coordinator_client.post(PAGE))

    assert (link_works(coordinator_client, old), link_works(coordinator_client, new)) == (False, True)


def test_revoked_link_does_not_work(coordinator_client):
    link = find_link(coordinator_client.post(PAGE))

    page = coordinator_client.post(PAGE, {"revoke": "yes"}, follow=True)

    assert messages(page) == ["The link no longer opens your calendar."]
    assert link_works(coordinator_client, link) is False
    assert "Make a private link, and subscribe to it." in text(page)


def test_revoking_keeps_links_of_other_users(coordinator_client, assistant):
    CalendarLink.issue_token(assistant, include_all=True)
    coordinator_client.post(PAGE)

    coordinator_client.post(PAGE, {"revoke": "yes"})

    assert [link.user for link in CalendarLink.objects.all()] == [assistant]


def test_user_without_view_permission_has_no_calendar(client):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(PAGE).status_code == 403
    assert "calendar" not in text(client.get("/admin/account/"))


def test_assistant_can_create_link(client, assistant):
    client.force_login(assistant)

    assert link_works(client, find_link(client.post(PAGE)))
    assert "Change the calendar link" in text(client.get("/admin/account/"))
