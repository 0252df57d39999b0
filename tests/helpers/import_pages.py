"""The pages on which a file is imported, and those of import runs."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile

IMPORT, CONFIRM = "/admin/partners/university/import/", "/admin/partners/university/process_import/"


def upload(browser, content, resource=""):
    file = SimpleUploadedFile("partners.tsv", content, "text/tab-separated-values")
    return browser.post(IMPORT, {"import_file": file, "format": "0", "resource": resource})


def confirm(browser, preview):
    """Submit the confirmation form of a preview."""
    form = re.search(rf'<form[^>]*action="{CONFIRM}".*?</form>', preview.content.decode(), re.DOTALL)[0]
    inputs = [dict(re.findall(r'\b(name|value)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form)]
    data = {attributes["name"]: attributes.get("value", "") for attributes in inputs if "name" in attributes}
    return browser.post(CONFIRM, data, follow=True)


def run_url(run, step=""):
    return f"/admin/partners/importrun/{run.pk}/{step or 'change/'}"
