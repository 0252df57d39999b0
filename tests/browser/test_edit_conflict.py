"""Two users edit the same university in two browsers."""

import re

import pytest

from partners.groups import Role
from partners.models import University
from tests.helpers.browser import record_page_loads, sign_in
from tests.helpers.factories import create_staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def second_page(request, chromium, live_server, coordinator):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=request.param)
    yield sign_in(context.new_page(), coordinator)
    context.close()


@pytest.fixture
def first_page(page, db):
    return sign_in(page, create_staff("anna", Role.COORDINATOR))


def test_second_to_save_sees_conflicts_and_no_input_is_lost(second_page, first_page, register):
    drexel = University.objects.get(name="Drexel University")
    for page in (second_page, first_page):
        page.goto(f"/admin/partners/university/{drexel.pk}/change/")
    first_page.get_by_label("City").fill("Philadelphia")
    first_page.get_by_label("Website").fill("https://drexel.edu")
    first_page.get_by_label("Valid until").first.fill("2027-08-31")
    save(first_page)

    loads = record_page_loads(second_page)
    second_page.get_by_label("City").fill("Philadelphia, PA")
    second_page.get_by_label("Valid until").first.fill("2028-08-31")
    second_page.get_by_label("Valid from").nth(1).fill("2026-09-01")
    save(second_page)

    reported = (
        second_page.get_by_role("region", name="A colleague was faster").get_by_role("listitem").all_inner_texts()
    )
    assert [[re.sub(r", \d.*", "", line) for line in item.splitlines()[:3]] for item in reported] == [
        ["City: – → Philadelphia", "anna", "Yours: Philadelphia, PA"],
        ["Website: – → https://drexel.edu", "anna", "Taken over, as you had left it as it was."],
        ["Valid until: – → 31 Aug 2027", "anna", "Yours: 31 Aug 2028"],
    ]
    drexel.refresh_from_db()
    assert (drexel.city, drexel.website) == ("Philadelphia", "https://drexel.edu")

    second_page.get_by_label("Take over what your colleague wrote: City").check()
    save(second_page)

    assert len(loads) == 2
    drexel.refresh_from_db()
    assert (drexel.city, drexel.website) == ("Philadelphia", "https://drexel.edu")
    periods = drexel.agreements.ordered_by_type().values_list("valid_from", "valid_until")
    assert [tuple(day and day.isoformat() for day in period) for period in periods] == [
        (None, "2028-08-31"),
        ("2026-09-01", None),
    ]


def save(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
