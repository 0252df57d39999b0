import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from partners.models import Agreement, University
from tests.conftest import OFFICES_LIST
from tests.factories import UniversityFactory
from tests.pages import text

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def first_run(db):
    def run(file=OFFICES_LIST):
        printed = StringIO()
        call_command("first_run", file, address=ADDRESS, stdout=printed)
        return printed.getvalue()

    return run


def password(printed):
    return re.search(r"Account +coordinator, with the password (\S+)\n", printed)[1]


def test_empty_site_gets_the_office_s_list(first_run):
    printed = first_run()

    assert "108 new, 0 changed, 0 unchanged, 0 errors" in printed
    assert University.objects.count() == 108
    assert (Agreement.objects.filter(status="signed").count(), Agreement.objects.in_process().count()) == (127, 1)


def test_empty_site_gets_an_account_whose_printed_password_logs_in(client, first_run):
    printed = first_run()

    typed = {"username": "coordinator", "password": password(printed), "next": "/admin/partners/university/"}
    page = client.post("/admin/login/", typed, follow=True)
    assert "Welcome, coordinator" in text(page)
    assert "108 universities" in text(page)


def test_account_is_a_coordinator_s(first_run):
    first_run()

    account = User.objects.get()
    assert [group.name for group in account.groups.all()] == ["Exchange coordinators"]
    assert (account.is_staff, account.is_superuser) == (True, False)


def test_each_site_gets_a_password_of_its_own(first_run):
    first = password(first_run())
    User.objects.all().delete()

    second = password(first_run())

    assert first != second
    assert min(len(first), len(second)) >= 12


def test_addresses_are_printed(first_run):
    printed = first_run()

    assert re.findall(r"http\S+", printed) == [f"{ADDRESS}/", f"{ADDRESS}/admin/"]


def test_second_run_changes_nothing_and_prints_no_password(first_run):
    first_run()
    before = User.objects.get().password, University.history.count(), Agreement.history.count()

    printed = first_run()

    assert (User.objects.get().password, University.history.count(), Agreement.history.count()) == before
    assert "Account        as before" in printed
    assert "with the password" not in printed
    assert " new, " not in printed


def test_site_with_a_university_keeps_its_register_and_gets_an_account(first_run):
    UniversityFactory(name="Marburg")

    printed = first_run()

    assert [each.name for each in University.objects.all()] == ["Marburg"]
    assert User.objects.get().check_password(password(printed))


def test_site_with_an_account_keeps_it_and_gets_the_list(first_run):
    User.objects.create_user("dean", password="secret")

    printed = first_run()

    assert [each.username for each in User.objects.all()] == ["dean"]
    assert "with the password" not in printed
    assert University.objects.count() == 108


def test_failure_at_the_account_leaves_no_list_behind(first_run):
    Group.objects.all().delete()

    with pytest.raises(Group.DoesNotExist):
        first_run()

    assert (University.objects.count(), User.objects.count()) == (0, 0)


def test_list_with_an_error_leaves_no_account_behind(first_run, tmp_path):
    file = tmp_path / "partners.tsv"
    file.write_text("Country\tUniversity name\tAgreement type\nAtlantis\tPoseidon\tBilateral\n")

    with pytest.raises(CommandError, match="Nothing was imported"):
        first_run(file)

    assert (University.objects.count(), User.objects.count()) == (0, 0)
