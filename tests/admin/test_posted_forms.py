"""Submitted data with wrong form counts; titles of pages with invalid forms."""

import pytest
from django.contrib.auth.models import Group, User

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.helpers.factories import AgreementFactory, DocumentFactory, UniversityFactory
from tests.helpers.html import attributes, element_texts, elements, errors, form_data, text, title

INCOMPLETE = "The page was not sent whole, and nothing was saved. Open it again."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def superuser(client, db):
    client.force_login(User.objects.create_superuser("superuser"))
    return client


def change_url(obj):
    return f"/admin/{obj._meta.label_lower.replace('.', '/')}/{obj.pk}/change/"


def post(browser, obj, **values):
    data = form_data(browser.get(change_url(obj)), f"#{obj._meta.model_name}_form")
    return browser.post(change_url(obj), data | values)


def displayed_names(page):
    """Return the name of the object in the title, the heading and the breadcrumbs."""
    [crumbs] = element_texts(page, ".breadcrumbs")
    tab = title(page).removeprefix("Error: ").partition(" | ")[0]
    return [tab, element_texts(page, "h2")[0], crumbs.rpartition("› ")[2]]


@pytest.mark.parametrize("count", ["INITIAL_FORMS", "TOTAL_FORMS"])
def test_document_forms_are_limited_to_submitted_rows(coordinator_client, marburg, count):
    agreement = AgreementFactory(university=marburg)
    DocumentFactory(agreement=agreement)

    page = post(coordinator_client, agreement, notes="New", **{f"documents-{count}": "3000"})

    assert len(elements(page, 'input[name$="-id"][value]')) == 1
    assert INCOMPLETE in text(page)
    assert Agreement.objects.get().notes == ""


@pytest.mark.parametrize("count", ["INITIAL_FORMS", "TOTAL_FORMS"])
def test_agreement_forms_are_limited_to_submitted_rows(coordinator_client, marburg, count):
    agreement = AgreementFactory(university=marburg)

    page = post(
        coordinator_client, marburg, **{f"agreements-{count}": "3000", "agreements-0-valid_until": "2999-12-31"}
    )

    assert attributes(page, 'select[name$="-status"]', "name") == [
        "agreements-0-status",
        "agreements-__prefix__-status",
    ]
    assert INCOMPLETE in text(page)
    assert Agreement.objects.get(pk=agreement.pk).valid_until is None


@pytest.mark.parametrize("count", ["-1", "-9999999", "0", "", "x", "9" * 5000])
def test_invalid_form_count_saves_nothing(coordinator_client, marburg, count):
    AgreementFactory(university=marburg)

    page = post(coordinator_client, marburg, city="Kassel", **{"agreements-INITIAL_FORMS": count})

    marburg.refresh_from_db()
    assert (page.status_code, marburg.city) == (200, "")


def test_empty_post_saves_nothing(coordinator_client, marburg):
    agreement = AgreementFactory(university=marburg)
    urls = [f"/admin/partners/{model}/add/" for model in ("university", "agreement")]

    pages = [coordinator_client.post(url, {}) for url in [*urls, change_url(marburg), change_url(agreement)]]

    assert ["This field is required." in text(page) for page in pages] == [True] * 4
    assert (University.objects.count(), Agreement.objects.count()) == (1, 1)


def test_page_of_invalid_agreement_displays_stored_name(coordinator_client, marburg, erasmus):
    AgreementFactory(university=marburg, agreement_type=erasmus)
    agreement = AgreementFactory(university__name="Jena")

    page = post(coordinator_client, agreement, university=marburg.pk, agreement_type=erasmus.pk)

    assert "“Erasmus+, end not recorded” is signed already." in text(page)
    assert displayed_names(page) == ["Jena: Bilateral (signed)"] * 3
    assert form_data(page, "#agreement_form")["university"] == str(marburg.pk)


@pytest.mark.parametrize("name", ["country", "agreementtype", "university", "group", "user"])
def test_page_of_invalid_object_displays_stored_name(superuser, marburg, name):
    models = {model._meta.model_name: model for model in (Country, AgreementType, University, Group, User)}
    UniversityFactory(name="Jena"), User.objects.create_user("other")
    obj, other = (models[name].objects.order_by(order).first() for order in ("pk", "-pk"))
    field = "username" if name == "user" else "name"

    page = post(superuser, obj, **{field: str(other)})

    assert "Please correct the error" in text(page)
    assert displayed_names(page) == [str(obj)] * 3
    assert form_data(page, f"#{name}_form")[field] == str(other)


def test_row_of_invalid_university_displays_stored_agreement(coordinator_client, marburg, erasmus):
    AgreementFactory(university=marburg)

    page = post(coordinator_client, marburg, **{"agreements-0-agreement_type": erasmus.pk, "name": ""})

    assert errors(page) == {"name": "This field is required."}
    assert element_texts(page, "#agreements-0 h3") == ["Bilateral, end not recorded (signed) Open the agreement"]


def test_row_of_invalid_signature_displays_stored_type(coordinator_client, marburg, erasmus):
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, agreement_type=None)
    data = {f"{agreement.pk}-agreement_type": erasmus.pk, f"{agreement.pk}-signed_on": "2998-01-01"}

    page = coordinator_client.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", data)

    assert element_texts(page, "th")[-1].startswith("Marburg type unknown It was ")
