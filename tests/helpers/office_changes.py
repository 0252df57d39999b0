"""Changes of the register, each a function, and a process that makes those whose names it reads."""

import sys

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from partners.groups import Role
from partners.models import Agreement, AgreementType, Run, University
from tests.helpers import history_pages, import_pages, signing_page, university_page
from tests.helpers.factories import create_staff
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.processes import report

browser = Client()


def make_changes():
    """Make the changes that are named on standard input, as a coordinator."""
    browser.force_login(create_staff("coordinator", Role.COORDINATOR))
    for line in sys.stdin:
        CHANGES[line.strip()]()
        report("done")


def latest(model):
    return model.objects.latest("pk")


def import_types(types):
    """Import a list with a single university."""
    content = f"Country\tUniversity name\tAgreement type\nGermany\tMarburg\t{types}".encode()
    import_pages.confirm(browser, import_pages.upload(browser, content))


def import_office_list():
    call_command("import_partners", OFFICE_LIST_PATH, stdout=sys.stderr)


def import_agreement_in_process():
    import_types("in process")


def choose_type_on_university_page():
    row = university_page.row("Erasmus+", "in_process", latest(Agreement))
    university_page.save(browser, latest(University), row)


def sign_agreement():
    agreement = latest(Agreement)
    browser.post(signing_page.bulk_url(agreement), signing_page.sign_data("2026-05-01", agreement))


def import_second_type():
    import_types("Erasmus+/GE3")


def undo_import():
    browser.post(import_pages.run_url(latest(Run), "undo/"))


def rename_university():
    history_pages.update(latest(University), name="Lahnburg")


def revert_university():
    university = latest(University)
    browser.post(history_pages.version_url(university), history_pages.latest_version(university))


def unlist_by_queryset():
    University.objects.update(is_listed=False)


def list_by_bulk_update():
    University.objects.bulk_update([University(pk=1, is_listed=True)], ["is_listed"])


def rename_country_by_sql():
    connection.cursor().execute("UPDATE partners_country SET name = 'Deutschland' WHERE code = 'DE'")


def rename_agreement_type():
    AgreementType.objects.filter(slug="erasmus").update(name="Erasmus")


def delete_agreements():
    Agreement.objects.all().delete()


def unlist_and_wait_before_commit():
    with transaction.atomic():
        unlist_by_queryset()
        report("uncommitted")
        sys.stdin.readline()


CHANGES = {
    change.__name__: change
    for change in (
        import_office_list,
        import_agreement_in_process,
        choose_type_on_university_page,
        sign_agreement,
        import_second_type,
        undo_import,
        rename_university,
        revert_university,
        unlist_by_queryset,
        list_by_bulk_update,
        rename_country_by_sql,
        rename_agreement_type,
        delete_agreements,
        unlist_and_wait_before_commit,
    )
}
