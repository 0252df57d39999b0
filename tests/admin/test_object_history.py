import re
from datetime import date

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User

from partners.enums import AgreementStatus
from partners.models import Agreement, Country, Run, University
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import AgreementFactory, UniversityFactory, create_staff
from tests.helpers.history_pages import history, update
from tests.helpers.html import attributes, cells, count_queries, element_texts, text

NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}


def university_form(university, **changes):
    data = {"name": university.name, "country": university.country_id, "slug": university.slug, "is_listed": "on"}
    return NO_AGREEMENTS | data | changes


def inline_form(agreement, **changes):
    row = {
        "id": agreement.pk,
        "agreement_type": agreement.agreement_type_id or "",
        "status": agreement.status,
    } | changes
    return {"agreements-TOTAL_FORMS": 1, "agreements-INITIAL_FORMS": 1} | {
        f"agreements-0-{name}": value for name, value in row.items()
    }


def change(browser, obj, data):
    browser.post(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/change/", NO_ROWS | data)


def test_university_change_has_user_reason_and_field_changes(coordinator_client, db):
    university = UniversityFactory(name="Marburg", city="Marburg")
    brazil = Country.objects.get(code="BR")

    change(
        coordinator_client,
        university,
        university_form(university, name="Marburg (Lahn)", country=brazil.pk, city="Lahn"),
    )

    assert history(coordinator_client, university) == [
        "coordinator changed Name: Marburg → Marburg (Lahn) Country or territory: Germany → Brazil "
        "City: Marburg → Lahn edited",
        "the command line added",
    ]


def test_every_version_but_the_present_one_can_be_put_back(coordinator_client, db):
    university = update(UniversityFactory(name="Marburg"), city="Lahn")

    page = coordinator_client.get(f"/admin/partners/university/{university.pk}/history/")

    labels = [re.sub(r" \d.*", "", row[4]) for row in cells(page) if len(row) > 2]
    assert labels == ["As it is now", "Put back this version …"]


def test_added_university_has_user_and_reason(coordinator_client, germany):
    coordinator_client.post(
        "/admin/partners/university/add/", NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk}
    )

    assert history(coordinator_client, University.objects.get()) == ["coordinator added added"]


def test_agreement_change_has_user_reason_and_field_changes(coordinator_client, bilateral, erasmus):
    agreement = AgreementFactory(valid_until="2026-06-30", status=AgreementStatus.IN_PROCESS)
    data = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "signed"}

    change(coordinator_client, agreement, data | {"valid_until": "2027-06-30"})

    assert history(coordinator_client, agreement)[0] == (
        "coordinator changed Agreement type: Bilateral → Erasmus+ Status: in process → signed "
        "Valid until: 30 Jun 2026 → 30 Jun 2027 edited"
    )


def test_missing_agreement_type_is_not_displayed_as_deleted(coordinator_client, erasmus):
    agreement = AgreementFactory(agreement_type=None, status=AgreementStatus.IN_PROCESS)
    data = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "in_process"}

    change(coordinator_client, agreement, data)

    latest = history(coordinator_client, agreement)[0]
    assert latest == "coordinator changed Agreement type: – → Erasmus+ edited"


def test_change_on_university_page_is_in_agreement_history(coordinator_client, db):
    agreement = AgreementFactory()
    data = university_form(agreement.university) | inline_form(agreement, status="ended")

    change(coordinator_client, agreement.university, data)

    assert history(coordinator_client, agreement) == [
        "coordinator changed Status: signed → ended edited on the university's page",
        "the command line added",
    ]


def test_agreement_added_on_university_page_has_user_and_reason(coordinator_client, bilateral):
    university = UniversityFactory()
    row = {"agreements-0-agreement_type": bilateral.pk, "agreements-0-status": "signed"}

    change(coordinator_client, university, university_form(university) | row | {"agreements-TOTAL_FORMS": 1})

    assert history(coordinator_client, Agreement.objects.get()) == ["coordinator added edited on the university's page"]


def sign(browser, agreement):
    row = {"signed_on": "2026-05-01", "version": agreement.history.latest().pk}
    data = {f"{agreement.pk}-{name}": value for name, value in row.items()}
    browser.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", data)


def test_agreement_ended_by_its_renewal_has_user_and_reason(coordinator_client, db):
    predecessor = AgreementFactory(valid_from="2026-09-01")
    renewal = AgreementFactory(
        university=predecessor.university, status=AgreementStatus.IN_PROCESS, valid_from="2026-06-01"
    )

    renewal.sign(date(2026, 5, 1))

    assert history(coordinator_client, predecessor)[0] == (
        "the command line changed Status: signed → ended Ended on: – → 1 May 2026 "
        f"ended by its renewal, agreement {renewal.pk}"
    )


def test_marking_as_signed_has_user_reason_and_field_changes(coordinator_client, db):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS)

    sign(coordinator_client, agreement)

    latest = history(coordinator_client, agreement)[0]
    assert latest == (
        "coordinator changed Status: in process → signed Signed on: – → 1 May 2026 marked as signed "
        f"(run {Run.objects.get().pk})"
    )


def test_import_is_in_history_of_added_agreement(coordinator_client, register):
    agreement = Agreement.objects.in_process().get()

    page = coordinator_client.get(f"/admin/partners/agreement/{agreement.pk}/history/")
    run = Run.objects.get()
    assert history(coordinator_client, agreement) == [f"the command line added run {run.pk}: partners.tsv"]
    assert f"/admin/partners/run/{run.pk}/change/" in attributes(page, "a", "href")


@pytest.mark.parametrize("model_name", ["country", "agreementtype"])
def test_reference_data_change_is_compared_to_its_first_version(coordinator_client, germany, bilateral, model_name):
    obj = {"country": germany, "agreementtype": bilateral}[model_name]
    data = {"code": "DE", "name": "Changed", "position": 1, "slug": "bilateral", "other_names": obj.other_names}

    change(
        coordinator_client,
        obj,
        data
        | {
            "other_names": obj.other_names,
            "description": [bilateral.description[code] for code, _label in settings.LANGUAGES],
        },
    )

    assert history(coordinator_client, obj) == [
        f"coordinator changed Name: {obj.name} → Changed edited",
        "the command line added reference data",
    ]


def test_history_escapes_names(coordinator_client, db):
    university = UniversityFactory(name="Marburg")

    change(coordinator_client, university, university_form(university, name="<script>alert(1)</script>"))

    assert (
        history(coordinator_client, university)[0]
        == "coordinator changed Name: Marburg → <script>alert(1)</script> edited"
    )


def test_saving_without_a_change_adds_no_entry(coordinator_client, db):
    university = UniversityFactory(name="Marburg")

    change(coordinator_client, university, university_form(university))

    assert history(coordinator_client, university) == ["the command line added"]


def test_university_history_includes_its_agreements(coordinator_client, db):
    agreement = AgreementFactory(university__name="Marburg")
    university, deleted = agreement.university, AgreementFactory(university=agreement.university, status="ended")
    deleted.delete()

    change(coordinator_client, university, university_form(university) | inline_form(agreement, status="ended"))

    assert history(coordinator_client, university) == [
        "coordinator Agreement Marburg: Bilateral (ended) changed Status: signed → ended "
        "edited on the university's page",
        "the command line Agreement Marburg: Bilateral (ended) deleted",
        "the command line Agreement Marburg: Bilateral (ended) added",
        "the command line Agreement Marburg: Bilateral (signed) added",
        "the command line added",
    ]


def test_moved_agreement_is_in_history_of_both_universities(db, coordinator_client):
    agreement = AgreementFactory(university__name="Marburg")
    marburg, kassel = agreement.university, UniversityFactory(name="Kassel")
    agreement.university = kassel
    agreement.save()
    agreement.notes = "elsewhere"
    agreement.save()

    moved = "the command line Agreement Kassel: Bilateral (signed) changed University: Marburg → Kassel"
    noted = "the command line Agreement Kassel: Bilateral (signed) changed Internal notes: – → elsewhere"
    assert history(coordinator_client, marburg)[0] == moved
    assert history(coordinator_client, kassel)[:2] == [noted, moved]


def test_history_without_agreement_permission_has_only_the_university(client, db):
    agreement = AgreementFactory(university__name="Marburg")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_university"))
    client.force_login(reader)

    assert history(client, agreement.university) == ["the command line added"]


def test_history_displays_last_name_of_deleted_objects(coordinator_client, germany):
    university, ruritania = UniversityFactory(), Country.objects.create(code="XX", name="Ruritania")
    university.country = ruritania
    university.save()
    university.country = germany
    university.save()
    ruritania.delete()

    assert (
        history(coordinator_client, university)[0]
        == "the command line changed Country or territory: Ruritania → Germany"
    )


def test_history_of_deleted_university_remains(coordinator_client, db):
    university = UniversityFactory(name="Marburg")
    pk = university.pk
    university.delete()

    page = coordinator_client.get(f"/admin/partners/university/{pk}/history/")

    assert element_texts(page, "h1")[-1] == "History of Marburg"
    assert "It has been deleted. An administrator can bring it back." in text(page)
    assert "the command line deleted" in text(page)


@pytest.mark.parametrize("pk", ["999999", "x", "9" * 18, "9" * 30])
def test_history_of_unknown_pk_is_not_found(coordinator_client, db, pk):
    assert coordinator_client.get(f"/admin/partners/university/{pk}/history/").status_code == 404


def edit_repeatedly(agreement, times):
    for index in range(times):
        agreement.notes = f"note {index}"
        agreement.save()
        agreement.university.save()


def test_history_query_count_is_constant(coordinator_client, coordinator, db):
    agreement = AgreementFactory(responsible=coordinator)
    url = f"/admin/partners/university/{agreement.university_id}/history/"
    edit_repeatedly(agreement, 3)
    few = count_queries(coordinator_client, url)

    edit_repeatedly(agreement, 300)

    assert count_queries(coordinator_client, url) == few <= 16


def test_long_history_is_paginated(coordinator_client, db):
    agreement = AgreementFactory()
    edit_repeatedly(agreement, 120)

    page = coordinator_client.get(f"/admin/partners/agreement/{agreement.pk}/history/?page=2")

    assert len([row for row in cells(page) if len(row) > 2]) == 21
    assert "Page 2 of 2" in text(page)
    assert "Internal notes: note 18 → note 19" in text(page)


def test_fresh_database_has_two_groups(db):
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Assistants", "Exchange coordinators"]


def test_history_says_that_an_account_is_deleted(coordinator_client, db):
    agreement = AgreementFactory(responsible=create_staff("ana"))
    update(agreement, responsible=None)
    # By hand, or before history protected accounts.
    User.objects.filter(username="ana")._raw_delete("default")

    assert history(coordinator_client, agreement)[0] == (
        "the command line changed Coordinator responsible: a deleted account → –"
    )
