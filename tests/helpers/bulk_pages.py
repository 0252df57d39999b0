"""The pages on which an action is performed on several agreements at once, and undone."""

from django.urls import reverse

from partners.models import Run
from tests.helpers.html import attributes, form_data
from tests.helpers.import_pages import run_url

FORM = "#content form"


def perform(browser, name, *agreements, **values):
    """Submit the page of an action, with these values in the row of each agreement. Return the page that follows."""
    url = bulk_url(name, *agreements)
    typed = {f"{agreement.pk}-{field}": value for agreement in agreements for field, value in values.items()}
    page = browser.post(url, form_data(browser.get(url), FORM) | typed, follow=True)
    if page.redirect_chain:
        return page
    # The page shows first what becomes of other agreements with these dates.
    return browser.post(url, form_data(page, FORM) | typed, follow=True)


def edit_together(browser, *agreements, **values):
    """Set these values of agreements, after their preview."""
    url = bulk_url("edit", *agreements)
    data = form_data(browser.get(url), FORM) | values
    [digest] = attributes(browser.post(url, data), "button[name=digest]", "value")
    return browser.post(url, data | {"digest": digest}, follow=True)


def undo_latest_run(browser):
    return browser.post(run_url(Run.objects.latest("pk"), "undo/"), follow=True)


def bulk_url(name, *agreements):
    return reverse(f"admin:partners_agreement_{name}", query={"id": [agreement.pk for agreement in agreements]})
