"""The history of mobilities: on the pages of their agreement and university, in the change log; revert, undelete."""

import pytest
from django.contrib.auth.models import User

from partners.models import Agreement, Mobility
from tests.helpers.factories import MobilityFactory, UniversityFactory, create_staff
from tests.helpers.history_pages import entries, history, update, version_url
from tests.helpers.html import attributes, count_queries, element_texts, messages, text

AGREEMENT = "Marburg: Bilateral (signed)"


@pytest.fixture
def offer(db):
    return MobilityFactory(
        agreement__university__name="Marburg", places=4, study_levels="bachelor,master", languages="en B2"
    )


@pytest.fixture
def deleted(offer):
    """The pk of a mobility that has been deleted, and the POST data that brings it back."""
    pk = offer.pk
    offer.delete()
    return pk, {"latest_history_id": Mobility.history.filter(id=pk).latest().pk}


def undelete_url(pk, model="mobility"):
    return f"/admin/partners/{model}/{pk}/undelete/"


def history_url(agreement):
    return f"/admin/partners/agreement/{agreement.pk}/history/"


def test_agreement_history_tells_its_mobilities_in_words(coordinator_client, offer):
    update(offer, places=5, languages="en B2,de B1", fields_of_study="0715")
    offer.delete()

    assert history(coordinator_client, offer.agreement) == [
        "the command line Mobility deleted: 5 out · bachelor, master · Mechanics and metal trades · "
        "English B2, German B1",
        "the command line Mobility changed: 5 out · bachelor, master · Mechanics and metal trades · "
        "English B2, German B1 Places: 4 → 5 Fields of study: – → Mechanics and metal trades "
        "Languages: English B2 → English B2, German B1",
        "the command line Mobility added: 4 out · bachelor, master · English B2",
        "the command line added",
    ]


def test_university_history_and_change_log_name_the_agreement_of_a_mobility(coordinator_client, offer):
    expected = f"the command line Mobility of {AGREEMENT} added: 4 out · bachelor, master · English B2"

    assert history(coordinator_client, offer.agreement.university)[0] == expected
    assert entries(coordinator_client, model="mobility") == [expected]


def test_mobility_stays_in_the_history_of_the_university_that_its_agreement_had(coordinator_client, offer):
    marburg = offer.agreement.university
    kassel = UniversityFactory(name="Kassel")
    update(offer.agreement, university=kassel)
    update(offer, places=5)

    of_marburg, of_kassel = (history(coordinator_client, university) for university in (marburg, kassel))
    assert ("Places: 4 → 5" in " ".join(of_marburg), "Places: 4 → 5" in " ".join(of_kassel)) == (False, True)
    assert ("added: 4 out" in " ".join(of_marburg), "added: 4 out" in " ".join(of_kassel)) == (True, False)


def test_history_of_a_mobility_needs_the_right_to_view_agreements(client, offer):
    client.force_login(create_staff("trainee"))

    assert client.get(f"/admin/partners/mobility/{offer.pk}/history/").status_code == 403


def test_history_escapes_notes(coordinator_client, offer):
    update(offer, fields_note="<script>alert(1)</script>")

    assert "Note on fields: – → <script>alert(1)</script>" in history(coordinator_client, offer.agreement)[0]


def test_version_of_a_mobility_is_put_back(coordinator_client, offer):
    update(offer, places=5, languages="de B1")
    latest = {"latest_history_id": offer.history.latest().pk}

    page = coordinator_client.get(version_url(offer))
    response = coordinator_client.post(version_url(offer), latest, follow=True)

    offer.refresh_from_db()
    assert "Languages: German B1 → English B2" in element_texts(page, "li")
    assert messages(response) == ["Put back: 4 out · bachelor, master · English B2"]
    assert (offer.places, offer.languages) == (4, "en B2")


def test_version_of_a_mobility_that_a_colleague_changed_is_not_put_back(coordinator_client, offer):
    update(offer, places=5)
    displayed = {"latest_history_id": offer.history.latest().pk}
    update(offer, places=6)

    response = coordinator_client.post(version_url(offer), displayed)

    assert messages(response) == [
        ("Nothing was put back, as something has changed in the meantime. Check what will change now.")
    ]
    assert Mobility.objects.get().places == 6


def test_coordinator_brings_a_deleted_mobility_back(coordinator_client, offer, deleted):
    pk, data = deleted

    page = coordinator_client.get(history_url(offer.agreement))
    response = coordinator_client.post(undelete_url(pk), data, follow=True)

    assert undelete_url(pk) in attributes(page, "a", "href")
    assert messages(response) == ["Brought back: 4 out · bachelor, master · English B2"]
    assert list(Mobility.objects.values_list("pk", "agreement", "places", "languages")) == [
        (pk, offer.agreement_id, 4, "en B2")
    ]
    assert history(coordinator_client, offer.agreement)[0] == (
        "coordinator Mobility brought back: 4 out · bachelor, master · English B2 brought back"
    )


def test_assistant_cannot_bring_a_mobility_back(client, assistant, offer, deleted):
    pk, data = deleted
    client.force_login(assistant)

    page = client.get(history_url(offer.agreement))

    assert undelete_url(pk) not in attributes(page, "a", "href")
    assert client.post(undelete_url(pk), data).status_code == 403


def test_mobility_needs_its_agreement_to_come_back(coordinator_client, offer, deleted):
    offer.agreement.delete()

    page = coordinator_client.get(undelete_url(deleted[0]))

    assert f"Agreement: “{AGREEMENT}” is gone." in element_texts(page, "li")
    assert "Why it cannot come back" in element_texts(page, "h2")


@pytest.mark.parametrize("model", ["agreement", "university"])
def test_mobilities_come_back_with_their_agreement(client, offer, model):
    agreement, university = offer.agreement, offer.agreement.university
    obj = {"agreement": agreement, "university": university}[model]
    pk = obj.pk
    for deleted in (offer, agreement, university)[: 3 if model == "university" else 2]:
        deleted.delete()
    client.force_login(User.objects.create_superuser("root"))

    page = client.get(undelete_url(pk, model))
    client.post(undelete_url(pk, model), {"latest_history_id": type(obj).history.filter(id=pk).latest().pk})

    assert "4 out · bachelor, master · English B2" in text(page)
    assert Agreement.objects.get().mobilities.get().places == 4


def test_page_of_a_mobility_is_that_of_its_agreement(coordinator_client, offer):
    response = coordinator_client.get(f"/admin/partners/mobility/{offer.pk}/change/")

    assert response.url == f"/admin/partners/agreement/{offer.agreement_id}/change/#mobilities-group"


def edit_repeatedly(offer, times):
    for places in range(times):
        update(offer, places=places)
        update(offer.agreement, notes=f"note {places}")
        update(offer.agreement.university, city=f"city {places}")


@pytest.mark.parametrize("is_of_university", [False, True])
def test_history_query_count_is_constant(coordinator_client, offer, is_of_university):
    url = history_url(offer.agreement)
    if is_of_university:
        url = f"/admin/partners/university/{offer.agreement.university_id}/history/"
    edit_repeatedly(offer, 3)
    with_3 = count_queries(coordinator_client, url)

    edit_repeatedly(offer, 300)

    assert count_queries(coordinator_client, url) == with_3
