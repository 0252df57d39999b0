import pytest
from django.core.exceptions import ValidationError

from partners.fields import MultilineTextField, NameField, NameListField, SearchKeyField, StudyLevelsField
from partners.models import University
from tests.factories import UniversityFactory

pytestmark = pytest.mark.django_db


def stored(university):
    return University.objects.values_list("name", "other_names", "city", "name_key", "search_text").get(
        pk=university.pk
    )


def by_save(**values):
    return UniversityFactory(**values)


def by_bulk_create(**values):
    return University.objects.bulk_create([UniversityFactory.build(slug="a", **values)])[0]


def by_saving_some_fields(**values):
    university = UniversityFactory()
    for field, value in values.items():
        setattr(university, field, value)
    university.save(update_fields=list(values))
    return university


@pytest.mark.parametrize("write", [by_save, by_bulk_create, by_saving_some_fields])
def test_names_are_cleaned_and_keyed_on_every_way_of_saving(write):
    university = write(
        name="  E\u0301cole\u00a0 Normale ", other_names="ENS\u00a0 Paris\r\n\r\n ens  paris\rÉNS", city=" Łódź  1"
    )

    assert stored(university) == (
        "École Normale",
        "ENS Paris\nÉNS",
        "Łódź 1",
        "ecole normale",
        "ecole normale\nens paris\nens\nlodz 1",
    )


@pytest.mark.parametrize("write", [by_save, by_bulk_create, by_saving_some_fields])
def test_object_holds_what_was_stored(write):
    university = write(name="  E\u0301cole\u00a0 Normale ", other_names="ENS\u00a0 Paris\r\n", city=" Łódź  1")

    assert (university.name, university.other_names, university.city) == ("École Normale", "ENS Paris", "Łódź 1")


@pytest.mark.parametrize("field", ["name", "city"])
def test_names_are_cleaned_by_an_update_and_by_bulk_update(field):
    university = UniversityFactory()

    University.objects.filter(pk=university.pk).update(**{field: " E\u0301cole\u00a0 1 "})
    by_update = getattr(University.objects.get(), field)
    setattr(university, field, " E\u0301cole\u00a0 2 ")
    University.objects.bulk_update([university], [field])
    by_bulk_update = getattr(University.objects.get(), field)

    assert (by_update, by_bulk_update) == ("École 1", "École 2")


def test_saving_only_the_name_keeps_the_keys_in_step():
    university = UniversityFactory(name="Old", other_names="Older", city="Town")

    university.name = "Néw"
    university.save(update_fields=["name"])

    assert stored(university) == ("Néw", "Older", "Town", "new", "new\nolder\ntown")


def test_saving_only_the_other_names_keeps_the_search_text_in_step():
    university = UniversityFactory(name="Old", other_names="Older", city="Town")

    university.other_names = "Néwer"
    university.save(update_fields=["other_names"])

    assert stored(university) == ("Old", "Néwer", "Town", "old", "old\nnewer\ntown")


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
def test_names_refuse_what_is_no_plain_name(field, value, message):
    with pytest.raises(ValidationError) as error:
        field.clean(value, None)

    assert error.value.messages == [message]


def test_names_field_refuses_any_of_its_lines():
    with pytest.raises(ValidationError) as error:
        NameListField().clean("Fine\n@home", None)

    assert error.value.messages == [
        "“@home” begins with “@”, as a spreadsheet formula does. Begin with another character.",
    ]


def test_name_field_refuses_more_than_200_characters():
    with pytest.raises(ValidationError) as error:
        NameField().clean("x" * 201, None)

    assert error.value.messages == ["Ensure this value has at most 200 characters (it has 201)."]


def test_name_field_counts_characters_after_cleaning():
    assert NameField().clean("e\u0301" * 200 + " ", None) == "é" * 200


@pytest.mark.parametrize("field", [NameField(), NameListField()])
def test_no_name_stays_none(field):
    assert field.to_python(None) is None


def test_key_field_tells_migrations_what_it_is_made_of():
    _name, _path, _args, kwargs = SearchKeyField(of=["name", "city"]).deconstruct()

    assert kwargs == {"of": ("name", "city"), "editable": False, "db_collation": "BINARY"}


def test_note_field_keeps_its_lines():
    assert MultilineTextField().clean(" Dr. E\u0301va\r\nPrague\r\n\n+420 1 ", None) == "Dr. Éva\nPrague\n\n+420 1"


@pytest.mark.parametrize(("char", "code"), [("\x07", "0007"), ("\ufffe", "FFFE"), ("\uffff", "FFFF")])
def test_note_field_refuses_control_characters_and_noncharacters(char, code):
    with pytest.raises(ValidationError) as error:
        MultilineTextField().clean(f"Prague\n{char}", None)

    assert error.value.messages == [f"“{char}” has a control character (U+{code}) in it. Type this line anew."]


@pytest.mark.parametrize(("field", "length"), [(NameListField(), 10_000), (MultilineTextField(), 32_767)])
def test_text_fields_refuse_what_is_too_long(field, length):
    with pytest.raises(ValidationError) as error:
        field.clean("x" * (length + 1), None)

    message = f"Ensure this value has at most {length} characters (it has {length + 1})."
    assert error.value.messages == [message]


def test_names_field_refuses_a_name_that_is_too_long_for_a_name():
    with pytest.raises(ValidationError) as error:
        NameListField().clean("Fine\n" + "x" * 201, None)

    assert error.value.messages == [f"“{'x' * 40}…” has 201 characters, and 200 fit. Shorten it."]


@pytest.mark.parametrize("value", ["master,bachelor", ["master", "bachelor"], ["bachelor", "master", "master"]])
def test_levels_field_stores_levels_once_and_in_order(value):
    assert StudyLevelsField().clean(value, None) == "bachelor,master"


def test_levels_field_refuses_another_word():
    with pytest.raises(ValidationError) as error:
        StudyLevelsField().clean(["phd"], None)

    assert error.value.messages == [
        "“phd” is not a study level. Choose among short cycle, bachelor, master, doctoral.",
    ]
