import re

import pytest
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Document
from tests.factories import AgreementFactory, DocumentFactory
from tests.files import PDF, PNG, upload
from tests.html import cells, errors, messages, pieces, queries, rows, text

LIST = "/admin/partners/document/"


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg")


def page_of(agreement):
    return f"/admin/partners/agreement/{agreement.pk}/change/"


def file_of(document):
    return reverse("admin:partners_document_file", args=[document.pk])


def typed(agreement, *files, withdrawn=(), **values):
    """The form of the agreement's page as it is, with files that are added and documents that are withdrawn."""
    form = {"university": agreement.university_id, "agreement_type": agreement.agreement_type_id}
    form |= {"status": agreement.status, "documents-added": files}
    documents = list(agreement.documents.all())
    for number, document in enumerate(documents):
        form |= {f"documents-{number}-id": document.pk, f"documents-{number}-agreement": agreement.pk}
        form |= {f"documents-{number}-is_withdrawn": "on"} if document in withdrawn else {}
    counts = {"documents-TOTAL_FORMS": len(documents), "documents-INITIAL_FORMS": len(documents)}
    return form | counts | values


def kept():
    return list(Document.objects.order_by("pk").values_list("name", "is_withdrawn"))


def refusals(page):
    return [text(each) for each in re.findall(r'<ul class="errorlist.*?</ul>', page.content.decode(), re.DOTALL)]


def test_page_lists_the_documents_of_the_agreement(office, coordinator, agreement):
    document = DocumentFactory(agreement=agreement, name="Łódź.pdf", added_by=coordinator)
    DocumentFactory(name="of another one.pdf")

    page = office.get(page_of(agreement))

    assert [row.rsplit(", ", 1)[-1] for row in rows(page)] == ["coordinator Withdraw Łódź.pdf"]
    assert "Łódź.pdf 69 bytes" in rows(page)[0]
    assert f'href="{file_of(document)}"' in page.content.decode()


def test_several_files_are_added_at_once(office, coordinator, agreement):
    page = office.post(page_of(agreement), typed(agreement, upload(), upload("scan.png", PNG)), follow=True)

    assert kept() == [("agreement.pdf", False), ("scan.png", False)]
    assert [each.added_by for each in agreement.documents.all()] == [coordinator, coordinator]
    assert [text(piece) for piece in messages(page)] == [
        "The agreement “Marburg: Bilateral (signed)” was changed successfully."
    ]


def test_files_are_added_with_a_new_agreement(office, agreement, erasmus):
    new = AgreementFactory.build(university=agreement.university, agreement_type=erasmus)
    form = typed(agreement, upload()) | {"agreement_type": erasmus.pk, "status": new.status}

    office.post("/admin/partners/agreement/add/", form)

    assert Document.objects.get().agreement.agreement_type == erasmus


def test_same_file_chosen_twice_is_kept_once(office, agreement):
    office.post(page_of(agreement), typed(agreement, upload(), upload("copy.pdf")))

    assert kept() == [("agreement.pdf", False)]


def test_file_that_is_not_taken_is_told_at_the_field_and_nothing_is_saved(office, agreement):
    files = [upload("scan.png", PNG), upload("macro.pdf", b"MZ"), upload("empty.pdf", b"")]

    page = office.post(page_of(agreement), typed(agreement, *files, notes="typed"))

    assert refusals(page) == [
        "“macro.pdf” is a file of another kind. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file."
        " “empty.pdf” is empty. Choose another file.",
        "Nothing is saved yet, and the browser has forgotten “scan.png”. Choose again.",
    ]
    assert kept() == []
    assert ">typed</textarea>" in page.content.decode().replace("\r\n", "").replace("\n", "")


def test_too_large_file_is_told_with_the_limit(office, agreement, settings):
    settings.DOCUMENT_MAX_MB = 1

    page = office.post(page_of(agreement), typed(agreement, upload(content=PDF + bytes(1_000_000))))

    assert refusals(page) == [
        "“agreement.pdf” has 1.0 MB, a document at most 1 MB. Make it smaller, or divide it.",
    ]


def test_mistake_elsewhere_asks_to_choose_the_files_again(office, agreement):
    page = office.post(page_of(agreement), typed(agreement, upload(), upload("scan.png", PNG), status="perhaps"))

    assert refusals(page)[-1] == (
        "Nothing is saved yet, and the browser has forgotten “agreement.pdf” and “scan.png”. Choose again."
    )
    assert kept() == []


def test_sending_the_form_again_does_not_store_the_document_twice(office, agreement):
    form = typed(agreement)

    pages = [office.post(page_of(agreement), form | {"documents-added": [upload()]}) for _ in range(2)]

    assert pages[0].status_code == 302
    assert refusals(pages[1]) == ["“agreement.pdf” is among its documents already. Leave it out."]
    assert kept() == [("agreement.pdf", False)]


def test_document_is_withdrawn_and_counts_again(office, agreement):
    document = DocumentFactory(agreement=agreement)

    office.post(page_of(agreement), typed(agreement, withdrawn=[document]))
    assert kept() == [("agreement.pdf", True)]

    office.post(page_of(agreement), typed(agreement))
    assert kept() == [("agreement.pdf", False)]
    reasons = document.history.values_list("history_change_reason", flat=True)
    assert list(reasons)[:2] == ["no longer withdrawn", "withdrawn"]


def test_document_does_not_count_again_beside_its_copy(office, agreement):
    withdrawn = DocumentFactory(agreement=agreement, is_withdrawn=True)
    DocumentFactory(agreement=agreement, name="copy.pdf")

    pages = [
        office.post(page_of(agreement), typed(agreement)),
        office.post(f"{LIST}{withdrawn.pk}/change/", {}),
    ]

    assert [refusals(page) for page in pages] == [["The agreement has this document already."]] * 2
    assert kept() == [("agreement.pdf", True), ("copy.pdf", False)]


def test_forged_lines_add_no_document(office, agreement):
    office.post(page_of(agreement), typed(agreement, **{"documents-TOTAL_FORMS": 1, "documents-0-is_withdrawn": "on"}))

    assert kept() == []


def test_document_of_another_agreement_is_not_withdrawn_from_here(office, agreement):
    other = DocumentFactory(agreement__university__name="Jena")
    form = {"documents-TOTAL_FORMS": 1, "documents-INITIAL_FORMS": 1, "documents-0-id": other.pk}

    office.post(page_of(agreement), typed(agreement, **form, **{"documents-0-is_withdrawn": "on"}))

    assert kept() == [("agreement.pdf", False)]


def test_history_of_the_agreement_tells_of_its_documents(office, agreement):
    office.post(page_of(agreement), typed(agreement, upload()))
    office.post(page_of(agreement), typed(agreement, withdrawn=agreement.documents.all()))

    page = office.get(f"/admin/partners/agreement/{agreement.pk}/history/")

    assert [row[1:4] for row in cells(page) if "Document" in "".join(row[2:3])] == [
        ["coordinator", "Document agreement.pdf changed Withdrawn: no → yes", "withdrawn"],
        ["coordinator", "Document agreement.pdf added", "added"],
    ]


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_file_is_served_as_an_attachment_that_does_nothing(client, request, agreement, role):
    client.force_login(request.getfixturevalue(role))
    document = DocumentFactory(agreement=agreement, name="Łódź “1”.pdf")

    answer = client.get(file_of(document))

    assert b"".join(answer.streaming_content) == PDF
    assert {name: answer[name] for name in answer.headers if name in SERVED} == SERVED
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


SERVED = {
    "Content-Type": "application/pdf",
    "Content-Length": "69",
    "Content-Disposition": "attachment; filename*=utf-8''%C5%81%C3%B3d%C5%BA%20%E2%80%9C1%E2%80%9D.pdf",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def test_head_tells_the_same_without_the_file(office, agreement):
    document = DocumentFactory(agreement=agreement)

    told = office.head(file_of(document))

    assert (told.content if not told.streaming else b"".join(told)) == b""
    assert told["Content-Length"] == "69"


def test_file_is_packed_no_second_time(office, agreement):
    document = DocumentFactory(agreement=agreement, content=PDF + b" " * 5_000)

    answer = office.get(file_of(document), headers={"Accept-Encoding": "gzip"})

    assert b"".join(answer.streaming_content) == PDF + b" " * 5_000


@pytest.mark.parametrize("missing", ["view_agreement", "view_document"])
def test_file_is_kept_from_who_may_not_see_the_agreement(client, assistant, agreement, missing):
    document = DocumentFactory(agreement=agreement)
    assistant.groups.get().permissions.remove(*assistant.groups.get().permissions.filter(codename=missing))
    client.force_login(assistant)

    assert client.get(file_of(document)).status_code == 403


def test_file_is_under_no_public_address(client, agreement, settings, documents):
    DocumentFactory(agreement=agreement)
    (file,) = documents.iterdir()

    answers = [client.get(f"/{folder}/{file.name}").status_code for folder in ("static", "media", "documents")]

    assert answers == [404, 404, 404]


def test_file_that_is_lost_is_told(office, agreement, documents):
    document = DocumentFactory(agreement=agreement)
    next(documents.iterdir()).unlink()

    page = office.get(file_of(document), follow=True)

    assert messages(page) == [
        "The file of “agreement.pdf” is not where it is kept. Ask for it to be restored from a backup."
    ]


def test_assistant_sees_documents_and_changes_none(client, assistant, agreement):
    DocumentFactory(agreement=agreement)
    client.force_login(assistant)

    page = client.get(page_of(agreement))
    answer = client.post(page_of(agreement), typed(agreement, upload("scan.png", PNG)))

    assert [row.rpartition(" ")[2] for row in rows(page)] == ["no"]
    assert "documents-added" not in page.content.decode()
    assert answer.status_code == 403
    assert kept() == [("agreement.pdf", False)]


def test_who_may_only_change_agreements_adds_no_document(client, coordinator, agreement):
    group = coordinator.groups.get()
    group.permissions.remove(*group.permissions.filter(codename__in=["add_document", "change_document"]))
    client.force_login(coordinator)

    page = client.get(page_of(agreement))
    client.post(page_of(agreement), typed(agreement, upload()))

    assert "documents-added" not in page.content.decode()
    assert kept() == []


def test_list_tells_of_all_documents(office, coordinator, agreement):
    DocumentFactory(agreement=agreement, added_by=coordinator)

    page = office.get(LIST, {"q": "marburg"})

    assert [re.sub(r"\d+ \w+ \d{4}, \d\d:\d\d", "…", row) for row in rows(page)] == [
        "agreement.pdf Marburg: Bilateral (signed) 69 bytes … coordinator"
    ]


def test_lists_make_as_many_queries_with_300_documents_as_with_3(office, coordinator, agreement):
    for number in range(3):
        DocumentFactory(agreement=agreement, content=PDF + bytes([number]), added_by=coordinator)
    few = [queries(office, LIST), queries(office, page_of(agreement))]
    values = {"agreement": agreement, "added_by": coordinator, "kind": "pdf", "size": 1, "file": "x"}
    Document.objects.bulk_create(Document(name=f"{n}.pdf", sha256=str(n), **values) for n in range(297))

    assert [queries(office, LIST), queries(office, page_of(agreement))] == few


def test_superuser_deletes_a_document_with_its_file(
    admin_client, agreement, documents, django_capture_on_commit_callbacks
):
    document = DocumentFactory(agreement=agreement)

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{LIST}{document.pk}/delete/", {"post": "yes"})
    page = admin_client.get(reverse("admin:partners_document_bring_back", args=[document.pk]))

    assert kept() == []
    assert list(documents.iterdir()) == []
    assert "Its file was deleted with it. Add it to the agreement anew." in text(page)


def test_superuser_is_told_which_documents_keep_an_agreement(admin_client, agreement):
    DocumentFactory(agreement=agreement)

    page = admin_client.post(f"/admin/partners/agreement/{agreement.pk}/delete/", {"post": "yes"})

    assert "Document: agreement.pdf" in pieces(page, "li")
    assert kept() == [("agreement.pdf", False)]


def sign(agreement):
    return reverse("admin:partners_agreement_sign", query={"id": agreement.pk})


def signature(agreement, *files, day="2026-05-01"):
    form = {"signed_on": day, "version": agreement.history.latest().pk, "documents": files}
    return {f"{agreement.pk}-{name}": value for name, value in form.items()}


@pytest.fixture
def deal(db):
    return AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS)


def test_deal_is_signed_with_its_documents(office, coordinator, deal):
    page = office.post(sign(deal), signature(deal, upload(), upload("scan.png", PNG)), follow=True)

    deal.refresh_from_db()
    assert messages(page) == ["Marked as signed: Jena: Bilateral (signed)"]
    assert (deal.status, [(each.name, each.added_by) for each in deal.documents.order_by("pk")]) == (
        "signed",
        [("agreement.pdf", coordinator), ("scan.png", coordinator)],
    )
    assert deal.documents.first().history.get().history_change_reason == "added with the signature"


def test_line_on_top_has_no_documents(office, deal, agreement):
    other = AgreementFactory(university__name="Halle", status=AgreementStatus.IN_PROCESS)

    page = office.get(reverse("admin:partners_agreement_sign", query={"id": [deal.pk, other.pk]}))

    fields = re.findall(r'type="file" name="(\w+)-documents"', page.content.decode())
    assert fields == [str(other.pk), str(deal.pk)]


def test_wrong_file_keeps_the_deal_unsigned(office, deal, documents):
    page = office.post(sign(deal), signature(deal, upload("scan.pdf", PNG), upload()))

    deal.refresh_from_db()
    assert errors(page) == {
        f"{deal.pk}-documents": "“scan.pdf” is in fact a PNG image. Let its name end with “.png”, and choose it again."
        " Nothing is saved yet, and the browser has forgotten “agreement.pdf”. Choose again."
    }
    assert (deal.status, kept(), documents.exists()) == ("in_process", [], False)


def test_mistake_in_a_row_asks_for_its_files_again(office, deal):
    page = office.post(sign(deal), signature(deal, upload(), day="x"))

    assert errors(page) == {
        f"{deal.pk}-signed_on": "“x” is not a date. Write it like 1 Feb 2025.",
        f"{deal.pk}-documents": "Nothing is saved yet, and the browser has forgotten “agreement.pdf”. Choose again.",
    }


def test_signing_with_a_document_that_the_deal_has_is_told(office, deal):
    DocumentFactory(agreement=deal)

    page = office.post(sign(deal), signature(deal, upload()))

    assert errors(page) == {f"{deal.pk}-documents": "“agreement.pdf” is among its documents already. Leave it out."}


def test_signing_twice_stores_the_document_once(office, deal, documents):
    form = signature(deal)

    pages = [office.post(sign(deal), form | {f"{deal.pk}-documents": [upload()]}, follow=True) for _ in range(2)]

    assert [messages(page)[0].partition(" by ")[0] for page in pages] == [
        "Marked as signed: Jena: Bilateral (signed)",
        "“Jena: Bilateral (signed)” stays as it is: it was marked as signed",
    ]
    assert kept() == [("agreement.pdf", False)]
    assert len(list(documents.iterdir())) == 1
