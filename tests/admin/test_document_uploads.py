"""Many documents at once: upload, choose agreements, keep."""

import errno
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.enums import AgreementStatus
from partners.models import Document
from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.files import PDF, upload
from tests.helpers.html import attributes, element_texts, elements, form_data, links, messages

pytestmark = pytest.mark.django_db

URL = "/admin/partners/document/add/"
FORM = ".documents-form"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-01 12:00") as clock:
        yield clock


@pytest.fixture
def bonn(db):
    return AgreementFactory(university__name="University of Bonn")


def pdf(name):
    """Return an upload whose content differs by its name."""
    return upload(name, PDF + name.encode())


def send(client, *files):
    return client.post(URL, {"files": files}, follow=True)


def keep(client, page, **choices):
    """Submit the page of suggestions with other choices by the number of the row."""
    typed = {f"{number.removeprefix('row')}-agreement": choice for number, choice in choices.items()}
    return client.post(URL, form_data(page, FORM) | typed, follow=True)


def chosen(page):
    """Return the text of the chosen option of each row."""
    return element_texts(page, f"{FORM} select option[selected]")


def stored():
    return list(Document.objects.order_by("pk").values_list("name", "agreement__university__name"))


def test_files_are_kept_with_the_agreements_that_their_names_suggest(coordinator_client, coordinator, bonn, documents):
    jena = AgreementFactory(university__name="University of Jena", university__website="https://www.uni-jena.de/en")
    page = send(coordinator_client, pdf("Agreement Uni Bonn 2024.pdf"), pdf("uni-jena.de signed.pdf"))
    before = stored()

    kept = keep(coordinator_client, page)

    assert chosen(page) == [
        "University of Bonn: Bilateral, end not recorded (in force)",
        "University of Jena: Bilateral, end not recorded (in force)",
    ]
    assert (before, stored()) == (
        [],
        [("Agreement Uni Bonn 2024.pdf", "University of Bonn"), ("uni-jena.de signed.pdf", "University of Jena")],
    )
    assert messages(kept) == [
        "2 documents added: University of Bonn: Bilateral (signed), University of Jena: Bilateral (signed)."
    ]
    record = jena.documents.get().history.get()
    assert (record.history_change_reason, record.history_user, record.added_by) == (
        "added with others",
        coordinator,
        coordinator,
    )
    assert sorted(file.read_bytes() for file in documents.iterdir()) == [
        PDF + b"Agreement Uni Bonn 2024.pdf",
        PDF + b"uni-jena.de signed.pdf",
    ]


def test_of_several_agreements_a_person_chooses_the_newest_first(coordinator_client, bonn, erasmus):
    periods = {"valid_from": date(2020, 9, 1), "valid_until": date(2024, 8, 31)}
    AgreementFactory(university=bonn.university, agreement_type=erasmus, **periods)
    AgreementFactory(university=bonn.university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = send(coordinator_client, pdf("Uni Bonn.pdf"), pdf("Bonn, Erasmus+.pdf"))
    kept = keep(coordinator_client, page)

    offered = element_texts(page, "#id_0-agreement optgroup option")
    assert [option.removeprefix("University of Bonn: ") for option in offered] == [
        "Erasmus+, end not recorded (in process)",
        "Bilateral, end not recorded (in force)",
        "Erasmus+, from 1 Sep 2020, until 31 Aug 2024 (expired)",
    ]
    assert chosen(page)[-1] == f"University of Bonn: {offered[0].removeprefix('University of Bonn: ')}"
    assert element_texts(kept, "ul.errorlist") == ["Choose an agreement, or leave this file out."]
    assert stored() == []


def test_another_agreement_is_found_without_script(coordinator_client, bonn):
    page = send(coordinator_client, pdf("scan.pdf"))
    found = coordinator_client.post(URL, form_data(page, FORM) | {"0-search": "bon", "find": ""})

    keep(coordinator_client, found, row0=bonn.pk)

    assert element_texts(found, f"{FORM} optgroup option") == [
        "University of Bonn: Bilateral, end not recorded (in force)"
    ]
    assert elements(found, ".errorlist") == []
    assert stored() == [("scan.pdf", "University of Bonn")]


def test_one_row_without_agreement_keeps_none_and_forgets_none(coordinator_client, bonn):
    page = send(coordinator_client, pdf("Uni Bonn.pdf"), pdf("scan.pdf"))

    refused = keep(coordinator_client, page)
    before = stored()
    keep(coordinator_client, refused, row1=bonn.pk)

    assert element_texts(refused, "ul.errorlist") == ["Choose an agreement, or leave this file out."]
    assert (before, stored()) == (
        [],
        [("Uni Bonn.pdf", "University of Bonn"), ("scan.pdf", "University of Bonn")],
    )


def test_files_that_are_left_out_are_deleted(coordinator_client, bonn, documents, django_capture_on_commit_callbacks):
    page = send(coordinator_client, pdf("Uni Bonn.pdf"), pdf("scan.pdf"))

    with django_capture_on_commit_callbacks(execute=True):
        keep(coordinator_client, page, row1="-")

    assert len(list(documents.iterdir())) == 1


def test_wrong_files_are_named_and_the_others_go_on(coordinator_client, bonn, settings, documents):
    settings.DOCUMENT_MAX_MB = 1
    wrong = [upload("macro.pdf", b"MZ"), upload("large.pdf", PDF + bytes(1_000_000))]

    page = send(coordinator_client, *wrong, pdf("Uni Bonn.pdf"), upload("copy.pdf", PDF + b"Uni Bonn.pdf"))

    assert element_texts(page, ".errornote li") == [
        "“macro.pdf” is a file of another kind. Save it as PDF, DOCX, ODT, PNG or JPEG, and choose that file.",
        "“large.pdf” has 1.0 MB, a document at most 1 MB. Make it smaller, or divide it.",
        "“copy.pdf” is the same file as “Uni Bonn.pdf”, which is here once.",
    ]
    assert element_texts(page, f"{FORM} tbody bdi") == ["Uni Bonn.pdf"]
    assert len(list(documents.iterdir())) == 1


def test_file_that_is_kept_already_is_left_out_unless_another_agreement_is_chosen(coordinator_client, bonn):
    DocumentFactory(agreement=bonn, name="known.pdf", content=PDF + b"Uni Bonn.pdf")

    page = send(coordinator_client, pdf("Uni Bonn.pdf"))
    refused = keep(coordinator_client, page, row0=bonn.pk)

    assert chosen(page) == ["leave this file out"]
    assert "A document of University of Bonn: Bilateral (signed) already." in element_texts(page, f"{FORM} th .quiet")
    assert element_texts(refused, "ul.errorlist") == ["This agreement has this document already. Leave this file out."]


def test_page_that_is_sent_twice_keeps_the_files_once(coordinator_client, bonn):
    page = send(coordinator_client, pdf("Uni Bonn.pdf"))
    keep(coordinator_client, page)

    again = keep(coordinator_client, page)

    assert messages(again)[-1:] == ["These files are among the documents already."]
    assert len(stored()) == 1


def test_too_many_or_too_large_files_are_refused(coordinator_client, monkeypatch, documents):
    monkeypatch.setattr("partners.admin.document_uploads.MAX_TOTAL_MB", 0)

    pages = [send(coordinator_client, *[pdf(f"{n}.pdf") for n in range(count)]) for count in (0, 1, 51)]
    refused = coordinator_client.post(URL, {"files": [pdf(f"{n}.pdf") for n in range(101)]})

    assert [element_texts(page, "ul.errorlist") for page in pages] == [
        ["Choose files, or drop them here."],
        ["The files have 0 MB together. Choose fewer, of at most 0 MB together."],
        ["51 files are too many at once. Choose at most 50."],
    ]
    assert refused.status_code == 400
    assert "At most 100 files can be sent at once. Choose fewer." in refused.text
    assert not documents.exists()


def test_full_disk_stores_no_file(coordinator_client, bonn, documents, monkeypatch):
    save, saved = Document.file.field.storage._save, []

    def save_first(name, content):
        if saved:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved.append(name)
        return save(name, content)

    monkeypatch.setattr(Document.file.field.storage, "_save", save_first)

    page = send(coordinator_client, pdf("Uni Bonn.pdf"), pdf("scan.pdf"))

    assert element_texts(page, "ul.errorlist") == [
        "The server could not keep “scan.pdf” (No space left on device). Nothing is saved. "
        "Tell whoever looks after the server, and choose it again after that."
    ]
    assert list(documents.iterdir()) == []


def test_file_that_is_gone_by_now_is_an_error(coordinator_client, bonn, documents):
    page = send(coordinator_client, pdf("Uni Bonn.pdf"))
    next(documents.iterdir()).unlink()

    refused = keep(coordinator_client, page)

    assert element_texts(refused, "ul.errorlist") == [
        "This file is no longer on the server. Leave it out here, and choose it again."
    ]


def test_files_are_kept_by_their_uploader_within_a_day(
    client, coordinator_client, coordinator, admin_user, bonn, clock
):
    typed = form_data(send(coordinator_client, pdf("Uni Bonn.pdf")), FORM)
    client.force_login(admin_user)
    others = client.post(URL, typed, follow=True)
    clock.shift(timedelta(hours=21))
    client.force_login(coordinator)

    late = client.post(URL, typed, follow=True)

    expected = ["These files have waited for too long. Choose them again."]
    assert (messages(others), messages(late), stored()) == (expected, expected, [])


@pytest.mark.parametrize("missing", ["add_document", "change_agreement"])
def test_documents_are_added_by_those_who_may_add_them_and_change_agreements(coordinator_client, coordinator, missing):
    group = coordinator.groups.get()
    group.permissions.remove(*group.permissions.filter(codename=missing))

    pages = [coordinator_client.get(f"/admin/partners/{model}/") for model in ("document", "agreement")]
    response = coordinator_client.post(URL, {"files": [pdf("Uni Bonn.pdf")]})

    assert ([link for page in pages for link in links(page) if URL in link[1]], response.status_code) == ([], 403)


def test_lists_link_to_the_page_and_it_links_back(coordinator_client, bonn):
    page = coordinator_client.get("/admin/partners/agreement/?status=in-force")
    [(label, url)] = [link for link in links(page, ".object-tools a") if URL in link[1]]

    form_page = coordinator_client.get(url)

    assert label == "Add documents"
    assert attributes(form_page, "a.closelink", "href") == ["/admin/partners/agreement/?status=in-force"]
    assert ("Add documents", URL) in links(coordinator_client.get("/admin/partners/document/"), ".object-tools a")


def test_names_of_files_are_not_public(client, coordinator_client, bonn):
    keep(coordinator_client, send(coordinator_client, pdf("Uni Bonn.pdf")))
    client.logout()

    paths = [bonn.university.get_absolute_url(), "/partners.json", "/feed/"]

    assert [path for path in paths if "Uni Bonn.pdf" in client.get(path).text] == []


def test_pages_make_as_many_queries_for_50_files_and_300_universities_as_for_3(coordinator_client, bilateral):
    def count_queries_of_suggesting(count):
        files = [pdf(f"University of Town{number}.pdf") for number in range(count)]
        with CaptureQueriesContext(connection) as captured:
            page = coordinator_client.post(URL, {"files": files})
        assert len(chosen(page)) == count
        return len(captured)

    for number in range(3):
        AgreementFactory(university__name=f"University of Town{number}")
    few = count_queries_of_suggesting(3)
    for number in range(3, 300):
        AgreementFactory(university__name=f"University of Town{number}")

    assert count_queries_of_suggesting(50) == few
