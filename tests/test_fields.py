import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from partners.fields import (
    FieldsOfStudyField,
    MultilineTextField,
    NameField,
    NameListField,
    SearchKeyField,
    StudyLevelsField,
    update_search_keys,
)
from partners.fields_of_study import titles_by_code
from partners.language_skills import LEVELS, LanguageSkill, encode
from partners.models import Mobility, University
from tests.helpers.factories import UniversityFactory

pytestmark = pytest.mark.django_db


def stored_values(university):
    return University.objects.values_list("name", "other_names", "city", "name_key", "search_text").get(
        pk=university.pk
    )


def save(**values):
    return UniversityFactory(**values)


def bulk_create(**values):
    return University.objects.bulk_create([UniversityFactory.build(slug="a", **values)])[0]


def save_with_update_fields(**values):
    university = UniversityFactory()
    for field, value in values.items():
        setattr(university, field, value)
    university.save(update_fields=list(values))
    return university


@pytest.mark.parametrize("write", [save, bulk_create, save_with_update_fields])
def test_names_are_normalized_and_keys_derived_on_save(write):
    university = write(
        name="  E\u0301cole\u00a0 Normale ", other_names="ENS\u00a0 Paris\r\n\r\n ens  paris\rÉNS", city=" Łódź  1"
    )

    assert stored_values(university) == (
        "École Normale",
        "ENS Paris\nÉNS",
        "Łódź 1",
        "ecole normale",
        " ecole normale\n ens paris\n ens\n lodz 1",
    )


@pytest.mark.parametrize("write", [save, bulk_create, save_with_update_fields])
def test_instance_has_the_stored_values(write):
    university = write(name="  E\u0301cole\u00a0 Normale ", other_names="ENS\u00a0 Paris\r\n", city=" Łódź  1")

    assert (university.name, university.other_names, university.city) == ("École Normale", "ENS Paris", "Łódź 1")


def test_search_keys_are_updated_for_a_bulk_update():
    university = UniversityFactory()
    university.name, university.city = "École Normale", "Łódź"

    names = update_search_keys(University, [university])
    University.objects.bulk_update([university], ["name", "city", *names])

    assert stored_values(university)[3:] == ("ecole normale", " ecole normale\n lodz")


@pytest.mark.parametrize("field", ["name", "city"])
def test_names_are_normalized_by_update_and_bulk_update(field):
    university = UniversityFactory()

    University.objects.filter(pk=university.pk).update(**{field: " E\u0301cole\u00a0 1 "})
    by_update = getattr(University.objects.get(), field)
    setattr(university, field, " E\u0301cole\u00a0 2 ")
    University.objects.bulk_update([university], [field])
    by_bulk_update = getattr(University.objects.get(), field)

    assert (by_update, by_bulk_update) == ("École 1", "École 2")


def test_saving_only_the_name_updates_the_keys():
    university = UniversityFactory(name="Old", other_names="Older", city="Town")

    university.name = "Néw"
    university.save(update_fields=["name"])

    assert stored_values(university) == ("Néw", "Older", "Town", "new", " new\n older\n town")


def test_saving_only_the_other_names_updates_the_search_text():
    university = UniversityFactory(name="Old", other_names="Older", city="Town")

    university.other_names = "Néwer"
    university.save(update_fields=["other_names"])

    assert stored_values(university) == ("Old", "Néwer", "Town", "old", " old\n newer\n town")


def test_names_are_found_in_any_composition_and_spacing():
    university = UniversityFactory(name="École Normale")

    found = University.objects.get(name="E\u0301cole\u00a0Normale ")

    assert found == university


@pytest.mark.parametrize("field", [NameField(), NameListField()])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("A\tB", "“A\tB” has a control character (U+0009) in it. Type the name anew, in one line."),
        ("=A", "“=A” begins with “=”, as a spreadsheet formula does. Begin with another character."),
        (" \u00a0+A", "“+A” begins with “+”, as a spreadsheet formula does. Begin with another character."),
        ("", "This field cannot be blank."),
        (" \u00a0", "This field cannot be blank."),
    ],
)
def test_name_fields_reject_invalid_names(field, value, message):
    with pytest.raises(ValidationError) as error:
        field.clean(value, None)

    assert error.value.messages == [message]


def test_name_list_field_validates_each_line():
    with pytest.raises(ValidationError) as error:
        NameListField().clean("Fine\n@home", None)

    assert error.value.messages == [
        "“@home” begins with “@”, as a spreadsheet formula does. Begin with another character.",
    ]


def test_name_field_rejects_more_than_200_characters():
    with pytest.raises(ValidationError) as error:
        NameField().clean("x" * 201, None)

    assert error.value.messages == ["Ensure this value has at most 200 characters (it has 201)."]


def test_name_field_counts_characters_after_normalization():
    assert NameField().clean("e\u0301" * 200 + " ", None) == "é" * 200


@pytest.mark.parametrize("field", [NameField(), NameListField()])
def test_none_stays_none(field):
    assert field.to_python(None) is None


def test_search_key_field_deconstructs_its_sources():
    _name, _path, _args, kwargs = SearchKeyField(sources=["name", "city"]).deconstruct()

    assert kwargs == {"sources": ("name", "city"), "editable": False, "db_collation": "BINARY"}


def test_multiline_text_field_keeps_line_breaks():
    assert MultilineTextField().clean(" Dr. E\u0301va\r\nPrague\r\n\n+420 1 ", None) == "Dr. Éva\nPrague\n\n+420 1"


@pytest.mark.parametrize(("char", "code"), [("\x07", "0007"), ("\ufffe", "FFFE"), ("\uffff", "FFFF")])
def test_multiline_text_field_rejects_control_characters_and_noncharacters(char, code):
    with pytest.raises(ValidationError) as error:
        MultilineTextField().clean(f"Prague\n{char}", None)

    assert error.value.messages == [f"“{char}” has a control character (U+{code}) in it. Type this line anew."]


@pytest.mark.parametrize(("field", "length"), [(NameListField(), 10_000), (MultilineTextField(), 32_767)])
def test_text_fields_reject_long_text(field, length):
    with pytest.raises(ValidationError) as error:
        field.clean("x" * (length + 1), None)

    message = f"Ensure this value has at most {length} characters (it has {length + 1})."
    assert error.value.messages == [message]


def test_name_list_field_rejects_a_long_name():
    with pytest.raises(ValidationError) as error:
        NameListField().clean("Fine\n" + "x" * 201, None)

    assert error.value.messages == [f"“{'x' * 40}…” has 201 characters, and 200 fit. Shorten it."]


@pytest.mark.parametrize("value", ["master,bachelor", ["master", "bachelor"], ["bachelor", "master", "master"]])
def test_study_levels_field_stores_levels_once_and_in_order(value):
    assert StudyLevelsField().clean(value, None) == "bachelor,master"


def test_study_levels_field_rejects_unknown_levels():
    with pytest.raises(ValidationError) as error:
        StudyLevelsField().clean(["phd"], None)

    assert error.value.messages == [
        "“phd” is not a study level. Choose among short cycle, bachelor, master, doctoral.",
    ]


def clean_displayed(name, stored):
    """Clean what the form field of a stored value displays, as a form and its model do."""
    field, mobility = Mobility._meta.get_field(name), Mobility(**{name: stored})
    form_field = field.formfield()
    displayed = form_field.prepare_value(field.value_from_object(mobility))
    field.save_form_data(mobility, form_field.clean(displayed))
    return displayed, field.clean(getattr(mobility, name), mobility)


@given(st.lists(st.builds(LanguageSkill, st.sampled_from(["en", "de", "pt"]), st.sampled_from(["", *LEVELS]))))
def test_languages_in_a_form_are_those_that_are_stored(skills):
    stored = encode(skills)

    displayed, cleaned = clean_displayed("languages", stored)

    assert (cleaned, displayed) == (stored, ", ".join(map(str, dict.fromkeys(skills))))


@given(st.lists(st.sampled_from([*titles_by_code()]), max_size=5) | st.just(["all"]))
def test_fields_of_study_in_a_form_are_those_that_are_stored(codes):
    stored = FieldsOfStudyField().to_python(" ".join(codes))

    displayed, cleaned = clean_displayed("fields_of_study", stored)

    assert (cleaned, displayed) == (stored, stored.split())
