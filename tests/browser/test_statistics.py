import io
from datetime import date

import openpyxl
import pytest

from tests.helpers.browser import record_page_loads
from tests.helpers.factories import AgreementFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


def test_yearly_report_of_a_past_day_is_downloaded_as_xlsx(coordinator_page):
    AgreementFactory(signed_on=date(2023, 5, 1), valid_from=date(2023, 9, 1), valid_until=date(2024, 8, 31))
    loads = record_page_loads(coordinator_page)

    coordinator_page.goto("/admin/")
    coordinator_page.get_by_role("link", name="Statistics", exact=True).click()
    coordinator_page.get_by_label("In force on").fill("2024-03-01")
    coordinator_page.get_by_label("Academic year of signatures and ends").select_option("2022/23")
    with coordinator_page.expect_download() as download:
        coordinator_page.get_by_role("button", name="Download as XLSX").click()

    workbook = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert len(loads) == 2
    assert download.value.suggested_filename == "statistics-2024-03-01.xlsx"
    assert list(workbook["Types"].values) == [("Agreement type", "Agreements"), ("Bilateral", 1), ("All", 1)]
    assert list(workbook["2022-23"].values)[1] == ("Bilateral", 1, 0, 0, 0)
