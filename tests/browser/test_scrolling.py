"""Scroll position and focus in the office's list, which is long, when htmx swaps it."""

import pytest
from playwright.sync_api import expect

from partners.public import views

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
WINDOWS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LATE_ROW = 95
"""Index of one of the last of 108 rows."""
ALL = "108 universities in 30 countries"


@pytest.fixture(params=WINDOWS)
def student(page, register, request):
    page.set_viewport_size(WINDOWS[request.param])
    page.page_loads = []
    page.on("request", lambda sent: page.page_loads.append(sent.url) if sent.is_navigation_request() else None)
    return page


def heading(page):
    return page.locator("#count")


def scroll_to(locator, top):
    """Scroll so that the element is so many pixels below the window's upper edge, and return its position."""
    locator.evaluate("(element, top) => scrollBy(0, element.getBoundingClientRect().top - top)", top)
    return pytest.approx(position(locator), abs=1)


def position(locator):
    """Return scrollY and the element's distance from the window's upper edge, in pixels, after the next frame."""
    return locator.evaluate(
        """(element) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
            done([scrollY, element.getBoundingClientRect().top]))))"""
    )


def focused_id(page):
    return page.evaluate("document.activeElement.id")


def late_star(page):
    """Return the locator of a star in one of the last rows, by its id, as its name changes."""
    return page.locator(f"#{page.locator('.star').nth(LATE_ROW).get_attribute('id')}")


def test_star_keeps_position_and_focus(student):
    student.goto("/")
    star = late_star(student)
    before = scroll_to(star, 400)

    star.click()

    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert position(star) == before
    assert student.evaluate("scrollY") > 3_000
    expect(star).to_be_focused()

    star.press("Enter")
    expect(student.locator("#shortlist")).to_have_count(0)
    assert position(star) == before
    expect(star).to_be_focused()
    assert len(student.page_loads) == 1


def test_clearing_the_shortlist_keeps_the_position(student):
    student.goto("/?sort=name&pick=politecnico-di-milano")
    star = late_star(student)
    before = scroll_to(star, 400)

    empty = student.get_by_role("link", name="Empty it").bounding_box()
    student.mouse.click(empty["x"] + 10, empty["y"] + 10)

    expect(student.locator("#shortlist")).to_have_count(0)
    assert position(star) == before
    assert focused_id(student) == "count"
    assert len(student.page_loads) == 1


def test_applying_filters_keeps_position_and_focus(student):
    student.goto("/")
    student.get_by_label("GE3").check()
    apply = student.get_by_role("button", name="Apply")
    before = scroll_to(apply, 150)

    apply.click()
    expect(heading(student)).to_have_text("10 universities in 8 countries")
    assert position(apply) == before
    expect(apply).to_be_focused()

    student.get_by_label("GE3").uncheck()
    before = scroll_to(apply, 150)
    apply.click()
    expect(heading(student)).to_have_text(ALL)
    assert position(apply) == before
    expect(apply).to_be_focused()
    assert len(student.page_loads) == 1


def test_country_facet_stays_open_at_the_checked_box(student):
    student.goto("/")
    student.locator("#countries summary").click()
    italy = student.locator("#country-IT")
    before = scroll_to(italy, 300)

    italy.focus()
    student.keyboard.press("Space")
    student.keyboard.press("Enter")

    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert position(italy) == before
    expect(italy).to_be_focused()
    assert len(student.page_loads) == 1


def test_removing_filters_keeps_the_position_of_the_heading(student):
    student.goto("/?country=IT&type=erasmus")
    before = scroll_to(heading(student), 200)

    student.get_by_role("link", name="Take away: Erasmus+").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert position(heading(student)) == before
    expect(heading(student)).to_be_focused()

    student.get_by_role("link", name="Take away: Italy").click()
    expect(heading(student)).to_have_text(ALL)
    assert position(heading(student)) == before
    expect(heading(student)).to_be_focused()
    assert len(student.page_loads) == 1


def test_sorting_keeps_position_and_focus(student):
    student.goto("/")
    apply = student.get_by_role("button", name="Apply")
    before = scroll_to(apply, 150)

    student.get_by_label("Sort by").select_option("name")
    apply.click()

    expect(student.get_by_role("columnheader", name="Country or territory")).to_have_count(1)
    assert position(apply) == before
    expect(apply).to_be_focused()
    assert len(student.page_loads) == 1


def test_search_keeps_position_and_focus(student):
    student.goto("/")
    search = student.get_by_label("University, city or country")
    before = scroll_to(search, 100)

    search.press_sequentially("politecnico")
    search.press("Enter")

    expect(heading(student)).to_have_text("2 universities in 1 country")
    assert position(search) == before
    expect(search).to_be_focused()
    assert search.evaluate("input => input.selectionStart") == len("politecnico")
    assert len(student.page_loads) == 1


def test_bubble_keeps_position_and_focus(student):
    student.goto("/")
    student.evaluate("document.getElementById('map').open = true")
    bubble = student.locator("#map-IT")
    scroll_to(bubble, 500)
    expected_top = pytest.approx(position(bubble)[1], abs=1)

    bubble.click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert position(bubble)[1] == expected_top
    expect(bubble).to_be_focused()

    bubble.click()
    expect(heading(student)).to_have_text(ALL)
    assert position(bubble)[1] == expected_top
    expect(bubble).to_be_focused()
    assert len(student.page_loads) == 1


def test_next_page_starts_at_its_heading(student, monkeypatch):
    monkeypatch.setattr(views, "SINGLE_PAGE_MAX", 50)
    monkeypatch.setattr(views, "PAGE_SIZE", 40)
    student.goto("/")
    next_page = student.get_by_role("link", name="Next page")
    before = scroll_to(next_page, 600)

    next_page.click()

    expect(student.get_by_text("Page 2 of 3")).to_be_attached()
    assert position(heading(student))[1] == pytest.approx(0, abs=1)
    expect(heading(student)).to_be_focused()

    student.go_back()
    expect(student.get_by_text("Page 1 of 3")).to_be_attached()
    assert position(next_page) == before
    assert len(student.page_loads) == 1


def test_back_and_forward_restore_positions(student):
    student.goto("/")
    star = late_star(student)
    before = scroll_to(star, 400)
    star.click()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    student.get_by_label("GE3").check()
    narrowed = scroll_to(heading(student), 500)
    student.get_by_label("GE3").press("Enter")
    expect(heading(student)).to_have_text("10 universities in 8 countries")

    student.go_back()
    expect(heading(student)).to_have_text(ALL)
    assert position(heading(student)) == narrowed

    student.go_back()
    expect(student.locator("#shortlist")).to_have_count(0)
    assert position(star) == before
    expect(star).to_be_focused()

    student.go_forward()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert position(heading(student)) == narrowed
    assert len(student.page_loads) == 1


def test_back_from_a_university_restores_the_position(student):
    student.goto("/")
    star = late_star(student)
    before = scroll_to(star, 400)
    star.click()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")

    student.get_by_role("row").filter(has=star).get_by_role("link").first.click()
    expect(student.get_by_role("heading", level=1)).not_to_have_text("Partner universities")
    student.go_back()

    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert position(star) == before
