import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from partners.models import Agreement, University
from tests.helpers.browser import record_page_loads

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


def test_coordinator_imports_a_corrected_list(coordinator_page, register, office_list):
    coordinator_page.goto("/admin/partners/university/")

    coordinator_page.get_by_role("link", name="Import", exact=True).click()
    preview_file(coordinator_page, office_list.replace(b"in process", b"Erasmus+"))
    preview = coordinator_page.get_by_role("main").inner_text()
    coordinator_page.get_by_role("button", name="Import this").click()

    assert "The agreement of unknown type, in process, becomes Erasmus+ and signed." in preview
    assert success_message(coordinator_page) == "Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."
    assert list(Agreement.objects.in_process()) == []


def test_coordinator_corrects_two_errors_imports_and_undoes(coordinator_page, page_loads, register, office_list):
    coordinator_page.goto("/admin/")
    page_loads.clear()
    coordinator_page.get_by_role("main").get_by_role("link", name="Import", exact=True).click()
    wrong = {b"Taiwan\tAcademia": b"Taiwn\tAcademia", b"Drexel University\tBilateral": b"Drexel University\tBilatral"}
    content = office_list
    for right, typo in wrong.items():
        content = content.replace(right, typo)
    preview_file(coordinator_page, content)
    error_row = coordinator_page.get_by_role("row", name="Taiwn").inner_text().split("\t")
    error_count = coordinator_page.locator("table.errors tbody tr").count()
    preview_file(coordinator_page, office_list.replace(b"in process", b"GE3"))
    coordinator_page.get_by_role("button", name="Import this").click()

    coordinator_page.get_by_role("link", name="Undo this run").click()
    coordinator_page.get_by_role("button", name="Undo this run").click()

    assert (len(page_loads), error_count) == (6, 2)
    assert error_row[:2] == ["90", "Country"]
    assert error_row[2].endswith("Did you mean “Taiwan”?")
    assert success_message(coordinator_page) == "Undone: 1 put back, 0 left as they are."
    assert [str(deal) for deal in Agreement.objects.in_process()] == [
        "Czech Technical University: type unknown (in process)"
    ]


def test_coordinator_says_which_column_is_which(coordinator_page, register, office_list):
    header = b"Country\tUniversity name\tAgreement type"
    coordinator_page.set_viewport_size({"width": 360, "height": 800})
    coordinator_page.goto("/admin/partners/university/import/")
    preview_file(coordinator_page, office_list.replace(header, b"Land\tWhere to\tWhat"))
    width = coordinator_page.evaluate("document.documentElement.scrollWidth")
    guess = coordinator_page.get_by_label("Country").input_value()

    coordinator_page.get_by_label("University name").select_option("Where to")
    coordinator_page.get_by_label("Agreement type").select_option("What")
    with coordinator_page.expect_navigation():
        coordinator_page.get_by_role("button", name="Show the preview").click()

    assert (width, guess) == (360, "Land")
    assert "the register says the same as this file" in coordinator_page.get_by_role("main").inner_text()


def test_coordinator_sees_who_changed_a_university_and_puts_it_back(coordinator_page, page_loads, register):
    university = University.objects.get(name="Drexel University")
    university._history_user = User.objects.create_user("anna")
    university.city = "Pittsburgh"
    university.save()
    coordinator_page.goto(f"/admin/partners/university/{university.pk}/change/")
    page_loads.clear()

    coordinator_page.get_by_role("link", name="History").click()
    change = coordinator_page.locator("main tbody tr").first.inner_text()
    coordinator_page.get_by_role("link", name="Put back this version").last.click()
    coordinator_page.get_by_role("button", name="Put back this version").click()

    expect(coordinator_page.get_by_text("Put back: Drexel University")).to_be_visible()
    assert ("anna" in change, "City: – → Pittsburgh" in change) == (True, True)
    assert len(page_loads) == 3
    university.refresh_from_db()
    assert university.city == ""


def test_administrator_adds_an_assistant_who_chooses_a_password(page, reference_data, mailoutbox):
    User.objects.create_superuser("administrator", password="a password for the test")
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("administrator")
    page.get_by_label("Password").fill("a password for the test")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    loads = record_page_loads(page)

    page.get_by_role("main").get_by_role("row", name="Users").get_by_role("link", name="Add").click()
    page.get_by_label("Username").fill("berta")
    page.get_by_label("Email address").fill("berta@example.edu")
    page.get_by_label("Assistants: Can see everything in the register").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The invitation was sent to berta@example.edu")).to_be_visible()
    page.goto(re.search(r"https://partners.example.edu(/admin/password/\S+)", mailoutbox[0].body)[1])

    expect(page.get_by_label("New password:")).to_be_visible()
    assert len(loads) == 3
    assert [group.name for group in User.objects.get(username="berta").groups.all()] == ["Assistants"]


def preview_file(page, content):
    file = {"name": "partners.tsv", "mimeType": "text/tab-separated-values", "buffer": content}
    page.get_by_label("File to import").set_input_files(file)
    with page.expect_navigation():
        page.get_by_role("button", name="Show the preview").click()


def success_message(page):
    return page.locator(".messagelist li").inner_text()
