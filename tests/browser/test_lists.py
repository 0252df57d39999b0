"""The lists of the admin on screens of several widths."""

import io
from datetime import date

import pytest
from django.utils.timezone import localdate
from openpyxl import load_workbook

from partners.enums import AgreementStatus
from partners.periods import academic_year
from tests.helpers.browser import record_page_loads
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
MOST_LINES = """() => Math.max(...[...document.querySelectorAll("#result_list tbody :is(th, td)")].map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return Math.round(range.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight));
}))"""
HIDDEN_PIXELS = """() => {
  const results = document.querySelector(".results");
  return Math.max(results.scrollWidth - results.clientWidth, document.documentElement.scrollWidth - innerWidth);
}"""


@pytest.fixture
def long_names(db):
    university = UniversityFactory(name="SKEMA (CERAM + ESC Lille School of Management) Business School")
    scope = "Faculty of Mathematics and Natural Sciences"
    upcoming = AgreementFactory(
        university=university, scope=scope, valid_from=date(2990, 9, 23), valid_until=date(2999, 9, 23)
    )
    for direction in ("out", "in"):
        MobilityFactory(agreement=upcoming, direction=direction, places=12, study_levels="bachelor,master")
    AgreementFactory(university=university, status=AgreementStatus.IN_PROCESS, due_on=date(2026, 9, 23))
    AgreementFactory(
        university__name="Ecole Nationale Supérieure de Chimie de Montpellier (ENSCM)",
        status=AgreementStatus.ENDED,
        ended_on=date(2026, 9, 23),
        end_reason="merged with the University of Montpellier, whose agreement goes on",
    )


def test_agreements_fit_the_screen(coordinator_page, long_names):
    measured = {}
    for width in (1920, 1280, 1024, 390):
        coordinator_page.set_viewport_size({"width": width, "height": 900})
        coordinator_page.goto("/admin/partners/agreement/?country=DE")
        measured[width] = coordinator_page.evaluate(HIDDEN_PIXELS), coordinator_page.evaluate(MOST_LINES)

    assert [measured[width] for width in (1920, 1280)] == [(0, 1), (0, 2)]
    assert [measured[width][0] for width in (1024, 390)] == [0, 0]


def test_ends_of_this_academic_year_are_exported_in_two_page_loads(coordinator_page, erasmus):
    AgreementFactory(university__name="Marburg", valid_until=academic_year(localdate(), (9, 1)).end)
    AgreementFactory(university__name="Bonn")
    loads = record_page_loads(coordinator_page)

    coordinator_page.goto("/admin/partners/agreement/")
    coordinator_page.locator(".fold > summary", has_text="Filters").click()
    coordinator_page.get_by_role("link", name="this academic year (1)").click()
    coordinator_page.locator(".fold > summary", has_text="Export").click()
    with coordinator_page.expect_download() as download:
        coordinator_page.get_by_role("button", name="XLSX").click()

    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes()))["Register"]
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["Marburg"]
    assert download.value.suggested_filename == f"agreements-ends-academic-year-{localdate():%Y-%m-%d}.xlsx"
    assert len(loads) == 2


def test_filters_are_chosen_and_removed_by_keyboard_on_a_phone(coordinator_page, long_names):
    coordinator_page.set_viewport_size({"width": 390, "height": 800})
    coordinator_page.goto("/admin/partners/agreement/")
    filters = coordinator_page.locator(".fold > summary", has_text="Filters")

    filters.press("Enter")
    coordinator_page.get_by_role("link", name="in process (1)").press("Enter")
    coordinator_page.wait_for_url("**/?status=in-process")
    chosen = coordinator_page.locator("#result_list tbody tr").count()
    is_folded = coordinator_page.locator("#changelist-filter").is_hidden()
    coordinator_page.get_by_role("link", name="Remove the filter Status: in process").press("Enter")
    coordinator_page.wait_for_url("**/agreement/?")

    assert (chosen, is_folded, coordinator_page.locator("#result_list tbody tr").count()) == (1, True, 3)
