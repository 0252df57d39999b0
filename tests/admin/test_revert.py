from datetime import date

import pytest
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.history_pages import history, latest_version, update, version_url
from tests.helpers.html import attributes, buttons, element_texts, form_data, messages, text

ADD_CITY = "If they are two universities, add the city to the name."


@pytest.fixture
def superuser(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


def undelete_url(model, pk):
    return f"/admin/partners/{model}/{pk}/undelete/"


def test_preview_lists_changes(coordinator_client, db):
    university = update(UniversityFactory(name="Marburg", city="Marburg"), city="Lahn")

    page = coordinator_client.get(version_url(university))

    assert element_texts(page, "h2") == ["What will change", "The whole version"]
    assert "City: Lahn → Marburg" in element_texts(page, "li")
    assert University.objects.get().city == "Lahn"


def test_revert_restores_values_and_records_reason(coordinator_client, db):
    university = update(UniversityFactory(name="Marburg", city="Marburg"), city="Lahn", name="Lahnburg")
    when = university.history.earliest().history_date

    response = coordinator_client.post(version_url(university), latest_version(university), follow=True)

    university.refresh_from_db()
    assert messages(response) == ["Put back: Marburg"]
    assert (university.name, university.city, university.name_key) == ("Marburg", "Marburg", "marburg")
    assert history(coordinator_client, university)[0] == (
        "coordinator changed Name: Lahnburg → Marburg City: Lahn → Marburg "
        f"put back the version of {when.day} {when:%b %Y, %H:%M}"
    )


def test_current_version_cannot_be_reverted_to(coordinator_client, db):
    university = UniversityFactory()

    page = coordinator_client.get(version_url(university))
    coordinator_client.post(version_url(university), latest_version(university))

    assert "There is nothing to put back: this is how it is now." in text(page)
    assert "Put back this version" not in buttons(page)
    assert university.history.count() == 1


def test_revert_after_concurrent_change_displays_new_preview(coordinator_client, db):
    university = update(UniversityFactory(city="Marburg"), city="Lahn")
    displayed = latest_version(university)
    update(university, city="Kassel")

    response = coordinator_client.post(version_url(university), displayed)

    assert messages(response) == [
        ("Nothing was put back, as something has changed in the meantime. Check what will change now.")
    ]
    assert "City: Kassel → Marburg" in element_texts(response, "li")
    assert University.objects.get().city == "Kassel"


@pytest.mark.parametrize("history_id", ["", "x", "9" * 30])
def test_revert_with_invalid_history_id_is_not_found(coordinator_client, db, history_id):
    university = update(UniversityFactory(city="Marburg"), city="Lahn")

    response = coordinator_client.post(version_url(university), {"latest_history_id": history_id})

    assert response.status_code == 404
    assert University.objects.get().city == "Lahn"


def test_invalid_revert_displays_validation_errors(coordinator_client, db):
    agreement = update(AgreementFactory(), status=AgreementStatus.ENDED)
    AgreementFactory(university=agreement.university)

    page = coordinator_client.get(version_url(agreement))
    coordinator_client.post(version_url(agreement), latest_version(agreement))

    assert "Why it cannot be put back" in element_texts(page, "h2")
    assert element_texts(page, "li")[-1] == (
        "Valid from: “Bilateral, end not recorded” is signed already. "
        "Choose dates that do not overlap, end that one, or renew it."
    )
    agreement.refresh_from_db()
    assert agreement.status == AgreementStatus.ENDED


def test_revert_to_taken_name_displays_error(coordinator_client, db):
    university = update(UniversityFactory(name="Marburg"), name="Kassel")
    UniversityFactory(name="MARBURG")

    page = coordinator_client.get(version_url(university))

    assert f"Name: “Marburg” is already a name of “MARBURG”. {ADD_CITY}" in element_texts(page, "li")


def test_revert_skips_reference_to_deleted_object(coordinator_client, germany):
    ruritania = Country.objects.create(code="XX", name="Ruritania")
    university = update(UniversityFactory(country=ruritania, city="Zenda"), country=germany, city="Bonn")
    ruritania.delete()

    page = coordinator_client.get(version_url(university))
    coordinator_client.post(version_url(university), latest_version(university))

    assert "Country or territory: “Ruritania” is gone." in element_texts(page, "li")
    university.refresh_from_db()
    assert (university.city, university.country) == ("Zenda", germany)


@pytest.fixture
def renewed(db):
    """An open-ended agreement, and its signed renewal from 1 Sep 2026, which has shortened it."""
    first = AgreementFactory(university__name="Marburg", is_open_ended=True)
    renewal = AgreementFactory(university=first.university, status="in_process", valid_from=date(2026, 9, 1))
    renewal.sign(date(2026, 5, 1))
    return first, renewal


def test_preview_of_signing_lists_what_becomes_of_others(coordinator_client, renewed):
    first, renewal = renewed
    update(renewal, status=AgreementStatus.IN_PROCESS)
    update(first, valid_until=None, is_open_ended=True)

    page = coordinator_client.get(version_url(renewal, 1))
    coordinator_client.post(version_url(renewal, 1), latest_version(renewal))

    first.refresh_from_db()
    renewal.refresh_from_db()
    assert "“Bilateral, open-ended” gets 31 Aug 2026 as its last day." in element_texts(page, "li")
    assert (first.status, first.valid_until) == (AgreementStatus.SIGNED, date(2026, 8, 31))
    assert renewal.status == AgreementStatus.SIGNED


def test_revert_of_signing_names_what_it_has_shortened(coordinator_client, renewed):
    first, renewal = renewed
    name = "Bilateral, until 31 Aug 2026"

    page = coordinator_client.get(version_url(renewal))
    response = coordinator_client.post(version_url(renewal), latest_version(renewal), follow=True)

    assert element_texts(page, "h2")[1] == "What this signing has changed, and will stay so"
    assert name in element_texts(page, "li")
    assert f"/admin/partners/agreement/{first.pk}/history/" in attributes(page, "a", "href")
    assert messages(response) == [
        "Put back: Marburg: Bilateral, from 1 Sep 2026 (in process)",
        f"Still as that signing has left it: {name}. "
        "Put it back too, or days may be left without an agreement in force.",
    ]


def test_revert_after_a_change_of_another_agreement_displays_new_preview(coordinator_client, renewed):
    first, renewal = renewed
    update(renewal, status=AgreementStatus.IN_PROCESS)
    displayed = form_data(coordinator_client.get(version_url(renewal, 1)), "form:has([name=latest_history_id])")
    first.refresh_from_db()
    update(first, valid_until=date(2027, 8, 31))

    response = coordinator_client.post(version_url(renewal, 1), displayed)

    renewal.refresh_from_db()
    assert messages(response) == [
        ("Nothing was put back, as something has changed in the meantime. Check what will change now.")
    ]
    assert "“Bilateral, until 31 Aug 2027” gets 31 Aug 2026 as its last day." in element_texts(response, "li")
    assert renewal.status == AgreementStatus.IN_PROCESS


def test_revert_within_the_process_names_no_signing(coordinator_client, renewed):
    _first, renewal = renewed
    update(renewal, status=AgreementStatus.IN_PROCESS, notes="A draft")
    update(renewal, notes="Another draft")

    page = coordinator_client.get(version_url(renewal, 2))

    assert element_texts(page, "h2") == ["What will change", "The whole version"]


def test_revert_of_signing_leaves_out_what_has_been_put_back(coordinator_client, renewed):
    first, renewal = renewed
    coordinator_client.post(version_url(renewal), latest_version(renewal), follow=True)
    first.refresh_from_db()
    response = coordinator_client.post(version_url(first), latest_version(first), follow=True)
    update(Agreement.objects.get(pk=renewal.pk), valid_from=date(2027, 1, 1))

    page = coordinator_client.get(version_url(renewal))

    assert messages(response) == ["Put back: Marburg: Bilateral (signed)"]
    assert element_texts(page, "h2") == ["What will change", "The whole version"]


def test_assistant_views_version_but_cannot_revert(client, assistant):
    university = update(UniversityFactory(city="Marburg"), city="Lahn")
    client.force_login(assistant)

    page = client.get(version_url(university))
    response = client.post(version_url(university), latest_version(university))

    assert "City: Lahn → Marburg" in element_texts(page, "li")
    assert "Put back this version" not in buttons(page)
    assert response.status_code == 403
    assert University.objects.get().city == "Lahn"


def test_version_of_another_object_is_not_found(coordinator_client, db):
    one, other = UniversityFactory(), UniversityFactory()

    url = f"/admin/partners/university/{one.pk}/history/{other.history.latest().pk}/"

    assert coordinator_client.get(url).status_code == 404


@pytest.mark.parametrize("history_id", ["x", "9" * 18, "9" * 30])
def test_version_of_unknown_history_id_is_not_found(coordinator_client, db, history_id):
    university = UniversityFactory()

    response = coordinator_client.get(f"/admin/partners/university/{university.pk}/history/{history_id}/")

    assert response.status_code == 404


def test_undelete_restores_university_with_its_agreements(superuser, db):
    agreement = AgreementFactory(university__name="Marburg", notes="kept")
    university, pk = agreement.university, agreement.university_id
    agreement.delete()
    university.delete()
    record = University.history.filter(id=pk).latest()

    page = superuser.get(undelete_url("university", pk))
    count = University.objects.count()
    response = superuser.post(undelete_url("university", pk), {"latest_history_id": record.pk}, follow=True)

    assert element_texts(page, "h2") == ["Agreements that come back with it"]
    assert "Marburg: Bilateral (signed)" in element_texts(page, "li")
    assert count == 0
    assert messages(response) == ["Brought back: Marburg"]
    assert University.objects.get(pk=pk).name_key == "marburg"
    assert Agreement.objects.get().notes == "kept"
    assert University.history.latest().history_change_reason == "brought back"
    assert Agreement.history.latest().history_user.username == "root"


def test_undelete_restores_which_agreement_a_renewal_renews(superuser, renewed):
    first, renewal = renewed
    university, pk = first.university, first.university_id
    for obj in (Agreement.objects.get(pk=renewal.pk), Agreement.objects.get(pk=first.pk), university):
        obj.delete()
    record = University.history.filter(id=pk).latest()

    page = superuser.get(undelete_url("university", pk))
    superuser.post(undelete_url("university", pk), {"latest_history_id": record.pk})

    assert element_texts(page, "li")[-2:] == [
        "Marburg: Bilateral (signed)",
        "Marburg: Bilateral, from 1 Sep 2026 (signed)",
    ]
    assert list(Agreement.objects.order_by("pk").values_list("renews__valid_until", flat=True)) == [
        None,
        date(2026, 8, 31),
    ]


def test_undelete_of_an_agreement_that_would_overlap_names_the_other(superuser, db):
    agreement = AgreementFactory(scope="Faculty of Law", valid_until=date(2027, 8, 31))
    pk = agreement.pk
    agreement.delete()
    AgreementFactory(university=agreement.university, scope="faculty of law", valid_from=date(2027, 8, 31))

    page = superuser.get(undelete_url("agreement", pk))

    assert element_texts(page, "li")[-1] == (
        "Valid from: “Bilateral, faculty of law, from 31 Aug 2027, end not recorded” is signed already. "
        "Choose dates that do not overlap, end that one, or renew it."
    )
    assert "Bring it back" not in buttons(page)


def test_undelete_preview_writes_nothing(superuser, db):
    university = UniversityFactory()
    pk = university.pk
    university.delete()
    record_count = University.history.count()

    superuser.get(undelete_url("university", pk))

    assert (University.objects.count(), University.history.count()) == (0, record_count)


def test_undelete_leaves_agreement_deleted_by_another_user(superuser, coordinator):
    agreement = AgreementFactory()
    university, pk = agreement.university, agreement.university_id
    agreement._history_user = coordinator
    agreement.delete()
    university.delete()

    page = superuser.get(undelete_url("university", pk))

    assert "Agreements that come back with it" not in element_texts(page, "h2")
    assert "Bring it back" in buttons(page)


def test_undelete_with_taken_name_displays_error(superuser, db):
    university = UniversityFactory(name="Marburg")
    pk = university.pk
    university.delete()
    UniversityFactory(name="Marburg")
    record = University.history.filter(id=pk).latest()

    page = superuser.get(undelete_url("university", pk))
    response = superuser.post(undelete_url("university", pk), {"latest_history_id": record.pk})

    assert f"Name: “Marburg” is already a name of “Marburg”. {ADD_CITY}" in " ".join(element_texts(page, "li"))
    assert messages(response) == [
        ("Nothing was brought back, as something has changed in the meantime. Check what will happen now.")
    ]
    assert University.objects.filter(pk=pk).count() == 0


def test_undelete_of_agreement_needs_its_university(superuser, db):
    agreement = AgreementFactory(university__name="Marburg")
    university, pk = agreement.university, agreement.pk
    agreement.delete()
    university.delete()

    page = superuser.get(undelete_url("agreement", pk))

    assert "University: “Marburg” is gone." in element_texts(page, "li")
    assert "Why it cannot come back" in element_texts(page, "h2")


@pytest.mark.parametrize(("model", "name"), [(Country, "country"), (AgreementType, "agreementtype")])
def test_undelete_restores_reference_data(superuser, model, name):
    obj = model.objects.exclude(universities__isnull=False).first()
    pk, title = obj.pk, str(obj)
    obj.delete()

    superuser.post(undelete_url(name, pk), {"latest_history_id": model.history.filter(id=pk).latest().pk})

    assert str(model.objects.get(pk=pk)) == title


def test_undelete_of_existing_object_redirects_to_history(superuser, db):
    university = UniversityFactory()

    response = superuser.post(undelete_url("university", university.pk), {"latest_history_id": 1}, follow=True)

    assert messages(response) == ["It has not been deleted."]
    assert university.history.count() == 1


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_undelete_is_for_superusers_only(client, db, request, role):
    university = UniversityFactory()
    pk = university.pk
    university.delete()
    record = University.history.filter(id=pk).latest()
    client.force_login(request.getfixturevalue(role))

    responses = [
        client.get(undelete_url("university", pk)),
        client.post(undelete_url("university", pk), {"latest_history_id": record.pk}),
    ]

    assert [response.status_code for response in responses] == [403, 403]
    assert University.objects.count() == 0
