import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from partners.models import Agreement, University
from tests.helpers.factories import UniversityFactory
from tests.helpers.html import element_texts, text
from tests.helpers.paths import OFFICE_LIST_PATH, ROOT

DETAILS_PATH = ROOT / "fixtures" / "partner_details.tsv"
SITE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def bootstrap(db):
    def run(file=OFFICE_LIST_PATH, **options):
        output = StringIO()
        call_command("bootstrap", file, url=SITE_URL, stdout=output, **options)
        return output.getvalue()

    return run


def password(output, username="coordinator"):
    return re.search(rf"{username.capitalize()} +{username}, with the password (\S+)\n", output)[1]


def test_empty_site_gets_the_office_list(bootstrap):
    output = bootstrap()

    assert "108 new, 0 changed, 0 unchanged, 0 errors" in output
    assert University.objects.count() == 108
    assert (Agreement.objects.filter(status="signed").count(), Agreement.objects.in_process().count()) == (127, 1)


def test_details_are_added_to_the_universities_of_the_office_list(client, bootstrap):
    bootstrap(details=DETAILS_PATH)

    assert University.objects.count() == 108
    assert (University.objects.exclude(city="").count(), University.objects.exclude(website="").count()) == (101, 105)
    munich = University.objects.get(name="Technical University of Munich (TUM)")
    assert (munich.city, munich.website) == ("Munich", "https://www.tum.de/")
    assert munich.other_names.split("\n") == ["Technische Universität München", "TU München", "TU Munich", "TUM"]


def test_details_of_other_universities_are_left_out(bootstrap, tmp_path):
    own_list = tmp_path / "list.tsv"
    own_list.write_text("Country\tUniversity name\tAgreement type\nItaly\tPolitecnico di Milano\tErasmus+\n")

    bootstrap(own_list, details=DETAILS_PATH)

    assert list(University.objects.values_list("name", "city")) == [("Politecnico di Milano", "Milan")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tu münchen", ["Technical University of Munich (TUM)"]),
        ("polimi", ["Politecnico di Milano"]),
        ("清华大学", ["Tsinghua University"]),
        ("ODTU", ["Middle East University- METU"]),
        ("lausanne", ["École Polytechnique Fédérale de Lausanne (EPFL)"]),
    ],
)
def test_students_find_a_university_under_its_native_name(client, bootstrap, query, found):
    bootstrap(details=DETAILS_PATH)

    assert element_texts(client.get("/", {"q": query}), "main tbody th a") == found


@pytest.mark.parametrize("username", ["coordinator", "administrator"])
def test_printed_passwords_log_in(client, bootstrap, username):
    output = bootstrap()

    form = {"username": username, "password": password(output, username), "next": "/admin/partners/university/"}
    page = client.post("/admin/login/", form, follow=True)
    assert f"Welcome, {username}" in text(page)
    assert "108 universities" in text(page)


def test_accounts_are_coordinator_and_administrator(bootstrap):
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


def test_passwords_are_unique(bootstrap):
    first = bootstrap()
    User.objects.all().delete()
    second = bootstrap()

    passwords = [password(output, name) for output in (first, second) for name in ("coordinator", "administrator")]

    assert len(set(passwords)) == 4
    assert min(map(len, passwords)) >= 12


def test_urls_are_printed(bootstrap):
    output = bootstrap()

    assert re.findall(r"http\S+", output) == [f"{SITE_URL}/", f"{SITE_URL}/admin/"]


def test_second_run_changes_nothing_and_prints_no_password(bootstrap):
    bootstrap()
    before = list(User.objects.values()), University.history.count(), Agreement.history.count()

    output = bootstrap()

    assert (list(User.objects.values()), University.history.count(), Agreement.history.count()) == before
    assert re.findall(r"^  (\w+) +(as before|none yet)", output, re.MULTILINE) == [("Accounts", "as before")]
    assert "with the password" not in output
    assert " new, " not in output


def test_site_with_a_university_gets_accounts_only(bootstrap):
    UniversityFactory(name="Marburg")

    output = bootstrap()

    assert [university.name for university in University.objects.all()] == ["Marburg"]
    assert User.objects.get(username="administrator").check_password(password(output, "administrator"))


def test_site_with_an_account_gets_the_list_only(bootstrap):
    User.objects.create_user("dean", password="secret")

    output = bootstrap()

    assert [(user.username, user.is_superuser) for user in User.objects.all()] == [("dean", False)]
    assert "with the password" not in output
    assert University.objects.count() == 108


@pytest.mark.parametrize("fields", [{}, {"is_superuser": True, "is_active": False}], ids=["none", "closed"])
def test_missing_administrator_is_reported_with_the_command(bootstrap, fields):
    User.objects.create_user("dean", **fields)

    output = bootstrap()

    assert "Administrator    none yet (to make one: .venv/bin/python manage.py createsuperuser)\n" in output


def test_failure_at_the_accounts_rolls_back_the_import(bootstrap):
    Group.objects.all().delete()

    with pytest.raises(Group.DoesNotExist):
        bootstrap()

    assert (University.objects.count(), User.objects.count()) == (0, 0)


def test_list_with_an_error_creates_no_account(bootstrap, tmp_path):
    file = tmp_path / "partners.tsv"
    file.write_text("Country\tUniversity name\tAgreement type\nAtlantis\tPoseidon\tBilateral\n")

    with pytest.raises(CommandError, match="Nothing was imported"):
        bootstrap(file)

    assert (University.objects.count(), User.objects.count()) == (0, 0)
