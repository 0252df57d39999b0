import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Agreement, AgreementType, Country, University
from tests.helpers.factories import InstitutionFactory, UniversityFactory, partners
from tests.helpers.html import attributes, element_texts, elements, errors, messages, text

LIST, ADD = "/admin/partners/university/", "/admin/partners/university/add/"
NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}
QUESTION = "#another-name"


@pytest.fixture
def toronto(db):
    return UniversityFactory(name="University of Toronto", country=Country.objects.get(code="CA"), city="Toronto")


@pytest.fixture
def add(coordinator_client, toronto):
    """Return a function that saves the form of a new Canadian university."""

    def add(name, client=coordinator_client, **values):
        return client.post(ADD, NO_AGREEMENTS | {"name": name, "country": toronto.country_id} | values, follow=True)

    return add


def answer(page, another_name_of):
    """Return the question that the page asks with its answer."""
    [asked_about] = attributes(page, "[name=asked_about]", "value")
    return {"asked_about": asked_about, "another_name_of": another_name_of}


def choices(page):
    return element_texts(page, f"{QUESTION} label")


def chosen(page):
    return attributes(page, f"{QUESTION} [checked]", "value")


def test_similar_name_is_asked_about_once(add, toronto):
    UniversityFactory(name="Toronto Metropolitan University", country=toronto.country)

    page = add("Torronto University")

    assert element_texts(page, f"{QUESTION} legend") == ["New, or another name of …?"]
    assert choices(page) == [
        "A new university",
        "Another name of “University of Toronto”",
        "Another name of “Toronto Metropolitan University”",
    ]
    assert chosen(page) == ["new"]
    assert element_texts(page, f"{QUESTION} .suggestion div")[0] == "Toronto · Open in a new tab · similar name"
    assert attributes(page, f"{QUESTION} a", "href")[0] == f"{LIST}{toronto.pk}/change/"
    assert element_texts(page, f"{QUESTION} .errorlist") == ["Nothing is saved yet. Choose, then save again."]
    assert University.objects.count() == 2

    page = add("Torronto University", **answer(page, "new"))

    assert messages(page) == ["Torronto University was added."]
    assert University.objects.filter(name="Torronto University").exists()


def test_nothing_is_chosen_if_the_names_are_almost_the_same(add):
    page = add("Univ. of Toronto")

    assert chosen(page) == []

    page = add("Univ. of Toronto", **answer(page, ""))

    assert element_texts(page, f"{QUESTION} .errorlist") == [
        "Choose whether it is new, or another name of a known university."
    ]
    assert University.objects.count() == 1

    add("Univ. of Toronto", **answer(page, "new"))

    assert University.objects.filter(name="Univ. of Toronto").exists()


def test_known_university_gets_the_name_and_nothing_else(add, toronto):
    toronto.other_names = "U of T"
    toronto.save()
    page = add("Toronto University")
    bilateral = AgreementType.objects.get(slug="bilateral").pk
    agreement = {"agreements-TOTAL_FORMS": 1, "agreements-0-agreement_type": bilateral, "agreements-0-status": "signed"}

    page = add("Toronto University", city="Elsewhere", **answer(page, toronto.pk), **agreement)

    assert page.redirect_chain == [(f"{LIST}{toronto.pk}/change/", 302)]
    assert messages(page) == [
        "“Toronto University” is another name of “University of Toronto” now. Nothing else of the form was saved."
    ]
    toronto.refresh_from_db()
    assert (toronto.other_names, toronto.city) == ("U of T\nToronto University", "Toronto")
    assert (University.objects.count(), Agreement.objects.count()) == (1, 0)
    record = toronto.history.latest()
    assert (record.history_change_reason, record.history_user.username) == ("edited", "coordinator")


def test_name_that_the_known_university_cannot_have_is_not_added(add, toronto):
    page = add("Toronto University")
    University.objects.update(city="+1")

    page = add("Toronto University", **answer(page, toronto.pk))

    assert messages(page) == [
        "“Toronto University” was not added to the other names: “+1” begins with “+”, as a spreadsheet "
        "formula does. Begin with another character."
    ]
    assert University.objects.get().other_names == ""


def test_known_university_can_be_chosen_in_a_popup(add, toronto):
    page = add("Toronto University", _popup=1)
    assert elements(page, QUESTION)

    page = add("Toronto University", _popup=1, **answer(page, toronto.pk))

    assert page.templates[0].name == "admin/popup_response.html"
    assert f"&quot;value&quot;: &quot;{toronto.pk}&quot;" in page.content.decode()


def test_assistant_cannot_add_a_name(add, toronto, client, assistant):
    question = answer(add("Toronto University"), toronto.pk)
    client.force_login(assistant)

    assert add("Toronto University", client=client, **question).status_code == 403
    assert University.objects.get().other_names == ""


def test_changed_name_is_asked_about_again(add):
    page = add("Toronto University")

    page = add("Univ. Toronto", **answer(page, "new"))

    assert element_texts(page, f"{QUESTION} .errorlist") == ["Nothing is saved yet. Choose, then save again."]
    assert University.objects.count() == 1


def test_university_that_is_no_candidate_cannot_be_chosen(add):
    other = UniversityFactory(name="Marburg")
    page = add("Toronto University")

    page = add("Toronto University", **answer(page, other.pk))

    assert element_texts(page, f"{QUESTION} .errorlist") == [
        "Choose whether it is new, or another name of a known university."
    ]
    other.refresh_from_db()
    assert other.other_names == ""


@pytest.mark.parametrize("name", ["McGill University", "University of Waterloo"])
def test_name_unlike_others_is_not_asked_about(add, name):
    add(name)

    assert University.objects.filter(name=name).exists()


def test_similar_name_in_another_country_is_not_asked_about(add, germany):
    add("Toronto University", country=germany.pk)

    assert University.objects.filter(name="Toronto University").exists()


def test_name_that_a_university_has_is_an_error_without_a_question(add):
    page = add("UNIVERSITY OF TORONTO")

    assert errors(page) == {
        "name": "“UNIVERSITY OF TORONTO” is already a name of “University of Toronto”. "
        "If they are two universities, add the city to the name."
    }
    assert elements(page, QUESTION) == []


def test_other_names_and_names_in_the_directory_are_asked_about(add, germany):
    UniversityFactory(name="TU Bavaria", country=germany, institution=InstitutionFactory())
    UniversityFactory(name="Constructor University", country=germany, other_names="Jacobs University Bremen")

    page = add("Technische Universität München", country=germany.pk)

    assert choices(page)[1:] == ["Another name of “TU Bavaria”"]
    assert chosen(page) == []
    assert "same name: Technische Universität München" in text(page)
    assert choices(add("Jacobs Bremen", country=germany.pk))[1:] == ["Another name of “Constructor University”"]


def test_known_university_is_edited_without_a_question(coordinator_client, toronto):
    similar = UniversityFactory(name="Toronto Metropolitan University", country=toronto.country)
    values = {"name": "Toronto University", "country": toronto.country_id, "slug": similar.slug}

    coordinator_client.post(f"{LIST}{similar.pk}/change/", NO_AGREEMENTS | values)

    similar.refresh_from_db()
    assert similar.name == "Toronto University"


def test_number_of_queries_is_independent_of_the_number_of_universities(add, germany):
    counts = []
    UniversityFactory(name="University of Marburg", country=germany)
    for number in (2, 297):
        partners(number, first=University.objects.count() + 1)
        with CaptureQueriesContext(connection) as queries:
            page = add("Univ. Marburg", country=germany.pk)
        counts.append(len(queries))

    assert choices(page)[1:] == ["Another name of “University of Marburg”"]
    assert counts[0] == counts[1]
