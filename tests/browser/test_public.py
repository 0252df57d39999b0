import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = ["/", "/?q=technical&country=DE&type=erasmus", "/?q=nowhere", "/universities/czech-technical-university/"]


@pytest.fixture
def student(page, register):
    return page


def violations(page):
    found = Axe().run(page, options=WCAG).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


def test_student_finds_erasmus_partners_in_italy(student):
    student.goto("/")

    student.get_by_label("Erasmus+").check()
    student.get_by_text("Country or territory", exact=True).first.click()
    student.get_by_role("checkbox", name="Italy").check()
    student.get_by_role("button", name="Apply").click()

    expect(student.get_by_role("heading", level=2)).to_have_text("3 universities in 1 country")
    assert student.get_by_role("rowheader").all_inner_texts() == [
        "Italy",
        "Politecnico di Milano",
        "Politecnico di Torino",
        "Sapienza - University of Rome",
    ]
    assert student.get_by_label("Erasmus+").is_checked()


def test_student_reads_what_in_process_means(student):
    student.goto("/?status=in-process")

    student.get_by_role("link", name="Czech Technical University").click()

    assert student.get_by_role("heading", level=1).inner_text() == "Czech Technical University"
    assert "We are still negotiating: you can't apply for it yet." in student.get_by_role("main").inner_text()


def heading(page):
    return page.get_by_role("heading", level=2)


def test_list_changes_in_place_and_goes_back(student):
    student.goto("/")
    student.evaluate("window.isTheSamePage = true")

    student.get_by_label("Erasmus+ (21)").check()
    student.get_by_text("Country or territory", exact=True).first.click()
    student.get_by_role("checkbox", name="Italy").check()
    student.get_by_role("button", name="Apply").click()

    expect(heading(student)).to_have_text("3 universities in 1 country")
    assert student.evaluate("window.isTheSamePage")
    assert student.title() == "3 universities in 1 country – Exchange Office"
    expect(student.get_by_role("status")).to_have_text("3 universities in 1 country")
    expect(student.get_by_role("button", name="Apply")).to_be_focused()
    assert student.get_by_role("checkbox", name="Italy").is_visible()

    student.get_by_role("link", name="Take away: Erasmus+").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    expect(heading(student)).to_be_focused()

    student.go_back()
    expect(heading(student)).to_have_text("3 universities in 1 country")
    student.go_back()
    expect(heading(student)).to_have_text("108 universities in 30 countries")


def test_list_works_without_script(chromium, live_server, register):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")

    page.get_by_label("University, city or country").fill("tecnologico")
    page.get_by_label("University, city or country").press("Enter")

    assert page.get_by_role("heading", level=2).inner_text() == "1 university in 1 country"
    context.close()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_page_fits_its_window(student, path, width):
    student.set_viewport_size({"width": width, "height": 800})

    student.goto(path)

    assert student.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible(student, path, scheme):
    student.emulate_media(color_scheme=scheme)
    for width in (1280, 360):
        student.set_viewport_size({"width": width, "height": 800})
        student.goto(path)

        assert violations(student) == []
