import pytest

from partners.models import University

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
IMPORT = "/admin/partners/university/import/"
POLISH_LIST = "Country\tUniversity name\tAgreement type\nPoland\tUniwersytet Łódzki\tErasmus+\n".encode("cp1250")
UNUSUAL_HEADER = "Nation;Einrichtung;Was\nGermany;Universität Kassel;Erasmus+\n".encode()


@pytest.fixture
def page_loads(coordinator_page):
    """The URLs of the pages that were loaded."""
    loads = []
    coordinator_page.goto(IMPORT)
    coordinator_page.on("load", lambda page: loads.append(page.url))
    return loads


def choose_file(page, content):
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("button", name="Show the preview").press("Enter")
    page.wait_for_load_state("load")


def test_coordinator_chooses_another_encoding(coordinator_page, page_loads):
    page = coordinator_page
    choose_file(page, POLISH_LIST)
    page.get_by_role("main").get_by_text("Windows-1250 (Central European), which is a guess").wait_for()

    page.get_by_label("Encoding").select_option("Windows-1252 (Western European)")
    page.get_by_role("button", name="Show the preview again").press("Enter")
    page.get_by_text("Uniwersytet £ódzki").first.wait_for()
    page.get_by_label("Encoding").select_option("Windows-1250 (Central European)")
    page.get_by_role("button", name="Show the preview again").press("Enter")
    page.get_by_text("Uniwersytet Łódzki").first.wait_for()
    page.get_by_role("button", name="Import this").press("Enter")
    page.get_by_text("1 new, 0 changed, 0 unchanged, 0 errors").wait_for()

    assert University.objects.get().name == "Uniwersytet Łódzki"
    assert len(page_loads) == 4


@pytest.mark.parametrize("width", [390, 1280])
def test_coordinator_says_which_column_is_which(coordinator_page, page_loads, width):
    page = coordinator_page
    page.set_viewport_size({"width": width, "height": 800})
    choose_file(page, UNUSUAL_HEADER)

    assert page.get_by_role("heading", name="Which column is which?").is_visible()
    assert page.get_by_label("Country").input_value() == "Nation"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("University name").select_option("Einrichtung")
    page.get_by_label("Agreement type").select_option("Was")
    page.get_by_role("button", name="Show the preview").press("Enter")
    page.get_by_role("button", name="Import this").press("Enter")
    page.get_by_text("1 new, 0 changed, 0 unchanged, 0 errors").wait_for()

    assert str(University.objects.get()) == "Universität Kassel"
    assert len(page_loads) == 3
