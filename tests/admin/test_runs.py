import hashlib
from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate, now

from partners.models import Agreement, Run, University
from partners.models.runs import RunAction
from partners.runs import bulk_write
from partners.runs.recording import record_run
from tests.helpers.bulk_pages import perform, undo_latest_run
from tests.helpers.factories import AgreementFactory
from tests.helpers.history_pages import history
from tests.helpers.html import attributes, count_queries, element_texts, links, messages, table, text
from tests.helpers.import_pages import confirm, run_url, upload

RUNS = "/admin/partners/run/"
LIST = b"Country\tUniversity name\tAgreement type\nGermany\tTrier\tBilateral\n"


@pytest.fixture
def run(coordinator_client):
    confirm(coordinator_client, upload(coordinator_client, LIST))
    return Run.objects.get()


def test_run_page_shows_user_file_and_changes(coordinator_client, run):
    page = coordinator_client.get(run_url(run))

    assert element_texts(page, "dt") == ["New", "Changed", "Unchanged"]
    assert element_texts(page, "dd") == ["1", "0", "0"]
    assert "by coordinator." in text(page)
    assert f"partners.tsv, SHA-256 {hashlib.sha256(LIST).hexdigest()}" in text(page)
    assert element_texts(page, "li")[-2:] == ["Added to the register.", "New: Bilateral agreement, signed."]


def test_run_file_is_a_download_and_never_displayed(coordinator_client, run):
    response = coordinator_client.get(run_url(run, "file/"))

    assert response.content == LIST
    assert response["Content-Disposition"] == 'attachment; filename="partners.tsv"'
    assert response["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(("role", "is_offered"), [("assistant", False), ("coordinator", True)])
def test_run_page_links_the_file_only_for_importers(client, run, request, role, is_offered):
    client.force_login(request.getfixturevalue(role))

    page = client.get(run_url(run))

    assert (run_url(run, "file/") in attributes(page, "a", "href"), "partners.tsv" in text(page)) == (is_offered, True)


def test_run_list_has_confirmed_runs_only(coordinator_client, run):
    upload(coordinator_client, LIST.replace(b"Trier", b"Marburg"))

    page = coordinator_client.get("/admin/partners/run/")

    assert "1 run" in text(page)


def test_unconfirmed_upload_is_deleted_after_a_week(coordinator_client):
    upload(coordinator_client, LIST)
    Run.objects.update(uploaded_at=now() - timedelta(days=8))

    upload(coordinator_client, LIST)

    assert Run.objects.count() == 1


def test_undo_shows_a_preview_and_then_reverts(coordinator_client, run):
    question = coordinator_client.get(run_url(run, "undo/"))
    count = University.objects.count()

    answer = coordinator_client.post(run_url(run, "undo/"), follow=True)

    assert "What will be undone" in element_texts(question, "h2")
    assert count == 1
    assert messages(answer) == ["Undone: 2 put back, 0 left as they are."]
    assert University.objects.count() == 0
    assert "Undo this run" not in text(answer)


def test_run_page_shows_changes_after_undo(coordinator_client, run):
    coordinator_client.post(run_url(run, "undo/"))

    page = coordinator_client.get(run_url(run))

    assert element_texts(page, "li")[-2:] == ["Added to the register.", "New: Bilateral agreement, signed."]


def test_second_undo_shows_a_message(coordinator_client, run):
    coordinator_client.post(run_url(run, "undo/"), follow=True)

    answer = coordinator_client.post(run_url(run, "undo/"), follow=True)

    assert messages(answer) == ["This run has been undone already."]


def test_assistant_can_view_a_run_and_not_undo_it(client, assistant, run):
    client.force_login(assistant)

    page, answer = client.get(run_url(run)), client.post(run_url(run, "undo/"))

    assert "Undo this run" not in text(page)
    assert answer.status_code == 403
    assert University.objects.count() == 1


@pytest.mark.parametrize("step", ["change/", "undo/", "file/"])
def test_unconfirmed_upload_has_no_page(coordinator_client, step):
    upload(coordinator_client, LIST)

    response = coordinator_client.get(run_url(Run.objects.get(), step))

    assert response.status_code == 404


def test_confirming_twice_imports_once_and_shows_the_run(coordinator_client):
    preview = upload(coordinator_client, LIST)
    confirm(coordinator_client, preview)

    again = confirm(coordinator_client, preview)

    assert messages(again) == ["This file has been imported already. This is what the import did."]
    assert University.objects.count() == Run.objects.count() == 1


def test_confirming_after_the_register_has_changed_shows_a_new_preview(coordinator_client, germany):
    preview = upload(coordinator_client, LIST)
    AgreementFactory(university__name="TRIER", university__country=germany)

    answer = confirm(coordinator_client, preview)
    before = University.objects.get().name
    confirm(coordinator_client, answer)

    assert messages(answer) == ["The register has changed since the preview: look at it again."]
    assert "The name “TRIER” becomes “Trier”." in text(answer)
    assert (before, University.objects.get().name) == ("TRIER", "Trier")


def test_confirming_after_changes_elsewhere_imports_what_was_shown(coordinator_client, germany):
    preview = upload(coordinator_client, LIST)
    AgreementFactory(university__name="Marburg")

    answer = confirm(coordinator_client, preview)

    assert messages(answer) == ["Imported partners.tsv: 1 new, 0 changed, 0 unchanged, 0 errors."]


def test_confirming_an_unknown_upload_is_rejected(coordinator_client, db):
    answer = coordinator_client.post(
        "/admin/partners/university/process_import/", {"import_file_name": "../../etc/passwd"}, follow=True
    )

    assert messages(answer) == ["The preview was incomplete. Choose the file again."]


def test_failure_in_the_middle_of_an_import_leaves_the_register_as_it_was(coordinator_client, monkeypatch):
    preview = upload(coordinator_client, LIST)

    def fail_at_agreements(model, *args):
        if model is Agreement and University.objects.exists():
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(bulk_write, "write_history", fail_at_agreements)
    with pytest.raises(RuntimeError, match="the disk is full"):
        confirm(coordinator_client, preview)

    assert University.objects.count() == University.history.count() == 0
    assert Run.objects.accepted().count() == 0


def test_run_list_says_what_was_done_on_how_many_and_is_filtered_by_it(coordinator_client, run):
    deal = AgreementFactory(university__name="Marburg", status="in_process")
    perform(coordinator_client, "sign", deal)
    perform(coordinator_client, "end", deal, on=localdate(), reason="merger")
    undo_latest_run(coordinator_client)

    everything, ended = (coordinator_client.get(RUNS, query) for query in ({}, {"action__exact": "end"}))

    assert [row[:2] + row[3:7] for row in table(everything, "#result_list")] == [
        ["Action", "File or number", "By", "New", "Changed", "Unchanged"],
        ["Ending", "1 agreement", "coordinator", "0", "1", "0"],
        ["Signing", "1 agreement", "coordinator", "0", "1", "0"],
        ["Import", "partners.tsv", "coordinator", "1", "0", "0"],
    ]
    assert [row[0] for row in table(ended, "#result_list")] == ["Action", "Ending"]


def test_run_list_names_the_command_line(coordinator_client):
    Run.objects.create(action=RunAction.IMPORT, file_name="partners.tsv", accepted_at=now())

    [_header, row] = table(coordinator_client.get(RUNS), "#result_list")

    assert row[3] == "the command line"


@pytest.mark.parametrize("count", [3, 300])
def test_run_list_needs_the_same_queries_for_many(coordinator_client, coordinator, count):
    values = {"action": RunAction.SIGN, "user": coordinator, "accepted_at": now()}
    Run.objects.bulk_create(Run(**values) for _ in range(count))

    assert count_queries(coordinator_client, RUNS) == 10


@pytest.mark.parametrize("count", [3, 300])
def test_run_page_needs_the_same_queries_for_many(coordinator_client, coordinator, count):
    agreements = AgreementFactory.create_batch(count)
    with record_run(RunAction.EDIT, coordinator) as run:
        for agreement in agreements:
            agreement.notes = "x"
        bulk_write.bulk_update_with_history(
            Agreement, agreements, ["notes"], bulk_write.ChangeContext("edited", coordinator, run)
        )

    assert count_queries(coordinator_client, run_url(run)) == 16


def test_changes_are_grouped_by_university(coordinator_client, germany):
    names = ["Bonn", "Jena"]
    deals = [AgreementFactory(university__name=name, status="in_process") for name in names]
    before = [AgreementFactory(university=deal.university, valid_from=date(2020, 9, 1)) for deal in deals]
    perform(coordinator_client, "sign", *deals, valid_from="2026-09-01")

    page = coordinator_client.get(run_url(Run.objects.get()))

    assert element_texts(page, ".item-list strong") == names
    assert len(element_texts(page, ".item-list li li")) == len(deals) + len(before)


def test_run_page_tells_what_was_answered(coordinator_client, run):
    run.choices = {"summary": ["“MCI” is another name of “Management Center Innsbruck”."]}
    run.save()

    page = coordinator_client.get(run_url(run))

    assert element_texts(page, "h2") == ["Answers given in the preview", "What it changed"]
    assert element_texts(page, ".item-list li")[0] == "“MCI” is another name of “Management Center Innsbruck”."


def test_history_names_the_run_of_a_signing(coordinator_client):
    deal = AgreementFactory(status="in_process")
    perform(coordinator_client, "sign", deal)
    run = Run.objects.get()

    page = coordinator_client.get(f"/admin/partners/agreement/{deal.pk}/history/")

    assert history(coordinator_client, deal)[0].endswith(f"marked as signed (run {run.pk})")
    assert (f"run {run.pk}", run_url(run)) in links(page)


def test_undo_is_in_the_security_log(coordinator_client, run, caplog):
    with caplog.at_level("INFO", "partners.security"):
        coordinator_client.post(run_url(run, "undo/"))

    assert [record.event for record in caplog.records if record.name == "partners.security"] == ["run_undone"]
