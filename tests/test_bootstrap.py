import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from partners.models import Agreement, University
from tests.conftest import OFFICES_LIST
from tests.factories import UniversityFactory
from tests.html import text

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def bootstrap(db):
    def run(file=OFFICES_LIST):
        printed = StringIO()
        call_command("bootstrap", file, address=ADDRESS, stdout=printed)
        return printed.getvalue()

    return run


def password(printed, username="coordinator"):
    return re.search(rf"{username.capitalize()} +{username}, with the password (\S+)\n", printed)[1]


def test_empty_site_gets_the_office_s_list(bootstrap):
    printed = bootstrap()

    assert "108 new, 0 changed, 0 unchanged, 0 errors" in printed
    assert University.objects.count() == 108
    assert (Agreement.objects.filter(status="signed").count(), Agreement.objects.in_process().count()) == (127, 1)


@pytest.mark.parametrize("username", ["coordinator", "administrator"])
def test_empty_site_gets_two_accounts_whose_printed_passwords_log_in(client, bootstrap, username):
    printed = bootstrap()

    typed = {"username": username, "password": password(printed, username), "next": "/admin/partners/university/"}
    page = client.post("/admin/login/", typed, follow=True)
    assert f"Welcome, {username}" in text(page)
    assert "108 universities" in text(page)


def test_accounts_are_a_coordinator_s_and_an_administrator_s(bootstrap):
    bootstrap()

    accounts = [
        (account.username, account.is_staff, account.is_superuser, [group.name for group in account.groups.all()])
        for account in User.objects.order_by("pk")
    ]
    assert accounts == [
        ("coordinator", True, False, ["Exchange coordinators"]),
        ("administrator", True, True, []),
    ]


@pytest.mark.parametrize(("username", "status"), [("coordinator", 403), ("administrator", 200)])
def test_only_the_administrator_manages_accounts(client, bootstrap, username, status):
    bootstrap()

    client.force_login(User.objects.get(username=username))

    assert client.get("/admin/auth/user/").status_code == status


def test_each_account_of_each_site_gets_a_password_of_its_own(bootstrap):
    first = bootstrap()
    User.objects.all().delete()
    second = bootstrap()

    passwords = [password(printed, name) for printed in (first, second) for name in ("coordinator", "administrator")]

    assert len(set(passwords)) == 4
    assert min(map(len, passwords)) >= 12


def test_addresses_are_printed(bootstrap):
    printed = bootstrap()

    assert re.findall(r"http\S+", printed) == [f"{ADDRESS}/", f"{ADDRESS}/admin/"]


def test_second_run_changes_nothing_and_prints_no_password(bootstrap):
    bootstrap()
    before = list(User.objects.values()), University.history.count(), Agreement.history.count()

    printed = bootstrap()

    assert (list(User.objects.values()), University.history.count(), Agreement.history.count()) == before
    assert re.findall(r"^  (\w+) +(as before|none yet)", printed, re.MULTILINE) == [("Accounts", "as before")]
    assert "with the password" not in printed
    assert " new, " not in printed


def test_site_with_a_university_keeps_its_register_and_gets_accounts(bootstrap):
    UniversityFactory(name="Marburg")

    printed = bootstrap()

    assert [each.name for each in University.objects.all()] == ["Marburg"]
    assert User.objects.get(username="administrator").check_password(password(printed, "administrator"))


def test_site_with_an_account_keeps_it_alone_and_gets_the_list(bootstrap):
    User.objects.create_user("dean", password="secret")

    printed = bootstrap()

    assert [(each.username, each.is_superuser) for each in User.objects.all()] == [("dean", False)]
    assert "with the password" not in printed
    assert University.objects.count() == 108


@pytest.mark.parametrize("fields", [{}, {"is_superuser": True, "is_active": False}], ids=["none", "closed"])
def test_site_whose_accounts_have_no_administrator_is_shown_how_to_make_one(bootstrap, fields):
    User.objects.create_user("dean", **fields)

    printed = bootstrap()

    assert "Administrator    none yet (to make one: .venv/bin/python manage.py createsuperuser)\n" in printed


def test_failure_at_the_account_leaves_no_list_behind(bootstrap):
    Group.objects.all().delete()

    with pytest.raises(Group.DoesNotExist):
        bootstrap()

    assert (University.objects.count(), User.objects.count()) == (0, 0)


def test_list_with_an_error_leaves_no_account_behind(bootstrap, tmp_path):
    file = tmp_path / "partners.tsv"
    file.write_text("Country\tUniversity name\tAgreement type\nAtlantis\tPoseidon\tBilateral\n")

    with pytest.raises(CommandError, match="Nothing was imported"):
        bootstrap(file)

    assert (University.objects.count(), User.objects.count()) == (0, 0)
