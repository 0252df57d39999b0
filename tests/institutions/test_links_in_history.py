"""Links to institutions in history, and what puts them back."""

import pytest

from partners.history.revert import undelete
from partners.models import Run, University
from partners.runs.undo import undo
from tests.helpers.database import count_queries
from tests.helpers.factories import InstitutionFactory, UniversityFactory, institutions
from tests.helpers.history_pages import entries, history, latest_version, update, version_url
from tests.helpers.html import element_texts, form_data
from tests.helpers.register_files import import_rows, make_rows, row

MUNICH = "Technical University of Munich"
pytestmark = pytest.mark.django_db


@pytest.fixture
def munich():
    return InstitutionFactory()


@pytest.fixture
def university():
    return UniversityFactory(name="TU Munich")


def is_found(query):
    return University.objects.search(query).exists()


def last_run():
    return Run.objects.latest("pk")


def test_history_names_the_institution(coordinator_client, university, munich):
    update(university, institution=munich)

    assert history(coordinator_client, university)[0] == (
        f"the command line changed Institution in the directory: – → {MUNICH}"
    )


def test_change_log_names_the_institution(coordinator_client, university, munich):
    update(university, institution=munich)

    assert f"Institution in the directory: – → {MUNICH}" in entries(coordinator_client)[0]


def test_putting_a_version_back_takes_the_link_and_its_names_off(coordinator_client, university, munich):
    update(university, institution=munich)

    page = coordinator_client.get(version_url(university))
    coordinator_client.post(version_url(university), latest_version(university))

    university.refresh_from_db()
    assert f"Institution in the directory: {MUNICH} → –" in element_texts(page, "li")
    assert (university.institution, is_found("Technische")) == (None, False)


def test_putting_a_link_back_brings_the_names(coordinator_client, university, munich):
    update(university, institution=munich)
    update(university, institution=None)

    coordinator_client.post(version_url(university, 1), latest_version(university))

    university.refresh_from_db()
    assert (university.institution, is_found("Technische")) == (munich, True)


def test_link_that_another_university_has_by_now_is_not_put_back(coordinator_client, university, munich):
    update(university, institution=munich)
    update(university, institution=None)
    UniversityFactory(name="TUM", institution=munich)

    page = coordinator_client.get(version_url(university, 1))
    coordinator_client.post(version_url(university, 1), latest_version(university))

    university.refresh_from_db()
    assert f"Institution in the directory: “{MUNICH}” is linked to “TUM” already." in element_texts(page, "li")
    assert university.institution is None


def test_conflict_of_two_links_names_both_institutions(coordinator_client, university, munich):
    url = f"/admin/partners/university/{university.pk}/change/"
    form = form_data(coordinator_client.get(url), "#university_form")
    update(university, institution=InstitutionFactory(ror_id="00rcxh774", name="University of Cologne"))

    page = coordinator_client.post(url, form | {"institution": munich.pk})

    (conflict,) = element_texts(page, "section.conflicts li")
    assert conflict.startswith("Institution in the directory: – → University of Cologne")
    assert f"Yours: {MUNICH}" in conflict


def test_undeleted_university_is_linked_and_found(coordinator, university, munich):
    update(university, institution=munich)
    university.delete()

    record = University.history.latest()
    undelete(record, coordinator, record.history_id)

    assert (University.objects.get().institution, is_found("Technische")) == (munich, True)


def test_undo_of_an_import_takes_the_link_off(coordinator, university, munich):
    import_rows(row(name="TU Munich", institution=munich.pk))

    undo(last_run(), coordinator)

    assert (University.objects.get().institution, is_found("Technische")) == (None, False)


def test_undo_of_an_import_brings_the_link_back(coordinator, university, munich):
    update(university, institution=munich)
    import_rows(row(name="TU Munich", institution="", city="München"))

    undo(last_run(), coordinator)

    assert (University.objects.get().institution, is_found("Technische")) == (munich, True)


def test_undo_leaves_a_link_that_another_university_has_by_now(coordinator, university, munich):
    update(university, institution=munich)
    import_rows(row(name="TU Munich", institution=""))
    UniversityFactory(name="TUM", institution=munich)

    plan = undo(last_run(), coordinator)

    assert [change.blocked_reason for change in plan.blocked()] == ["another university has that institution by now"]
    assert University.objects.get(institution=munich).name == "TUM"


@pytest.mark.parametrize("is_linking", [True, False], ids=["links", "takes links off"])
def test_number_of_queries_of_an_undo_does_not_depend_on_the_number_of_links(coordinator, is_linking):
    linked = institutions(50)
    names = [cells["University name"] for cells in make_rows(50)]
    for name, institution in zip(names, linked, strict=True):
        UniversityFactory(name=name, institution=None if is_linking else institution)
    cells = [
        row(name=name, institution=each.pk if is_linking else "") for name, each in zip(names, linked, strict=True)
    ]

    import_rows(*cells[:3])
    few = count_queries(undo, last_run(), coordinator)
    import_rows(*cells[3:])
    many = count_queries(undo, last_run(), coordinator)

    assert (few["SELECT"], few["UPDATE"]) == (many["SELECT"], many["UPDATE"])
    assert University.objects.exclude(institution=None).count() == (0 if is_linking else 50)
