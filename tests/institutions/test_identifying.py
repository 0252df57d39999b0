import pytest

from partners.institutions.identifying import identify
from partners.models import Run, University
from partners.runs.undo import undo
from tests.helpers.factories import InstitutionFactory, UniversityFactory

TUM, MILAN = "02kkvpp62", "01nffqt88"


@pytest.fixture
def munich(db):
    InstitutionFactory()
    return UniversityFactory(name="Munich")


@pytest.fixture
def milan(db):
    names = "Polytechnic University of Milan\nPolitecnico di Milano"
    InstitutionFactory(ror_id=MILAN, name="Politecnico di Milano", names=names, acronyms="", city="Milan")
    return UniversityFactory(name="Milan", city="Milano", website="https://milan.example")


def linked():
    return dict(University.objects.order_by("pk").values_list("name", "institution"))


def test_universities_are_linked_and_filled_as_one_run(munich, milan, coordinator):
    result = identify({munich.pk: TUM, milan.pk: MILAN}, coordinator)

    assert list(University.objects.order_by("pk").values_list("institution", "city", "website")) == [
        (TUM, "Munich", "https://www.tum.de"),
        (MILAN, "Milano", "https://milan.example"),
    ]
    run = Run.objects.get()
    assert (result.run, result.left) == (run, [])
    assert (run.get_action_display(), run.user, run.changed_count) == ("identifying partners", coordinator, 2)
    assert run.accepted_at
    history = [(record.name, record.history_user) for record in University.history.filter(run=run).order_by("pk")]
    assert history == [("Munich", coordinator), ("Milan", coordinator)]
    assert University.objects.search("technische munchen").get() == munich


def test_university_that_was_linked_since_is_left(munich, milan, coordinator):
    University.objects.filter(pk=munich.pk).update(institution=MILAN)

    result = identify({munich.pk: TUM}, coordinator)

    assert result.left == ["“Munich” has been linked in the meantime, and is left as it is."]
    assert (linked(), result.run, Run.objects.count()) == ({"Munich": MILAN, "Milan": None}, None, 0)


def test_institution_that_was_linked_since_is_left(munich, milan, coordinator):
    University.objects.filter(pk=milan.pk).update(institution=TUM)

    result = identify({munich.pk: TUM}, coordinator)

    message = "“Munich” is left as it is: “Technical University of Munich” is linked to “Milan” by now."
    assert (result.left, linked()) == ([message], {"Munich": None, "Milan": TUM})


def test_one_institution_is_linked_to_the_first_of_two_universities(munich, milan, coordinator):
    result = identify({munich.pk: TUM, milan.pk: TUM}, coordinator)

    message = "“Milan” is left as it is: “Technical University of Munich” is linked to “Munich” by now."
    assert (result.left, linked()) == ([message], {"Munich": TUM, "Milan": None})


def test_what_does_not_exist_is_ignored(munich, coordinator):
    result = identify({munich.pk: "00000none", munich.pk + 1: TUM}, coordinator)

    assert (linked(), result.left, Run.objects.count()) == ({"Munich": None}, [], 0)


def test_undo_takes_links_and_filled_values_back(munich, milan, coordinator):
    run = identify({munich.pk: TUM, milan.pk: MILAN}, coordinator).run

    plan = undo(run, coordinator)

    assert [change.university_name for change in plan.blocked()] == []
    assert list(University.objects.order_by("pk").values_list("institution", "city", "website")) == [
        (None, "", ""),
        (None, "Milano", "https://milan.example"),
    ]
    assert list(University.objects.search("technische")) == []
