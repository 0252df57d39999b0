"""The page on which users remove what they have added by mistake."""

import pytest

from partners.models import Agreement, Document, University
from tests.helpers.factories import AgreementFactory, DocumentFactory, UniversityFactory
from tests.helpers.html import buttons, links, messages, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(coordinator):
    university = UniversityFactory(name="Marburg")
    document = DocumentFactory(agreement=AgreementFactory(university=university))
    for obj in (university, document.agreement, document):
        obj.history.update(history_user=coordinator)
    return document


def test_user_removes_an_agreement_added_by_mistake(coordinator_client, document, documents):
    page = f"/admin/partners/agreement/{document.agreement_id}"
    button = ("Remove", f"{page}/remove/")
    offered = links(coordinator_client.get(f"{page}/change/"), ".object-tools a")
    confirmation = coordinator_client.get(f"{page}/remove/")
    removed = coordinator_client.post(f"{page}/remove/", follow=True)

    assert button in offered
    assert "This goes with it: Document: agreement.pdf" in text(confirmation)
    assert messages(removed) == ["Removed: Marburg: Bilateral (signed). The history still has it."]
    assert (Agreement.objects.count(), Document.objects.count(), University.objects.count()) == (0, 0, 1)
    log = text(coordinator_client.get("/admin/changes/"))
    assert log.count("removed, as it was added by mistake") == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_file_of_a_removed_document_is_deleted(coordinator_client, document, documents):
    coordinator_client.post(f"/admin/partners/document/{document.pk}/remove/")

    assert [path for path in documents.rglob("*") if path.is_file()] == []


def test_used_object_has_no_button_and_stays(coordinator_client, document, assistant):
    document.history.update(history_user=assistant)
    page = f"/admin/partners/university/{document.agreement.university_id}"
    offered = links(coordinator_client.get(f"{page}/change/"), ".object-tools a")
    refused = coordinator_client.post(f"{page}/remove/")

    assert "Remove" not in [label for label, _url in offered]
    assert "You cannot remove it: “agreement.pdf” was not added by you in the last 24 hours." in text(refused)
    assert "Remove" not in buttons(refused)
    assert University.objects.count() == 1
