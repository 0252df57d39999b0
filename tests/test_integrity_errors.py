"""Writes that lose against a signing at the same moment, after they have been validated: each ends in a sentence."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from partners.enums import AgreementStatus
from partners.imports.files import read_file
from partners.imports.resources import OfficeListResource
from partners.models import Agreement, Run
from tests.helpers.factories import AgreementFactory
from tests.helpers.history_pages import latest_version, update, version_url
from tests.helpers.html import element_texts, form_data, messages

SENTENCE = (
    "Somebody changed an agreement of the same type and scope at the same moment, "
    "and both would be signed for the same days."
)
IN_PROCESS, ENDED = AgreementStatus.IN_PROCESS, AgreementStatus.ENDED


@pytest.fixture
def superuser_client(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def deal(db):
    return AgreementFactory(university__name="Marburg", status=IN_PROCESS)


def sign_another(deal):
    """Return a context in which another agreement is signed just before the first statement that writes one."""
    is_signing = False

    def before_write(execute, statement, *args):
        nonlocal is_signing
        if not is_signing and statement.startswith(('INSERT INTO "partners_agreement"', 'UPDATE "partners_agreement"')):
            is_signing = True
            values = {"university": deal.university, "agreement_type": deal.agreement_type, "status": "signed"}
            Agreement.objects.bulk_create([Agreement(**values)])
            is_signing = False
        return execute(statement, *args)

    return connection.execute_wrapper(before_write)


def test_change_form_says_that_another_was_signed(superuser_client, deal):
    url = f"/admin/partners/agreement/{deal.pk}/change/"
    data = form_data(superuser_client.get(url), "#agreement_form") | {"status": "signed"}

    with sign_another(deal):
        response = superuser_client.post(url, data)

    assert messages(superuser_client.get(response.url)) == [f"{SENTENCE} Nothing was saved. Look at it again."]
    assert Agreement.objects.get().status == IN_PROCESS


def test_signing_page_says_that_another_was_signed(superuser_client, deal):
    url = f"/admin/partners/agreement/sign/?id={deal.pk}"
    data = form_data(superuser_client.get(url), ".bulk-form")

    with sign_another(deal):
        response = superuser_client.post(url, data)

    assert messages(superuser_client.get(response.url)) == [f"{SENTENCE} Look at them again."]
    assert Agreement.objects.get().status == IN_PROCESS


def test_revert_says_that_another_was_signed(superuser_client, db):
    agreement = update(AgreementFactory(), status=ENDED)

    with sign_another(agreement):
        page = superuser_client.post(version_url(agreement), latest_version(agreement))

    assert element_texts(page, "li")[-1] == f"{SENTENCE} Look at it again."
    assert Agreement.objects.get().status == ENDED


def test_undelete_says_that_another_was_signed(superuser_client, db):
    agreement = AgreementFactory()
    pk = agreement.pk
    agreement.delete()
    record = Agreement.history.filter(id=pk).latest()

    with sign_another(agreement):
        page = superuser_client.post(f"/admin/partners/agreement/{pk}/undelete/", {"latest_history_id": record.pk})

    assert element_texts(page, "li")[-1] == f"{SENTENCE} Look at it again."
    assert Agreement.objects.count() == 0


def test_undo_says_that_another_was_signed(superuser_client, db):
    agreement = AgreementFactory(university__name="Marburg")
    run = Run.from_upload(b"Country\tUniversity name\tAgreement type\nGermany\tMarburg\tGE3", file_name="a.tsv")
    OfficeListResource().import_data(read_file(run.content, OfficeListResource)[1], on=date(2026, 5, 1), run=run)

    with sign_another(agreement):
        response = superuser_client.post(f"/admin/partners/run/{run.pk}/undo/")

    assert messages(superuser_client.get(response.url)) == [f"{SENTENCE} Nothing was undone. Look at it again."]
    agreement.refresh_from_db()
    assert agreement.status == ENDED


def test_import_says_that_another_was_signed(deal, tmp_path):
    file = tmp_path / "partners.tsv"
    file.write_text("Country\tUniversity name\tAgreement type\nGermany\tMarburg\tBilateral")

    with sign_another(deal), pytest.raises(CommandError) as raised:
        call_command("import_partners", file)

    assert str(raised.value) == f"Nothing was imported. {SENTENCE} Try again."
    assert Agreement.objects.get().status == IN_PROCESS
