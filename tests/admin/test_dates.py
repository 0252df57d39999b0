"""Dates in the admin: one form field for all forms, and one output format."""

import re
from datetime import date

import pytest
import time_machine
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.helpers.admin_urls import PAGE_STATUSES, SITE_STATUSES, page_url
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import (
    AgreementFactory,
    ApplicationRoundFactory,
    DocumentFactory,
    MobilityFactory,
    UniversityFactory,
)
from tests.helpers.html import attributes, close_response, elements, errors, form_data, text

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
OTHER_DATE_FORMATS = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}\b|\b(?:{MONTHS})[a-z]*\.? \d{{1,2}}\b"
)
"""A date in another format than 1 Sep 2028."""
URL_NAMES_WITH_IDS = {"agreement_sign", "agreement_renew", "agreement_end", "agreement_dates", "agreement_edit"}


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)


def change_url(agreement):
    return f"/admin/partners/agreement/{agreement.pk}/change/"


def post_agreement_form(client, agreement, text):
    typed = form_data(client.get(change_url(agreement)), "#agreement_form")
    return client.post(change_url(agreement), typed | {"valid_until": text}), "valid_until"


def post_university_form(client, agreement, text):
    url = f"/admin/partners/university/{agreement.university_id}/change/"
    typed = form_data(client.get(url), "#university_form")
    return client.post(url, typed | {"agreements-0-valid_until": text}), "agreements-0-valid_until"


def post_bulk_sign_form(client, agreement, text):
    typed = {"signed_on": "2026-05-01", "valid_until": text, "version": agreement.history.latest().pk}
    typed = {f"{agreement.pk}-{name}": value for name, value in typed.items()}
    return client.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", typed), f"{agreement.pk}-valid_until"


def post_bulk_edit_form(client, agreement, text):
    url = f"/admin/partners/agreement/edit/?id={agreement.pk}"
    preview = client.post(url, NO_ROWS | {"valid_until": text})
    digests = attributes(preview, "button[name=digest]", "value")
    return client.post(
        url, NO_ROWS | {"valid_until": text, "digest": digests[0]}
    ) if digests else preview, "valid_until"


POST_FUNCTIONS = [post_agreement_form, post_university_form, post_bulk_sign_form, post_bulk_edit_form]


@pytest.mark.parametrize("post", POST_FUNCTIONS)
@pytest.mark.parametrize(
    "typed", ["2029-08-31", "31.8.2029", "31/8/2029", "8/31/2029", "31 August 2029", "31 Aug 2029"]
)
def test_unambiguous_date_is_accepted_in_any_format(coordinator_client, agreement, post, typed):
    post(coordinator_client, agreement, typed)

    assert Agreement.objects.get().valid_until == date(2029, 8, 31)


@pytest.mark.parametrize("post", POST_FUNCTIONS)
@pytest.mark.parametrize("typed", ["01/03/2029", "1.3.2029", "1-3-2029"])
def test_ambiguous_date_is_an_error_that_names_both_days(coordinator_client, agreement, post, typed):
    page, field = post(coordinator_client, agreement, typed)

    assert errors(page) == {
        field: f"“{typed}” may mean 1 Mar 2029 or 3 Jan 2029. Write the one that is meant, in that form."
    }
    [date_input] = elements(page, f'input[name="{field}"]')
    assert (date_input.type, date_input.value) == ("text", typed)
    assert Agreement.objects.get().valid_until is None


@pytest.mark.parametrize("post", POST_FUNCTIONS)
def test_text_that_is_no_date_is_an_error(coordinator_client, agreement, post):
    page, field = post(coordinator_client, agreement, "soon")

    assert errors(page) == {field: "“soon” is not a date. Write it like 1 Feb 2025."}


def test_all_admin_forms_have_native_date_inputs(admin_user):
    request = RequestFactory().get(reverse("admin:index"))
    request.user = admin_user
    screens = admin.site._registry.values()
    found = [screen.get_form(request) for screen in screens if screen.has_add_permission(request)]
    found += [screen.get_form(request, screen.model.objects.first(), change=True) for screen in screens]
    found += [inline.get_formset(request).form for screen in screens for inline in screen.get_inline_instances(request)]
    dates = [
        (form.__name__, name, field.widget.input_type)
        for form in found
        for name, field in form.base_fields.items()
        if isinstance(field, (forms.DateField, forms.DateTimeField, forms.SplitDateTimeField))
    ]

    assert {kind for *_names, kind in dates} == {"date"}
    names = {"signed_on", "valid_from", "valid_until", "ended_on", "due_on", "opens", "closes"}
    assert {name for _form, name, _kind in dates} == names


@pytest.fixture
def dated(register, coordinator, admin_user):
    """Create agreements, documents and changes with dates in all fields, besides the office's list."""
    with time_machine.travel("2026-08-31 12:00"):
        days = {"signed_on": date(2025, 8, 31), "valid_from": date(2025, 9, 1), "valid_until": date(2999, 9, 30)}
        marburg = UniversityFactory(name="Marburg")
        agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, **days)
        ApplicationRoundFactory()
        DocumentFactory(agreement=agreement, added_by=coordinator)
        MobilityFactory(agreement=agreement)
        agreement.sign(date(2026, 8, 30))
        AgreementFactory(university__name="Jena", status=AgreementStatus.ENDED, ended_on=date(2026, 8, 1))
        Agreement.objects.exclude(pk=agreement.pk).update(**days)
    User.objects.update(last_login="2026-08-31T12:00Z", date_joined="2026-08-31T12:00Z")
    return agreement


def pages_of(client, agreement):
    """Yield name and URL of every admin page. Those of agreements are for one with dates."""
    for name in [*SITE_STATUSES, *PAGE_STATUSES]:
        yield name, f"{page_url(name)}?id={agreement.pk}" if name in URL_NAMES_WITH_IDS else page_url(name)
    yield "its page", change_url(agreement)
    yield "its history", f"/admin/partners/agreement/{agreement.pk}/history/"
    yield "its version", f"/admin/partners/agreement/{agreement.pk}/history/{agreement.history.latest().pk}/"
    yield "its university", f"/admin/partners/university/{agreement.university_id}/change/"


def displayed_text(client, url):
    response = client.get(url)
    displayed = text(response) if response.headers.get("Content-Type", "").startswith("text/html") else ""
    close_response(response)
    return displayed


def test_all_admin_pages_have_the_same_date_format(admin_client, dated):
    found = {name: displayed_text(admin_client, url) for name, url in pages_of(admin_client, dated)}

    assert {
        name: OTHER_DATE_FORMATS.findall(page_text)
        for name, page_text in found.items()
        if OTHER_DATE_FORMATS.search(page_text)
    } == {}
    assert sum("31 Aug 2025" in page_text or "31 Aug 2026" in page_text for page_text in found.values()) >= 10


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/", "As of "),
        ("/universities/marburg/", "30 Sep 2999"),
        ("/fr/universities/marburg/", "30 septembre 2999"),
        ("/de/universities/marburg/", "30. September 2999"),
    ],
)
def test_public_pages_have_the_date_format_of_their_language(client, dated, path, day):
    displayed = displayed_text(client, path).replace(f"http://testserver{path}", "")

    assert day in displayed
    assert OTHER_DATE_FORMATS.findall(displayed) == []
