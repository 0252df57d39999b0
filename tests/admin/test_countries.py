import pytest

from partners.models import Country
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import count_queries, errors, messages, rows, text

LIST, ADD = "/admin/partners/country/", "/admin/partners/country/add/"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("south korea", ["South Korea"]),
        ("REPUBLIC OF KOREA", ["North Korea", "South Korea"]),
        ("reunion", ["Réunion"]),
        ("curacao", ["Curaçao"]),
        ("states united america", ["USA"]),
        ("atlantis", []),
    ],
)
def test_search_finds_by_any_name_without_accents(coordinator_client, query, found):
    page = coordinator_client.get(LIST, {"q": query})

    assert names(page) == found


def test_list_displays_the_number_of_universities(coordinator_client, germany):
    UniversityFactory()
    AgreementFactory()

    page = coordinator_client.get(LIST, {"q": "germany"})

    assert [row[:12] for row in rows(page)] == ["Germany DE 2"]


def test_list_has_all_countries_on_one_page(coordinator_client):
    page = coordinator_client.get(LIST)

    assert len(names(page)) == 250
    assert "250 countries and territories" in text(page)


def test_list_makes_as_many_queries_with_300_universities_as_with_3(coordinator_client):
    partners(3)
    with_3 = count_queries(coordinator_client, LIST)

    partners(297, first=4)

    assert count_queries(coordinator_client, LIST) == with_3


@pytest.mark.parametrize(("term", "found"), [("germ", "Germany"), ("turkiye", "Turkey"), ("reunion", "Réunion")])
def test_autocomplete_finds_country_by_any_name(coordinator_client, term, found):
    params = {"app_label": "partners", "model_name": "university", "field_name": "country", "term": term}

    response = coordinator_client.get("/admin/autocomplete/", params)

    country = Country.objects.get(name=found)
    assert response.json() == {"results": [{"id": str(country.pk), "text": found}], "pagination": {"more": False}}


def test_country_is_added_with_code_and_name(coordinator_client):
    page = coordinator_client.post(ADD, {"code": "XS", "name": "Sealand"}, follow=True)

    assert messages(page) == ["The country or territory “Sealand” was added successfully."]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"code": "xk"}, {"code": "“xk” is not a country code. Write two capital letters, such as DE."}),
        ({"code": "DE"}, {"code": "Country or territory with this Code already exists."}),
        ({"name": "GERMANY"}, {"name": "“GERMANY” is already a name of “Germany”."}),
        ({"name": "United States"}, {"name": "“United States” is already a name of “USA”."}),
        ({"other_names": "Deutsch\nturkey"}, {"other_names": "“turkey” is already a name of “Turkey”."}),
        (
            {"name": "-1"},
            {"name": "“-1” begins with “-”, as a spreadsheet formula does. Begin with another character."},
        ),
    ],
)
def test_form_validates_fields(coordinator_client, values, error):
    page = coordinator_client.post(ADD, {"code": "XS", "name": "Sealand"} | values)

    assert errors(page) == error
    assert Country.objects.count() == 250


def test_country_with_universities_cannot_be_deleted(admin_client, germany):
    UniversityFactory(name="Marburg")

    page = admin_client.post(f"{LIST}{germany.pk}/delete/", {"post": "yes"})

    assert "would require deleting the following protected related objects" in text(page)
    assert Country.objects.filter(code="DE").exists()
