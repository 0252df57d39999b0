"""The pages on which a file is imported, and those of runs."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.helpers.html import form_data

IMPORT, CONFIRM = "/admin/partners/university/import/", "/admin/partners/university/process_import/"


def upload(browser, content):
    file = SimpleUploadedFile("partners.tsv", content, "text/tab-separated-values")
    return browser.post(IMPORT, {"import_file": file})


def confirm(browser, preview):
    """Submit the confirmation form of a preview."""
    data = form_data(preview, f'form[action="{CONFIRM}"]')
    return browser.post(CONFIRM, data, follow=True)


def run_url(run, step=""):
    return f"/admin/partners/run/{run.pk}/{step or 'change/'}"
