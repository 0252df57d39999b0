import pytest

from partners.models import Agreement

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


def test_coordinator_imports_a_corrected_list(office_page, register, offices_list):
    office_page.goto("/admin/partners/university/")

    office_page.get_by_role("link", name="Import", exact=True).click()
    choose(office_page, offices_list.replace(b"in process", b"Erasmus+"))
    preview = office_page.get_by_role("main").inner_text()
    office_page.get_by_role("button", name="Import this").click()

    assert "Czech Technical University: in process becomes signed Erasmus+" in preview
    assert told(office_page) == "Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."
    assert list(Agreement.objects.in_process()) == []


def test_coordinator_undoes_an_import_after_a_mistake_in_the_file(office_page, register, offices_list):
    office_page.goto("/admin/partners/university/import/")
    choose(office_page, offices_list.replace(b"Taiwan\tAcademia", b"Taiwn\tAcademia"))
    mistake = office_page.get_by_role("row", name="Taiwn").inner_text().split("\t")
    choose(office_page, offices_list.replace(b"in process", b"GE3"))
    office_page.get_by_role("button", name="Import this").click()

    office_page.get_by_role("link", name="Undo this import").click()
    office_page.get_by_role("button", name="Undo this import").click()

    assert mistake[:2] == ["90", "Country"]
    assert mistake[2].endswith("Did you mean “Taiwan”?")
    assert told(office_page) == "Undone: 1 put back, 0 left as they are."
    assert [str(deal) for deal in Agreement.objects.in_process()] == [
        "Czech Technical University: type unknown (in process)"
    ]


@pytest.mark.parametrize(
    "path", ["university/", "university/import/", "university/export/", "importrun/", "agreement/"]
)
@pytest.mark.parametrize("width", [360, 1280])
def test_office_page_is_wide_enough(office_page, register, path, width):
    office_page.set_viewport_size({"width": width, "height": 800})

    office_page.goto(f"/admin/partners/{path}")

    assert office_page.evaluate("document.documentElement.scrollWidth") == width


def choose(page, content):
    file = {"name": "partners.tsv", "mimeType": "text/tab-separated-values", "buffer": content}
    page.get_by_label("File to import").set_input_files(file)
    with page.expect_navigation():
        page.get_by_role("button", name="Show the preview").click()


def told(page):
    return page.locator(".messagelist li").inner_text()
