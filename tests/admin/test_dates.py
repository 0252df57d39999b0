"""Dates in the back office: one input and one reader for all forms, and one way to write them."""

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
from tests.admin.test_admin_permissions import SITE, any_address
from tests.admin.test_roles import PAGES
from tests.factories import AgreementFactory, DocumentFactory, UniversityFactory
from tests.forms import sent
from tests.html import close, errors, text

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
OTHER_STYLES = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}\b|\b(?:{MONTHS})[a-z]*\.? \d{{1,2}}\b"
)
"""A day that is written in another way than 1 Sep 2028."""
ADDRESSES = {"agreement_sign", "agreement_renew", "agreement_end", "agreement_edit"}


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)


def change_url(agreement):
    return f"/admin/partners/agreement/{agreement.pk}/change/"


def posted_to_agreement(browser, agreement, text):
    typed = sent(browser.get(change_url(agreement)), "agreement_form")
    return browser.post(change_url(agreement), typed | {"valid_until": text}), "valid_until"


def posted_to_university(browser, agreement, text):
    url = f"/admin/partners/university/{agreement.university_id}/change/"
    typed = sent(browser.get(url), "university_form")
    return browser.post(url, typed | {"agreements-0-valid_until": text}), "agreements-0-valid_until"


def posted_to_rows(browser, agreement, text):
    typed = {"signed_on": "2026-05-01", "valid_until": text, "version": agreement.history.latest().pk}
    typed = {f"{agreement.pk}-{name}": value for name, value in typed.items()}
    return browser.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", typed), f"{agreement.pk}-valid_until"


def posted_together(browser, agreement, text):
    url = f"/admin/partners/agreement/edit/?id={agreement.pk}"
    preview = browser.post(url, {"valid_until": text})
    digest = re.search(r'name="digest" value="(\w+)"', preview.content.decode())
    return browser.post(url, {"valid_until": text, "digest": digest[1]}) if digest else preview, "valid_until"


POSTED = [posted_to_agreement, posted_to_university, posted_to_rows, posted_together]


@pytest.mark.parametrize("post", POSTED)
@pytest.mark.parametrize(
    "typed", ["2029-08-31", "31.8.2029", "31/8/2029", "8/31/2029", "31 August 2029", "31 Aug 2029"]
)
def test_date_is_read_in_any_spelling_that_means_one_day(office, agreement, post, typed):
    post(office, agreement, typed)

    assert Agreement.objects.get().valid_until == date(2029, 8, 31)


@pytest.mark.parametrize("post", POSTED)
@pytest.mark.parametrize("typed", ["01/03/2029", "1.3.2029", "1-3-2029"])
def test_date_that_may_mean_two_days_is_an_error_with_both(office, agreement, post, typed):
    page, field = post(office, agreement, typed)

    assert errors(page) == {
        field: f"“{typed}” may mean 1 Mar 2029 or 3 Jan 2029. Write the one that is meant, in that form."
    }
    assert f'type="text" name="{field}" value="{typed}"' in page.content.decode()
    assert Agreement.objects.get().valid_until is None


@pytest.mark.parametrize("post", POSTED)
def test_text_that_is_no_date_is_an_error(office, agreement, post):
    page, field = post(office, agreement, "soon")

    assert errors(page) == {field: "“soon” is not a date. Write it like 1 Feb 2025."}


def test_every_form_of_the_back_office_has_the_date_input_of_the_browser(admin_user):
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
    assert {name for _form, name, _kind in dates} == {"signed_on", "valid_from", "valid_until", "ended_on"}


@pytest.fixture
def dated(register, coordinator, admin_user):
    """The office's list, and agreements, documents and changes with days of every kind."""
    with time_machine.travel("2026-08-31 12:00"):
        days = {"signed_on": date(2025, 8, 31), "valid_from": date(2025, 9, 1), "valid_until": date(2999, 9, 30)}
        marburg = UniversityFactory(name="Marburg")
        agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, **days)
        DocumentFactory(agreement=agreement, added_by=coordinator)
        agreement.sign(date(2026, 8, 30))
        AgreementFactory(university__name="Jena", status=AgreementStatus.ENDED, ended_on=date(2026, 8, 1))
        Agreement.objects.exclude(pk=agreement.pk).update(**days)
    User.objects.update(last_login="2026-08-31T12:00Z", date_joined="2026-08-31T12:00Z")
    return agreement


def pages_of(browser, agreement):
    """Every page of the back office, those about agreements for one that has dates."""
    for name in [*SITE, *PAGES]:
        yield name, f"{any_address(name)}?id={agreement.pk}" if name in ADDRESSES else any_address(name)
    yield "its page", change_url(agreement)
    yield "its history", f"/admin/partners/agreement/{agreement.pk}/history/"
    yield "its version", f"/admin/partners/agreement/{agreement.pk}/history/{agreement.history.latest().pk}/"
    yield "its university", f"/admin/partners/university/{agreement.university_id}/change/"


def displayed_text(browser, url):
    answer = browser.get(url)
    displayed = text(answer) if answer.headers.get("Content-Type", "").startswith("text/html") else ""
    close(answer)
    return displayed


def test_every_page_of_the_back_office_writes_days_in_one_way(admin_client, dated):
    found = {name: displayed_text(admin_client, url) for name, url in pages_of(admin_client, dated)}

    assert {name: OTHER_STYLES.findall(words) for name, words in found.items() if OTHER_STYLES.search(words)} == {}
    assert sum("31 Aug 2025" in words or "31 Aug 2026" in words for words in found.values()) >= 10


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/", "As of "),
        ("/?on=2027-02-01", "1 Feb 2027"),
        ("/universities/marburg/", "30 Sep 2999"),
        ("/fr/universities/marburg/", "30 septembre 2999"),
        ("/de/universities/marburg/", "30. September 2999"),
    ],
)
def test_public_pages_write_days_in_the_way_of_their_language(client, dated, path, day):
    displayed = displayed_text(client, path).replace(f"http://testserver{path}", "")

    assert day in displayed
    assert OTHER_STYLES.findall(displayed) == []
