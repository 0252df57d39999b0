import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture
def student(page, register):
    page.goto("/?view=map")
    return page


def bubble(page, name):
    return page.get_by_role("link", name=name)


def heading(page):
    return page.locator("#count")


@pytest.mark.parametrize(
    ("country", "count"), [("Hong Kong", 2), ("Singapore", 1), ("Cyprus", 1), ("Taiwan", 5), ("Germany", 13)]
)
def test_map_selects_a_country_without_reloading(student, country, count):
    student.evaluate("window.isTheSamePage = true")

    bubble(student, f"{country}: {count} universit").click()

    expect(heading(student)).to_have_text(f"{count} universit{'y' if count == 1 else 'ies'} in 1 country")
    assert student.evaluate("window.isTheSamePage")
    assert student.get_by_label(f"{country} ({count})").is_checked()


def test_map_is_operable_by_keyboard(student):
    bubble(student, "Hungary: 1 university").focus()
    student.keyboard.press("Tab")
    expect(bubble(student, "Italy: 6 universities")).to_be_focused()

    student.keyboard.press("Enter")
    expect(heading(student)).to_have_text("6 universities in 1 country")
    expect(bubble(student, "Italy: 6 universities")).to_be_focused()

    student.keyboard.press("Tab")
    expect(bubble(student, "Poland: 1 more university")).to_be_focused()
    student.keyboard.press("Enter")
    expect(heading(student)).to_have_text("7 universities in 2 countries")

    student.keyboard.press("Enter")
    expect(heading(student)).to_have_text("6 universities in 1 country")
    student.go_back()
    expect(heading(student)).to_have_text("7 universities in 2 countries")


def test_map_is_a_view_that_keeps_what_was_chosen(student):
    student.set_viewport_size({"width": 360, "height": 800})
    bubble(student, "Italy: 6 universities").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert student.get_by_role("table").count() == 0

    student.get_by_role("link", name="List", exact=True).press("Enter")
    expect(student.get_by_role("rowheader")).to_have_count(7)
    expect(student.get_by_role("link", name="List", exact=True)).to_be_focused()
    expect(bubble(student, "Italy: 6 universities")).to_have_count(0)

    student.get_by_role("link", name="Map", exact=True).press("Enter")
    expect(bubble(student, "Italy: 6 universities")).to_be_visible()
    expect(heading(student)).to_have_text("6 universities in 1 country")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_map_fits_its_window_with_hit_areas_of_at_least_24_pixels(student, width):
    student.set_viewport_size({"width": width, "height": 800})

    sizes = student.locator(".bubble .hit-area").evaluate_all(
        "circles => circles.map((circle) => circle.getBoundingClientRect().width)"
    )

    assert len(sizes) == 30
    assert min(sizes) >= 24
    assert student.locator("figure").evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth)")
    assert student.evaluate("document.documentElement.scrollWidth") == width


def test_map_works_without_script(chromium, live_server, register):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/?type=erasmus&view=map")

    bubble(page, "Italy: 3 universities").click()

    expect(heading(page)).to_have_text("3 universities in 1 country")
    context.close()


def test_language_switch_keeps_the_selection(student):
    bubble(student, "Italy: 6 universities").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")

    student.get_by_role("link", name="Deutsch").click()

    expect(heading(student)).to_have_text("6 Hochschulen in 1 Land")
    assert student.get_by_label("Italien (6)").is_checked()
