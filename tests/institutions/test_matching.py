import pytest

from partners.institutions.matching import suggest_institutions
from partners.models import Country, University
from partners.name_similarity import MatchReason
from tests.helpers.factories import InstitutionFactory, UniversityFactory

pytestmark = pytest.mark.django_db


def institution(ror_id, *names, acronyms="", **values):
    return InstitutionFactory(ror_id=ror_id, name=names[0], names="\n".join(names), acronyms=acronyms, **values)


def suggestions(*universities):
    """Return the names of the institutions suggested for each university, with a star where one is preselected."""
    suggested = suggest_institutions(universities or University.objects.select_related("country").order_by("pk"))
    return [
        [f"{each.institution.name}{'*' if each.is_preselected else ''}" for each in found]
        for found in suggested.values()
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Technical University of Munich"},
        {"name": "TECHNISCHE  UNIVERSITAT MUNCHEN"},
        {"name": "Munich Tech", "other_names": "Technische Universität München"},
    ],
)
def test_only_institution_with_the_same_name_is_preselected(values):
    InstitutionFactory()
    UniversityFactory(**values)

    assert suggestions() == [["Technical University of Munich*"]]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Technical University of Munich (TUM)", MatchReason.SAME_WITHOUT_BRACKETS),
        ("Munich Technical University", MatchReason.SAME_WORDS),
        ("TUM", MatchReason.ACRONYM),
    ],
)
def test_other_similarity_is_suggested_with_its_reason_and_not_preselected(name, reason):
    InstitutionFactory()
    university = UniversityFactory(name=name)

    [suggestion] = suggest_institutions([university])[university.pk]

    assert (suggestion.institution.name, suggestion.reason) == ("Technical University of Munich", reason)
    assert not suggestion.is_preselected


def test_institution_of_another_country_is_not_suggested():
    InstitutionFactory(country_code="AT")
    UniversityFactory(name="Technical University of Munich")

    assert suggestions() == []


def test_name_of_two_institutions_is_not_preselected():
    institution("00000aaaa", "Hochschule Nord", "Northern University")
    institution("00000bbbb", "Hochschule Ost", "Northern University")
    UniversityFactory(name="Northern University")

    assert [sorted(found) for found in suggestions()] == [["Hochschule Nord", "Hochschule Ost"]]


def test_two_names_of_two_institutions_are_not_preselected():
    institution("00000aaaa", "Hochschule Nord")
    institution("00000bbbb", "Hochschule Ost")
    UniversityFactory(name="Hochschule Nord", other_names="Hochschule Ost")

    assert [sorted(found) for found in suggestions()] == [["Hochschule Nord", "Hochschule Ost"]]


def test_other_name_that_other_institutions_begin_with_is_not_preselected():
    institution("047426m28", "University of Illinois Urbana-Champaign", "University of Illinois")
    institution("05e94g991", "University of Illinois at Springfield")
    UniversityFactory(name="University of Illinois")

    assert [name for name in suggestions()[0] if name.endswith("*")] == []


def test_main_name_that_other_institutions_begin_with_is_preselected():
    institution("00jmfr291", "University of Michigan")
    institution("05n0z9t04", "University of Michigan–Flint")
    UniversityFactory(name="University of Michigan")

    assert suggestions()[0][0] == "University of Michigan*"


def test_institution_of_two_universities_is_preselected_for_none():
    InstitutionFactory()
    UniversityFactory(name="Technical University of Munich")
    UniversityFactory(name="Technische Universität München")

    assert suggestions() == [["Technical University of Munich"], ["Technical University of Munich"]]


def test_linked_institution_is_suggested_and_not_preselected():
    linked = UniversityFactory(name="TUM", institution=InstitutionFactory())
    university = UniversityFactory(name="Technical University of Munich")

    [suggestion] = suggest_institutions([university])[university.pk]

    assert suggestion.institution.university == linked
    assert not suggestion.is_preselected


def test_withdrawn_institution_is_not_suggested():
    InstitutionFactory(is_withdrawn=True)
    UniversityFactory(name="Technical University of Munich")

    assert suggestions() == []


def test_no_more_than_three_are_suggested_the_best_first():
    for number in range(4):
        institution(f"00000000{number}", f"Technical University of Munich, Campus {number}")
    institution("00000aaaa", "University of Munich Technical")
    UniversityFactory(name="Technical University of Munich")

    [found] = suggestions()

    assert (len(found), found[0]) == (3, "University of Munich Technical")


def test_number_of_queries_does_not_depend_on_countries_and_universities(django_assert_num_queries):
    austria = Country.objects.get(code="AT")
    InstitutionFactory()
    institution("00000aaaa", "Hochschule Nord", country_code="AT")
    UniversityFactory.create_batch(3)
    UniversityFactory(name="Hochschule Nord", country=austria)
    universities = list(University.objects.select_related("country"))

    with django_assert_num_queries(2):
        suggest_institutions(universities)
