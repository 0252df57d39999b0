"""What is posted can announce more forms than it has, and a refused value is not displayed as a fact."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group, User

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.factories import AgreementFactory, DocumentFactory, UniversityFactory
from tests.forms import sent
from tests.html import errors, pieces, text, title

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
    typed = sent(browser.get(change_url(obj)), f"{obj._meta.model_name}_form")
    return browser.post(change_url(obj), typed | values)


def subjects(page):
    """The object that the title, the heading and the breadcrumbs name."""
    crumbs = re.search(r'<div class="breadcrumbs">(.*?)</div>', page.content.decode(), re.DOTALL)[1]
    tab = title(page).removeprefix("Error: ").partition(" | ")[0]
    return [tab, pieces(page, "h2")[0], text(crumbs).rpartition("› ")[2]]


@pytest.mark.parametrize("count", ["INITIAL_FORMS", "TOTAL_FORMS"])
def test_documents_that_are_announced_and_not_posted_have_no_form(office, marburg, count):
    agreement = AgreementFactory(university=marburg)
    DocumentFactory(agreement=agreement)

    page = post(office, agreement, notes="New", **{f"documents-{count}": "3000"})

    assert page.content.decode().count('-id" value') == 1
    assert INCOMPLETE in text(page)
    assert Agreement.objects.get().notes == ""


@pytest.mark.parametrize("count", ["INITIAL_FORMS", "TOTAL_FORMS"])
def test_agreements_that_are_announced_and_not_posted_have_no_form(office, marburg, count):
    agreement = AgreementFactory(university=marburg)

    page = post(office, marburg, **{f"agreements-{count}": "3000", "agreements-0-valid_until": "2999-12-31"})

    assert page.content.decode().count('-status" ') == 2  # Its own, and that of the template for another line.
    assert INCOMPLETE in text(page)
    assert Agreement.objects.get(pk=agreement.pk).valid_until is None


@pytest.mark.parametrize("count", ["-1", "-9999999", "0", "", "x", "9" * 5000])
def test_count_that_is_none_saves_nothing(office, marburg, count):
    AgreementFactory(university=marburg)

    page = post(office, marburg, city="Kassel", **{"agreements-INITIAL_FORMS": count})

    marburg.refresh_from_db()
    assert (page.status_code, marburg.city) == (200, "")


def test_refused_agreement_goes_by_what_it_is(office, marburg, erasmus):
    AgreementFactory(university=marburg, agreement_type=erasmus)
    agreement = AgreementFactory(university__name="Jena")

    page = post(office, agreement, university=marburg.pk, agreement_type=erasmus.pk)

    assert "This university already has a signed agreement of this type." in text(page)
    assert subjects(page) == ["Jena: Bilateral (signed)"] * 3
    assert f'value="{marburg.pk}" selected' in page.content.decode()


@pytest.mark.parametrize("name", ["country", "agreementtype", "university", "group", "user"])
def test_refused_object_goes_by_its_name(superuser, marburg, name):
    kinds = {each._meta.model_name: each for each in (Country, AgreementType, University, Group, User)}
    UniversityFactory(name="Jena"), User.objects.create_user("other")
    obj, other = (kinds[name].objects.order_by(order).first() for order in ("pk", "-pk"))
    field = "username" if name == "user" else "name"

    page = post(superuser, obj, **{field: str(other)})

    assert "Please correct the error" in text(page)
    assert subjects(page) == [str(obj)] * 3
    assert f'value="{other}"' in page.content.decode()


def test_line_of_a_refused_university_goes_by_what_its_agreement_is(office, marburg, erasmus):
    AgreementFactory(university=marburg)

    page = post(office, marburg, **{"agreements-0-agreement_type": erasmus.pk, "name": ""})

    assert errors(page) == {"name": "This field is required."}
    lines = re.findall(r'<td class="original">(.*?)</p>', page.content.decode(), re.DOTALL)
    assert [text(line) for line in lines][:1] == ["Marburg: Bilateral (signed) Change"]


def test_row_of_a_refused_signature_says_until_when_it_is(office, marburg):
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, valid_until=date(2999, 12, 31))
    typed = {f"{agreement.pk}-{name}": "2998-01-01" for name in ("signed_on", "valid_until")}

    page = office.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", typed)

    assert pieces(page, "th")[-1].startswith("Marburg Bilateral, until 31 Dec 2999")
