from collections import Counter

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from partners import reference_data
from partners.groups import Role, get_group
from partners.models import AgreementType, Country

pytestmark = pytest.mark.django_db

VIEW_PERMISSIONS = {
    *("view_agreement", "view_agreementtype", "view_applicationround", "view_country", "view_document", "view_term"),
    "view_university",
}
EDIT_PERMISSIONS = {name.replace("view", action) for name in VIEW_PERMISSIONS for action in ("add", "change")}
VIEW_IMPORT_RUNS = "view_run"


def add_everything_again():
    for add in (
        reference_data.add_countries,
        reference_data.add_agreement_types,
        reference_data.add_office_settings,
        reference_data.add_terms,
        reference_data.add_groups,
    ):
        add(apps, None)


def group_permissions():
    groups = Group.objects.prefetch_related("permissions")
    return {group.name: {permission.codename for permission in group.permissions.all()} for group in groups}


@pytest.mark.parametrize(
    ("code", "name", "other_name"),
    [
        ("US", "USA", "United States of America"),
        ("KR", "South Korea", "Republic of Korea"),
        ("KP", "North Korea", "Democratic People's Republic of Korea"),
        ("CZ", "Czech Republic", "Czechia"),
        ("TR", "Turkey", "Türkiye"),
        ("RU", "Russia", "Russian Federation"),
        ("TW", "Taiwan", "Taiwan, Province of China"),
        ("HK", "Hong Kong", "Hong Kong SAR"),
        ("VN", "Vietnam", "Viet Nam"),
        ("GB", "United Kingdom", "UK"),
        ("DE", "Germany", "Federal Republic of Germany"),
    ],
)
def test_country_names_are_those_of_the_office(code, name, other_name):
    country = Country.objects.get(code=code)

    assert country.name == name
    assert other_name in country.other_names.split("\n")


def test_there_are_249_countries():
    codes = Country.objects.values_list("code", flat=True)

    assert len(set(codes)) == len(codes) == 250


@pytest.mark.parametrize("model", [Country, AgreementType])
def test_no_two_rows_share_a_name(model):
    counts = Counter(key for row in model.objects.all() for key in row.matching_keys())

    assert [key for key, count in counts.items() if count > 1] == []


def test_countries_are_valid():
    accepted = [country for country in Country.objects.all() if country.clean_fields() is None]

    assert len(accepted) == 250


@pytest.mark.parametrize("slug", ["bilateral", "erasmus", "ge3"])
def test_agreement_types_are_valid(slug):
    agreement_type = AgreementType.objects.get(slug=slug)
    agreement_type.description = {"en": "Edited by the office."}

    agreement_type.full_clean()
    agreement_type.save()

    assert AgreementType.objects.get(slug=slug).description == {"en": "Edited by the office."}


def test_agreement_types_are_three_in_order():
    assert list(AgreementType.objects.values_list("name", "slug", "position")) == [
        ("Bilateral", "bilateral", 1),
        ("Erasmus+", "erasmus", 2),
        ("GE3", "ge3", 3),
    ]


def test_agreement_types_are_described_in_every_language():
    descriptions = AgreementType.objects.values_list("description", flat=True)

    assert [set(description) for description in descriptions] == [{"en", "de", "fr", "es", "he"}] * 3


@pytest.mark.parametrize("model", [Country, AgreementType])
def test_history_begins_with_the_reference_data(model):
    records = model.history.values_list("name", "other_names", "history_type", "history_change_reason")

    rows = model.objects.values_list("name", "other_names")
    assert sorted(records) == sorted((*row, "+", "reference data") for row in rows)


def test_coordinators_may_edit_everything_and_delete_nothing():
    assert group_permissions()["Exchange coordinators"] == {
        *VIEW_PERMISSIONS,
        *EDIT_PERMISSIONS,
        VIEW_IMPORT_RUNS,
        "import_university",
        "export_university",
        "view_officesettings",
        "change_officesettings",
    }


def test_assistants_may_view_and_export():
    assert group_permissions()["Assistants"] == {
        *VIEW_PERMISSIONS,
        VIEW_IMPORT_RUNS,
        "export_university",
        "view_officesettings",
    }


def test_permission_names_are_those_of_django():
    names = Permission.objects.filter(content_type__app_label="partners", codename__contains="country")

    assert set(names.values_list("codename", "name")) >= {
        ("add_country", "Can add country or territory"),
        ("change_country", "Can change country or territory"),
        ("view_country", "Can view country or territory"),
    }


def test_adding_again_does_not_overwrite_edits():
    Country.objects.filter(code="TR").update(name="Türkiye")
    AgreementType.objects.filter(slug="ge3").update(name="Global E3", position=0)
    get_group(Role.ASSISTANT).permissions.clear()

    add_everything_again()

    assert Country.objects.get(code="TR").name == "Türkiye"
    assert list(AgreementType.objects.values_list("name", flat=True)) == ["Global E3", "Bilateral", "Erasmus+"]
    assert group_permissions()["Assistants"] == set()


def test_adding_again_does_not_resurrect_countries_and_types():
    Country.objects.get(code="AQ").delete()
    AgreementType.objects.get(slug="ge3").delete()

    add_everything_again()

    assert (Country.objects.count(), Country.objects.filter(code="AQ").exists()) == (249, False)
    assert list(AgreementType.objects.values_list("name", flat=True)) == ["Bilateral", "Erasmus+"]


def test_adding_again_does_not_resurrect_groups():
    get_group(Role.ASSISTANT).delete()

    add_everything_again()

    assert list(Group.objects.values_list("name", flat=True)) == ["Exchange coordinators"]


def test_adding_again_writes_no_history():
    before = Country.history.count(), AgreementType.history.count()

    add_everything_again()

    assert (Country.history.count(), AgreementType.history.count()) == before
