"""Warning before leaving a form with unsaved changes."""

import pytest

from partners.models import Agreement, University
from tests.helpers.factories import AgreementFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture
def university(db):
    return AgreementFactory(university__name="Marburg").university


@pytest.fixture
def dialogs(coordinator_page):
    """Return the types of the dialogs opened so far. Each of them is dismissed, so that the page stays."""
    dialog_types = []

    def dismiss(dialog):
        dialog_types.append(dialog.type)
        dialog.dismiss()

    coordinator_page.on("dialog", dismiss)
    return dialog_types


def test_warning_only_if_changes_would_be_lost(coordinator_page, university, dialogs):
    url = f"/admin/partners/university/{university.pk}/change/"
    coordinator_page.goto(url)
    city, home = coordinator_page.get_by_label("City"), coordinator_page.locator("#site-name a")

    city.fill("Kassel")
    home.click()
    assert (dialogs, coordinator_page.url.endswith(url)) == (["beforeunload"], True)

    city.fill("")
    home.click()
    coordinator_page.wait_for_url("**/admin/")
    assert dialogs == ["beforeunload"]

    coordinator_page.goto(url)
    coordinator_page.get_by_role("button", name="Add another agreement").click()
    home.click()
    assert (dialogs, coordinator_page.url.endswith(url)) == (["beforeunload"] * 2, True)

    city.fill("Kassel")
    coordinator_page.get_by_role("button", name="Save", exact=True).click()
    coordinator_page.wait_for_url("**/admin/partners/university/")
    assert dialogs == ["beforeunload"] * 2
    assert University.objects.get().city == "Kassel"


def test_warning_for_form_with_errors(coordinator_page, university, dialogs):
    url = f"/admin/partners/university/{university.pk}/change/"
    coordinator_page.goto(url)
    coordinator_page.get_by_label("Name:", exact=True).fill("=1")
    coordinator_page.get_by_role("button", name="Save", exact=True).click()
    coordinator_page.get_by_text("Please correct the error below.").wait_for()

    coordinator_page.get_by_label("City").click()
    coordinator_page.locator("#site-name a").click()

    assert (dialogs, coordinator_page.url.endswith(url)) == (["beforeunload"], True)


def test_warning_on_bulk_sign_page(coordinator_page, university, dialogs):
    agreement = Agreement.objects.create(university=university, status="in_process")
    coordinator_page.goto(f"/admin/partners/agreement/sign/?id={agreement.pk}")

    coordinator_page.get_by_label("Valid until").fill("2029-09-30")
    coordinator_page.locator("#site-name a").click()

    assert dialogs == ["beforeunload"]
