"""A coordinator in a separate process: fills the signing page for all agreements in process, submits on a signal."""

import sys

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from partners.models import Agreement, AgreementType, Document
from tests.helpers.files import upload
from tests.helpers.html import messages
from tests.helpers.processes import report


def sign_on_signal():
    client = Client()
    client.force_login(User.objects.get(username="coordinator"))
    ids = list(Agreement.objects.in_process().values_list("pk", flat=True))
    url = reverse("admin:partners_agreement_sign", query={"id": ids})
    form = {}
    for agreement in Agreement.objects.filter(pk__in=ids):
        form |= signing_form(agreement)
    report("ready")
    sys.stdin.readline()
    sys.stdout.write("\n".join(messages(client.post(url, form, follow=True))))


def signing_form(agreement):
    values = {
        "agreement_type": agreement.agreement_type_id or AgreementType.objects.get(slug="erasmus").pk,
        "signed_on": "2026-05-01",
        "version": agreement.history.latest().pk,
        "documents": upload(),
    }
    return {f"{agreement.pk}-{name}": value for name, value in values.items()}


def report_counts():
    """Report the numbers of agreements in process, of documents and of signatures in history."""
    signatures = Agreement.history.filter(history_change_reason="marked as signed")
    report(f"{Agreement.objects.in_process().count()} {Document.objects.count()} {signatures.count()}")
