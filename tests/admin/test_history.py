import pytest
from django.contrib.auth.models import Group

from partners.models import Agreement, Country, University
from partners.rules import Status
from tests.factories import AgreementFactory, UniversityFactory
from tests.pages import cells

NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}


def university_form(university, **changes):
    typed = {"name": university.name, "country": university.country_id, "slug": university.slug, "is_listed": "on"}
    return NO_AGREEMENTS | typed | changes


def agreement_line(agreement, **changes):
    line = {
        "id": agreement.pk,
        "agreement_type": agreement.agreement_type_id or "",
        "status": agreement.status,
    } | changes
    return {"agreements-TOTAL_FORMS": 1, "agreements-INITIAL_FORMS": 1} | {
        f"agreements-0-{name}": value for name, value in line.items()
    }


def change(browser, obj, typed):
    browser.post(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/change/", typed)


def history(browser, obj):
    """What stands in the history of an object, newest first, without the object's name and the time."""
    page = browser.get(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/history/")
    return [" ".join(filter(None, row[2:])) for row in cells(page) if len(row) > 2]


def test_change_of_a_university_tells_who_why_and_from_what_to_what(office, db):
    university = UniversityFactory(name="Marburg", city="Marburg")
    brazil = Country.objects.get(code="BR")

    change(office, university, university_form(university, name="Marburg (Lahn)", country=brazil.pk, city="Lahn"))

    assert history(office, university) == [
        "Changed coordinator edited City: Marburg → Lahn Country or territory: Germany → Brazil "
        "Name: Marburg → Marburg (Lahn)",
        "Created None None",
    ]


def test_added_university_tells_who_and_why(office, germany):
    office.post("/admin/partners/university/add/", NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk})

    assert history(office, University.objects.get()) == ["Created coordinator added"]


def test_change_of_an_agreement_tells_who_why_and_from_what_to_what(office, bilateral, erasmus):
    agreement = AgreementFactory(valid_until="2026-06-30", status=Status.IN_PROCESS)
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "signed"}

    change(office, agreement, typed | {"valid_until": "2027-06-30"})

    assert history(office, agreement)[0] == (
        "Changed coordinator edited Agreement type: Bilateral → Erasmus+ Status: in process → signed "
        "Valid until: 2026-06-30 → 2027-06-30"
    )


def test_history_of_an_agreement_that_had_no_type_tells_of_no_deleted_one(office, erasmus):
    agreement = AgreementFactory(agreement_type=None, status=Status.IN_PROCESS)
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "in_process"}

    change(office, agreement, typed)

    newest = history(office, agreement)[0]
    assert newest.startswith("Changed coordinator edited Agreement type: ")
    assert newest.endswith("→ Erasmus+")
    assert "Deleted" not in newest
    assert "None" not in newest


def test_change_on_the_university_s_page_is_in_the_history_of_the_agreement(office, db):
    agreement = AgreementFactory()
    typed = university_form(agreement.university) | agreement_line(agreement, status="ended")

    change(office, agreement.university, typed)

    assert history(office, agreement) == [
        "Changed coordinator edited on the university's page Status: signed → ended",
        "Created None None",
    ]


def test_agreement_added_on_the_university_s_page_tells_who_and_why(office, bilateral):
    university = UniversityFactory()
    line = {"agreements-0-agreement_type": bilateral.pk, "agreements-0-status": "signed"}

    change(office, university, university_form(university) | line | {"agreements-TOTAL_FORMS": 1})

    assert history(office, Agreement.objects.get()) == ["Created coordinator edited on the university's page"]


def test_agreement_ended_by_its_renewal_tells_who_and_why(office, db):
    predecessor = AgreementFactory()
    renewal = AgreementFactory(university=predecessor.university, status=Status.IN_PROCESS)

    office.post(f"/admin/partners/agreement/sign/?id={renewal.pk}", {f"{renewal.pk}-signed_on": "2026-05-01"})

    assert history(office, predecessor)[0] == "Changed coordinator ended by its renewal Status: signed → ended"


def test_marking_as_signed_tells_who_why_and_from_what_to_what(office, db):
    agreement = AgreementFactory(status=Status.IN_PROCESS)

    office.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", {f"{agreement.pk}-signed_on": "2026-05-01"})

    newest = history(office, agreement)[0]
    assert newest.startswith("Changed coordinator marked as signed ")
    assert "Status: in process → signed" in newest
    assert "→ 2026-05-01" in newest


def test_import_is_in_the_history_of_what_it_added(office, register):
    agreement = Agreement.objects.in_process().get()

    assert [row.startswith("Created ") and "import" in row for row in history(office, agreement)] == [True]


@pytest.mark.parametrize("model_name", ["country", "agreementtype"])
def test_change_of_reference_data_is_told_against_what_it_was(office, germany, bilateral, model_name):
    changed = {"country": germany, "agreementtype": bilateral}[model_name]
    typed = {"code": "DE", "name": "Changed", "position": 1, "slug": "bilateral"}

    change(office, changed, typed | {"other_names": changed.other_names, "description": bilateral.description})

    assert history(office, changed) == [
        f"Changed coordinator edited Name: {changed.name} → Changed",
        "Created None reference data",
    ]


def test_history_shows_a_hostile_name_as_text(office, db):
    university = UniversityFactory(name="Marburg")

    change(office, university, university_form(university, name="<script>alert(1)</script>"))

    assert history(office, university)[0] == "Changed coordinator edited Name: Marburg → <script>alert(1)</script>"


def test_saving_without_a_change_adds_nothing_to_tell(office, db):
    university = UniversityFactory(name="Marburg")

    change(office, university, university_form(university))

    assert [row for row in history(office, university) if "→" in row] == []


def test_groups_are_what_a_fresh_database_starts_with(db):
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Assistants", "Exchange coordinators"]
