"""Two people with the same university open, each at a computer of their own."""

import re

import pytest

from partners.models import University
from tests.browser.conftest import sign_in
from tests.conftest import staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def slower(request, chromium, live_server, coordinator):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=request.param)
    yield sign_in(context.new_page(), coordinator)
    context.close()


@pytest.fixture
def faster(page, db):
    return sign_in(page, staff("anna", "Exchange coordinators"))


def test_second_to_save_is_told_and_neither_loses_anything(slower, faster, register):
    drexel = University.objects.get(name="Drexel University")
    for page in (slower, faster):
        page.goto(f"/admin/partners/university/{drexel.pk}/change/")
    faster.get_by_label("City").fill("Philadelphia")
    faster.get_by_label("Website").fill("https://drexel.edu")
    faster.get_by_label("Valid until").first.fill("2027-08-31")
    save(faster)

    slower.get_by_label("City").fill("Philadelphia, PA")
    slower.get_by_label("Valid until").first.fill("2028-08-31")
    slower.get_by_label("Valid from").nth(1).fill("2026-09-01")
    save(slower)

    told = slower.get_by_role("region", name="A colleague was faster").get_by_role("listitem").all_inner_texts()
    assert [[re.sub(r", \d.*", "", line) for line in each.splitlines()[:3]] for each in told] == [
        ["City: – → Philadelphia", "anna", "Yours: Philadelphia, PA"],
        ["Website: – → https://drexel.edu", "anna", "Taken over, as you had left it as it was."],
        ["Valid until: – → 31 Aug 2027", "anna", "Yours: 31 Aug 2028"],
    ]
    drexel.refresh_from_db()
    assert (drexel.city, drexel.website) == ("Philadelphia", "https://drexel.edu")

    slower.get_by_label("Take over what your colleague wrote: City").check()
    save(slower)

    drexel.refresh_from_db()
    assert (drexel.city, drexel.website) == ("Philadelphia", "https://drexel.edu")
    days = drexel.agreements.ordered_by_type().values_list("valid_from", "valid_until")
    assert [tuple(day and day.isoformat() for day in each) for each in days] == [
        (None, "2028-08-31"),
        ("2026-09-01", None),
    ]


def save(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
