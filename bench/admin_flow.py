"""Uploads a file in the admin, reads the preview, confirms it and follows to the end.

``python -m bench.admin_flow SETTINGS PAGE FILE``, where PAGE is the path of the list of universities.
What the preview asks to send back is read from its form, whatever it is.
"""

import html
import os
import re
import sys
from pathlib import Path

import django

CONFIRM = re.compile(r'<form\b[^>]*\baction="([^"]*process_import/[^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input\b[^>]*\btype="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')


def main(settings, page, file):
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    client = signed_in()
    with Path(file).open("rb") as upload:
        preview = client.post(f"{page}import/", {"import_file": upload, "format": 0, "resource": 0}, follow=True)
    action, fields = confirmation(preview)
    done = client.post(action, fields, follow=True)
    if done.status_code != 200:
        sys.exit(f"The confirmation ends with status {done.status_code}.")


def signed_in():
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("measuring"))
    return client


def confirmation(preview):
    text = preview.getvalue().decode()
    form = CONFIRM.search(text)
    if form is None:
        sys.exit(f"The preview (status {preview.status_code}) has no form to confirm: {words(text)[:2000]}")
    inputs = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(form[2])]
    return html.unescape(form[1]), {each["name"]: html.unescape(each.get("value", "")) for each in inputs}


def words(text):
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


if __name__ == "__main__":
    main(*sys.argv[1:])
