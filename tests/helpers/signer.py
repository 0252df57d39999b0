"""A coordinator in a separate process, who opens a page on which agreements are signed, and submits it on a signal."""

import sys

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Document, University
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.files import upload
from tests.helpers.html import attributes, element_texts, form_data, messages
from tests.helpers.processes import report
from tests.helpers.signing_page import bulk_url


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


def add_competing_renewals(*years):
    """Add a university for each year, with a running agreement and two in process that overlap from that year on.

    One of the two is of unknown type, as only one of a type is in process.
    """
    for number, year in enumerate(map(int, years)):
        university = UniversityFactory(name=f"Round {number:02}")
        AgreementFactory(university=university, valid_from="2005-09-01")
        deal = {"university": university, "status": AgreementStatus.IN_PROCESS}
        AgreementFactory(**deal, valid_from=f"{year}-09-01")
        AgreementFactory(**deal, valid_from=f"{year + 1}-09-01", agreement_type=None)


def sign_competing_renewals(position, page):
    """Sign the first or the second of each university, on the signing page or on its own, each on a signal."""
    client = Client()
    client.force_login(User.objects.get(username="coordinator"))
    for university in University.objects.filter(name__startswith="Round").order_by("name"):
        deal = university.agreements.in_process().order_by("pk")[int(position)]
        url, form = (open_signing_page if page == "signing" else open_agreement_page)(client, deal)
        report("ready")
        sys.stdin.readline()
        response = client.post(url, form, follow=True)
        report(" | ".join([*messages(response), *element_texts(response, ".errorlist li")]))


def open_signing_page(client, deal):
    url, bilateral = bulk_url(deal), AgreementType.objects.get(slug="bilateral")
    typed = {f"{deal.pk}-agreement_type": bilateral.pk}
    page = client.get(url)
    if deal.agreement_type is None:  # The page displays the effects once the type is known.
        page = client.post(url, form_data(page, ".bulk-form") | typed)
    return url, form_data(page, ".bulk-form") | typed


def open_agreement_page(client, deal):
    """Return the form with the tick that the effects are right, which the page displays at a first attempt."""
    url, bilateral = f"/admin/partners/agreement/{deal.pk}/change/", AgreementType.objects.get(slug="bilateral")
    form = form_data(client.get(url), "#agreement_form")
    form |= {"agreement_type": bilateral.pk, "status": AgreementStatus.SIGNED}
    [effects] = attributes(client.post(url, form), "[name=valid_from-confirmed]", "value")
    return url, form | {"valid_from-confirmed": effects}


def report_periods():
    """Report the signed periods of each university of the rounds."""
    for university in University.objects.filter(name__startswith="Round").order_by("name"):
        periods = university.agreements.signed().order_by("valid_from").values_list("valid_from", "valid_until")
        report(" ".join(f"{start}..{end or ''}" for start, end in periods))
