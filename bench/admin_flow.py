"""Upload a file in the admin, submit the preview's confirmation form and follow the redirects.

``python -m bench.admin_flow SETTINGS CHANGELIST_PATH FILE`` with the path of the changelist of universities.
The hidden fields of the confirmation are read from the preview.
"""

import html
import os
import re
import sys
from pathlib import Path

import django

CONFIRM_FORM_RE = re.compile(r'<form\b[^>]*\baction="([^"]*process_import/[^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN_INPUT_RE = re.compile(r'<input\b[^>]*\btype="hidden"[^>]*>')
ATTRIBUTE_RE = re.compile(r'\b(name|value)="([^"]*)"')


def main(settings, changelist_path, file):
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    client = create_client()
    with Path(file).open("rb") as upload:
        form_data = {"import_file": upload, "format": 0, "resource": 0}
        preview = client.post(f"{changelist_path}import/", form_data, follow=True)
    action, hidden_fields = parse_confirm_form(preview)
    response = client.post(action, hidden_fields, follow=True)
    if response.status_code != 200:
        sys.exit(f"The confirmation ends with status {response.status_code}.")


def create_client():
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("measuring"))
    return client


def parse_confirm_form(preview):
    """Return the action and the hidden fields of the confirmation form; exit if the page has none."""
    page = preview.getvalue().decode()
    form = CONFIRM_FORM_RE.search(page)
    if form is None:
        text = " ".join(re.sub(r"<[^>]*>", " ", page).split())
        sys.exit(f"The preview (status {preview.status_code}) has no form to confirm: {text[:2000]}")
    inputs = [dict(ATTRIBUTE_RE.findall(tag)) for tag in HIDDEN_INPUT_RE.findall(form[2])]
    return html.unescape(form[1]), {field["name"]: html.unescape(field.get("value", "")) for field in inputs}


if __name__ == "__main__":
    main(*sys.argv[1:])
