import re

import pytest
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Document
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.files import PDF, PNG, upload
from tests.helpers.html import (
    attributes,
    cells,
    count_queries,
    element_texts,
    elements,
    errors,
    links,
    messages,
    rows,
    text,
)

LIST = "/admin/partners/document/"


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg")


def change_url(agreement):
    return f"/admin/partners/agreement/{agreement.pk}/change/"


def file_url(document):
    return reverse("admin:partners_document_file", args=[document.pk])


def form_data(agreement, *files, withdrawn=(), **values):
    """Return the unchanged form of the agreement's page, with files to add and documents to withdraw."""
    form = {"university": agreement.university_id, "agreement_type": agreement.agreement_type_id}
    form |= {"status": agreement.status, "documents-added": files}
    documents = list(agreement.documents.all())
    for index, document in enumerate(documents):
        form |= {f"documents-{index}-id": document.pk, f"documents-{index}-agreement": agreement.pk}
        form |= {f"documents-{index}-is_withdrawn": "on"} if document in withdrawn else {}
    counts = {"documents-TOTAL_FORMS": len(documents), "documents-INITIAL_FORMS": len(documents)}
    return NO_ROWS | form | counts | values


def stored_documents():
    return list(Document.objects.order_by("pk").values_list("name", "is_withdrawn"))


def error_lists(page):
    return element_texts(page, "ul.errorlist")


def test_page_lists_documents_of_the_agreement(coordinator_client, coordinator, agreement):
    document = DocumentFactory(agreement=agreement, name="Łódź.pdf", added_by=coordinator)
    DocumentFactory(name="of another one.pdf")

    page = coordinator_client.get(change_url(agreement))

    assert [row.rsplit(", ", 1)[-1] for row in rows(page)] == ["coordinator Withdraw Łódź.pdf"]
    assert "Łódź.pdf 69 bytes" in rows(page)[0]
    assert ("Łódź.pdf", file_url(document)) in links(page)


def test_several_files_are_added_at_once(coordinator_client, coordinator, agreement):
    page = coordinator_client.post(
        change_url(agreement), form_data(agreement, upload(), upload("scan.png", PNG)), follow=True
    )

    assert stored_documents() == [("agreement.pdf", False), ("scan.png", False)]
    assert [document.added_by for document in agreement.documents.all()] == [coordinator, coordinator]
    assert messages(page) == ["The agreement “Marburg: Bilateral (signed)” was changed successfully."]


def test_files_are_added_with_a_new_agreement(coordinator_client, agreement, erasmus):
    new = AgreementFactory.build(university=agreement.university, agreement_type=erasmus)
    form = form_data(agreement, upload()) | {"agreement_type": erasmus.pk, "status": new.status}

    coordinator_client.post("/admin/partners/agreement/add/", form)

    assert Document.objects.get().agreement.agreement_type == erasmus


def test_duplicate_upload_is_stored_once(coordinator_client, agreement):
    coordinator_client.post(change_url(agreement), form_data(agreement, upload(), upload("copy.pdf")))

    assert stored_documents() == [("agreement.pdf", False)]


def test_invalid_file_is_an_error_and_nothing_is_saved(coordinator_client, agreement):
    files = [upload("scan.png", PNG), upload("macro.pdf", b"MZ"), upload("empty.pdf", b"")]

    page = coordinator_client.post(change_url(agreement), form_data(agreement, *files, notes="typed"))

    assert error_lists(page) == [
        "“macro.pdf” is a file of another kind. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file."
        " “empty.pdf” is empty. Choose another file."
        " Nothing is saved yet, and the browser has forgotten “scan.png”. Choose again.",
    ]
    assert stored_documents() == []
    assert element_texts(page, "textarea[name=notes]") == ["typed"]


def test_too_large_file_is_an_error_with_the_limit(coordinator_client, agreement, settings):
    settings.DOCUMENT_MAX_MB = 1

    page = coordinator_client.post(change_url(agreement), form_data(agreement, upload(content=PDF + bytes(1_000_000))))

    assert error_lists(page) == [
        "“agreement.pdf” has 1.0 MB, a document at most 1 MB. Make it smaller, or divide it.",
    ]


def test_error_in_another_field_asks_to_reselect_files(coordinator_client, agreement):
    page = coordinator_client.post(
        change_url(agreement), form_data(agreement, upload(), upload("scan.png", PNG), status="perhaps")
    )

    assert error_lists(page)[-1] == (
        "Nothing is saved yet, and the browser has forgotten “agreement.pdf” and “scan.png”. Choose again."
    )
    assert stored_documents() == []


def test_error_in_another_field_leaves_no_file(coordinator_client, agreement, documents):
    coordinator_client.post(change_url(agreement), form_data(agreement, upload(), status="perhaps"))

    assert list(documents.iterdir()) == []


def test_resubmitted_form_does_not_store_the_document_twice(coordinator_client, agreement):
    form = form_data(agreement)

    pages = [coordinator_client.post(change_url(agreement), form | {"documents-added": [upload()]}) for _ in range(2)]

    assert pages[0].status_code == 302
    assert error_lists(pages[1]) == ["“agreement.pdf” is among its documents already. Leave it out."]
    assert stored_documents() == [("agreement.pdf", False)]


def test_document_is_withdrawn_and_restored(coordinator_client, agreement):
    document = DocumentFactory(agreement=agreement)

    coordinator_client.post(change_url(agreement), form_data(agreement, withdrawn=[document]))
    assert stored_documents() == [("agreement.pdf", True)]

    coordinator_client.post(change_url(agreement), form_data(agreement))
    assert stored_documents() == [("agreement.pdf", False)]
    reasons = document.history.values_list("history_change_reason", flat=True)
    assert list(reasons)[:2] == ["no longer withdrawn", "withdrawn"]


def test_document_is_not_restored_beside_its_copy(coordinator_client, agreement):
    withdrawn = DocumentFactory(agreement=agreement, is_withdrawn=True)
    DocumentFactory(agreement=agreement, name="copy.pdf")

    pages = [
        coordinator_client.post(change_url(agreement), form_data(agreement)),
        coordinator_client.post(f"{LIST}{withdrawn.pk}/change/", {}),
    ]

    assert [error_lists(page) for page in pages] == [["The agreement has this document already."]] * 2
    assert stored_documents() == [("agreement.pdf", True), ("copy.pdf", False)]


def test_forged_inline_rows_add_no_document(coordinator_client, agreement):
    coordinator_client.post(
        change_url(agreement), form_data(agreement, **{"documents-TOTAL_FORMS": 1, "documents-0-is_withdrawn": "on"})
    )

    assert stored_documents() == []


def test_document_of_another_agreement_is_not_withdrawn(coordinator_client, agreement):
    other = DocumentFactory(agreement__university__name="Jena")
    form = {"documents-TOTAL_FORMS": 1, "documents-INITIAL_FORMS": 1, "documents-0-id": other.pk}

    coordinator_client.post(change_url(agreement), form_data(agreement, **form, **{"documents-0-is_withdrawn": "on"}))

    assert stored_documents() == [("agreement.pdf", False)]


def test_history_of_the_agreement_includes_its_documents(coordinator_client, agreement):
    coordinator_client.post(change_url(agreement), form_data(agreement, upload()))
    coordinator_client.post(change_url(agreement), form_data(agreement, withdrawn=agreement.documents.all()))

    page = coordinator_client.get(f"/admin/partners/agreement/{agreement.pk}/history/")

    assert [row[1:4] for row in cells(page) if "Document" in "".join(row[2:3])] == [
        ["coordinator", "Document agreement.pdf changed Withdrawn: no → yes", "withdrawn"],
        ["coordinator", "Document agreement.pdf added", "added"],
    ]


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_file_is_served_as_a_sandboxed_attachment(client, request, agreement, role):
    client.force_login(request.getfixturevalue(role))
    document = DocumentFactory(agreement=agreement, name="Łódź “1”.pdf")

    response = client.get(file_url(document))

    assert b"".join(response.streaming_content) == PDF
    assert {name: response[name] for name in response.headers if name in FILE_HEADERS} == FILE_HEADERS
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


FILE_HEADERS = {
    "Content-Type": "application/pdf",
    "Content-Length": "69",
    "Content-Disposition": "attachment; filename*=utf-8''%C5%81%C3%B3d%C5%BA%20%E2%80%9C1%E2%80%9D.pdf",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def test_head_request_has_the_same_headers_without_content(coordinator_client, agreement):
    document = DocumentFactory(agreement=agreement)

    response = coordinator_client.head(file_url(document))

    assert (response.content if not response.streaming else b"".join(response)) == b""
    assert response["Content-Length"] == "69"


def test_file_is_not_compressed(coordinator_client, agreement):
    document = DocumentFactory(agreement=agreement, content=PDF + b" " * 5_000)

    response = coordinator_client.get(file_url(document), headers={"Accept-Encoding": "gzip"})

    assert b"".join(response.streaming_content) == PDF + b" " * 5_000


@pytest.mark.parametrize("missing", ["view_agreement", "view_document"])
def test_file_requires_view_permissions(client, assistant, agreement, missing):
    document = DocumentFactory(agreement=agreement)
    assistant.groups.get().permissions.remove(*assistant.groups.get().permissions.filter(codename=missing))
    client.force_login(assistant)

    assert client.get(file_url(document)).status_code == 403


def test_file_has_no_public_url(client, agreement, settings, documents):
    DocumentFactory(agreement=agreement)
    (file,) = documents.iterdir()

    statuses = [client.get(f"/{folder}/{file.name}").status_code for folder in ("static", "media", "documents")]

    assert statuses == [404, 404, 404]


def test_missing_file_is_an_error_message(coordinator_client, agreement, documents):
    document = DocumentFactory(agreement=agreement)
    next(documents.iterdir()).unlink()

    page = coordinator_client.get(file_url(document), follow=True)

    assert messages(page) == [
        "The file of “agreement.pdf” is not where it is kept. Ask for it to be restored from a backup."
    ]


def test_assistant_sees_documents_and_cannot_change_them(client, assistant, agreement):
    DocumentFactory(agreement=agreement)
    client.force_login(assistant)

    page = client.get(change_url(agreement))
    response = client.post(change_url(agreement), form_data(agreement, upload("scan.png", PNG)))

    assert [row.rpartition(" ")[2] for row in rows(page)] == ["no"]
    assert elements(page, "[name=documents-added]") == []
    assert response.status_code == 403
    assert stored_documents() == [("agreement.pdf", False)]


def test_change_permission_of_agreements_does_not_allow_adding_documents(client, coordinator, agreement):
    group = coordinator.groups.get()
    group.permissions.remove(*group.permissions.filter(codename__in=["add_document", "change_document"]))
    client.force_login(coordinator)

    page = client.get(change_url(agreement))
    client.post(change_url(agreement), form_data(agreement, upload()))

    assert elements(page, "[name=documents-added]") == []
    assert stored_documents() == []


def test_list_displays_all_documents(coordinator_client, coordinator, agreement):
    DocumentFactory(agreement=agreement, added_by=coordinator)

    page = coordinator_client.get(LIST, {"q": "marburg"})

    assert [re.sub(r"\d+ \w+ \d{4}, \d\d:\d\d", "…", row) for row in rows(page)] == [
        "agreement.pdf Marburg: Bilateral (signed) 69 bytes … coordinator"
    ]


def test_lists_make_as_many_queries_with_300_documents_as_with_3(coordinator_client, coordinator, agreement):
    for index in range(3):
        DocumentFactory(agreement=agreement, content=PDF + bytes([index]), added_by=coordinator)
    few = [count_queries(coordinator_client, LIST), count_queries(coordinator_client, change_url(agreement))]
    values = {"agreement": agreement, "added_by": coordinator, "file_type": "pdf", "size": 1, "file": "x"}
    Document.objects.bulk_create(Document(name=f"{n}.pdf", sha256=str(n), **values) for n in range(297))

    assert [count_queries(coordinator_client, LIST), count_queries(coordinator_client, change_url(agreement))] == few


def test_superuser_deletes_a_document_with_its_file(
    admin_client, agreement, documents, django_capture_on_commit_callbacks
):
    document = DocumentFactory(agreement=agreement)

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{LIST}{document.pk}/delete/", {"post": "yes"})
    page = admin_client.get(reverse("admin:partners_document_undelete", args=[document.pk]))

    assert stored_documents() == []
    assert list(documents.iterdir()) == []
    assert "Its file was deleted with it. Add it to the agreement anew." in text(page)


def test_deletion_of_an_agreement_lists_its_protected_documents(admin_client, agreement):
    DocumentFactory(agreement=agreement)

    page = admin_client.post(f"/admin/partners/agreement/{agreement.pk}/delete/", {"post": "yes"})

    assert "Document: agreement.pdf" in element_texts(page, "li")
    assert stored_documents() == [("agreement.pdf", False)]


def sign_url(agreement):
    return reverse("admin:partners_agreement_sign", query={"id": agreement.pk})


def signature_data(agreement, *files, day="2026-05-01"):
    form = {"signed_on": day, "version": agreement.history.latest().pk, "documents": files}
    return {f"{agreement.pk}-{name}": value for name, value in form.items()}


@pytest.fixture
def deal(db):
    return AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS)


def test_deal_is_signed_with_its_documents(coordinator_client, coordinator, deal):
    page = coordinator_client.post(sign_url(deal), signature_data(deal, upload(), upload("scan.png", PNG)), follow=True)

    deal.refresh_from_db()
    assert messages(page) == ["Marked as signed: Jena: Bilateral (signed). Undo …"]
    assert (deal.status, [(document.name, document.added_by) for document in deal.documents.order_by("pk")]) == (
        "signed",
        [("agreement.pdf", coordinator), ("scan.png", coordinator)],
    )
    assert deal.documents.first().history.get().history_change_reason == "added with the signature"


def test_row_of_shared_values_has_no_documents(coordinator_client, deal, agreement):
    other = AgreementFactory(university__name="Halle", status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(reverse("admin:partners_agreement_sign", query={"id": [deal.pk, other.pk]}))

    assert attributes(page, "input[type=file]", "name") == [f"{other.pk}-documents", f"{deal.pk}-documents"]


def test_invalid_file_leaves_the_deal_unsigned(coordinator_client, deal, documents):
    page = coordinator_client.post(sign_url(deal), signature_data(deal, upload("scan.pdf", PNG), upload()))

    deal.refresh_from_db()
    assert errors(page) == {
        f"{deal.pk}-documents": "“scan.pdf” is in fact a PNG image. Let its name end with “.png”, and choose it again."
        " Nothing is saved yet, and the browser has forgotten “agreement.pdf”. Choose again."
    }
    assert (deal.status, stored_documents(), documents.exists()) == ("in_process", [], False)


def test_error_in_a_row_asks_to_reselect_its_files(coordinator_client, deal):
    page = coordinator_client.post(sign_url(deal), signature_data(deal, upload(), day="x"))

    assert errors(page) == {
        f"{deal.pk}-signed_on": "“x” is not a date. Write it like 1 Feb 2025.",
        f"{deal.pk}-documents": "Nothing is saved yet, and the browser has forgotten “agreement.pdf”. Choose again.",
    }


def test_signing_with_a_duplicate_document_is_an_error(coordinator_client, deal):
    DocumentFactory(agreement=deal)

    page = coordinator_client.post(sign_url(deal), signature_data(deal, upload()))

    assert errors(page) == {f"{deal.pk}-documents": "“agreement.pdf” is among its documents already. Leave it out."}


def test_signing_twice_stores_the_document_once(coordinator_client, deal, documents):
    form = signature_data(deal)

    pages = [
        coordinator_client.post(sign_url(deal), form | {f"{deal.pk}-documents": [upload()]}, follow=True)
        for _ in range(2)
    ]

    assert [messages(page)[0].partition(" by ")[0] for page in pages] == [
        "Marked as signed: Jena: Bilateral (signed). Undo …",
        "“Jena: Bilateral (signed)” stays as it is: it was marked as signed",
    ]
    assert stored_documents() == [("agreement.pdf", False)]
    assert len(list(documents.iterdir())) == 1
