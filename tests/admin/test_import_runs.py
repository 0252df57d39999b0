import hashlib
from datetime import timedelta

import pytest
from django.utils.timezone import now

from partners.imports import bulk_write
from partners.models import Agreement, ImportRun, University
from tests.admin.test_import_export import confirm, upload
from tests.factories import AgreementFactory
from tests.html import messages, pieces, text

LIST = b"Country\tUniversity name\tAgreement type\nGermany\tTrier\tBilateral\n"


@pytest.fixture
def run(office):
    confirm(office, upload(office, LIST))
    return ImportRun.objects.get()


def page_of(run, step=""):
    return f"/admin/partners/importrun/{run.pk}/{step or 'change/'}"


def test_run_tells_who_imported_what(office, run):
    page = office.get(page_of(run))

    assert pieces(page, "dt") == ["New", "Changed", "Unchanged"]
    assert pieces(page, "dd") == ["1", "0", "0"]
    assert "by coordinator." in text(page)
    assert f"partners.tsv, SHA-256 {hashlib.sha256(LIST).hexdigest()}" in text(page)
    assert pieces(page, "li")[-2:] == ["Trier: added to the register", "Trier: new: signed Bilateral"]


def test_run_gives_its_file_back_and_nothing_to_execute(office, run):
    response = office.get(page_of(run, "file/"))

    assert response.content == LIST
    assert response["Content-Disposition"] == 'attachment; filename="partners.tsv"'
    assert response["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(("role", "is_offered"), [("assistant", False), ("coordinator", True)])
def test_run_offers_its_file_to_those_who_import(client, run, request, role, is_offered):
    client.force_login(request.getfixturevalue(role))

    source = client.get(page_of(run)).content.decode()

    assert (page_of(run, "file/") in source, "partners.tsv" in source) == (is_offered, True)


def test_list_of_runs_shows_accepted_ones_only(office, run):
    upload(office, LIST.replace(b"Trier", b"Marburg"))

    page = office.get("/admin/partners/importrun/")

    assert "1 import run" in text(page)


def test_upload_that_nobody_decides_on_is_forgotten_after_a_week(office):
    upload(office, LIST)
    ImportRun.objects.update(uploaded_at=now() - timedelta(days=8))

    upload(office, LIST)

    assert ImportRun.objects.count() == 1


def test_undo_asks_first_and_then_takes_back(office, run):
    question = office.get(page_of(run, "undo/"))
    count = University.objects.count()

    answer = office.post(page_of(run, "undo/"), follow=True)

    assert "Taken back" in pieces(question, "h2")
    assert count == 1
    assert messages(answer) == ["Undone: 2 put back, 0 left as they are."]
    assert University.objects.count() == 0
    assert "Undo this import" not in text(answer)


def test_run_names_what_it_added_after_it_has_been_undone(office, run):
    office.post(page_of(run, "undo/"))

    page = office.get(page_of(run))

    assert pieces(page, "li")[-2:] == ["Trier: added to the register", "Trier: new: signed Bilateral"]


def test_undo_twice_says_so(office, run):
    office.post(page_of(run, "undo/"), follow=True)

    answer = office.post(page_of(run, "undo/"), follow=True)

    assert messages(answer) == ["This import has been undone already."]


def test_assistant_reads_a_run_and_cannot_undo_it(client, assistant, run):
    client.force_login(assistant)

    page, answer = client.get(page_of(run)), client.post(page_of(run, "undo/"))

    assert "Undo this import" not in text(page)
    assert answer.status_code == 403
    assert University.objects.count() == 1


@pytest.mark.parametrize("step", ["change/", "undo/", "file/"])
def test_upload_that_is_not_accepted_has_no_page(office, step):
    upload(office, LIST)

    response = office.get(page_of(ImportRun.objects.get(), step))

    assert response.status_code == 404


def test_confirming_twice_imports_once_and_shows_the_run(office):
    preview = upload(office, LIST)
    confirm(office, preview)

    again = confirm(office, preview)

    assert messages(again) == ["This file has been imported already. This is what the import did."]
    assert University.objects.count() == ImportRun.objects.count() == 1


def test_confirming_after_the_register_has_changed_shows_the_new_preview_first(office, germany):
    preview = upload(office, LIST)
    AgreementFactory(university__name="TRIER", university__country=germany)

    answer = confirm(office, preview)
    before = University.objects.get().name
    confirm(office, answer)

    assert messages(answer) == ["The register has changed since the preview: look at it again."]
    assert "TRIER → Trier" in text(answer)
    assert (before, University.objects.get().name) == ("TRIER", "Trier")


def test_confirming_after_changes_elsewhere_imports_what_was_shown(office, germany):
    preview = upload(office, LIST)
    AgreementFactory(university__name="Marburg")

    answer = confirm(office, preview)

    assert messages(answer) == ["Imported partners.tsv: 1 new, 0 changed, 0 unchanged, 0 errors."]


def test_confirming_what_was_never_uploaded_is_refused(office, db):
    answer = office.post(
        "/admin/partners/university/process_import/", {"import_file_name": "../../etc/passwd"}, follow=True
    )

    assert messages(answer) == ["The preview was incomplete. Choose the file again."]


def test_failure_in_the_middle_of_an_import_leaves_the_register_as_it_was(office, monkeypatch):
    preview = upload(office, LIST)

    def fail_at_agreements(model, *args):
        if model is Agreement and University.objects.exists():
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(bulk_write, "write_history", fail_at_agreements)
    with pytest.raises(RuntimeError, match="the disk is full"):
        confirm(office, preview)

    assert University.objects.count() == University.history.count() == 0
    assert ImportRun.objects.accepted().count() == 0
