"""The reader's place in the real list, which is long, when a part of the page is swapped."""

import pytest
from playwright.sync_api import expect

from partners.public import views

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
WINDOWS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
FAR_DOWN = 95
"""One of the last rows of 108."""
ALL = "108 universities in 30 countries"


@pytest.fixture(params=WINDOWS)
def student(page, register, request):
    page.set_viewport_size(WINDOWS[request.param])
    page.page_loads = []
    page.on("request", lambda sent: page.page_loads.append(sent.url) if sent.is_navigation_request() else None)
    return page


def heading(page):
    return page.locator("#count")


def place_at(locator, top):
    """Scroll so that it stands so many pixels below the window's upper edge, and return its place."""
    locator.evaluate("(element, top) => scrollBy(0, element.getBoundingClientRect().top - top)", top)
    return pytest.approx(place(locator), abs=1)


def place(locator):
    """Pixels that the page is scrolled by, and from the window's upper edge, once the browser has drawn it."""
    return locator.evaluate(
        """(element) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
            done([scrollY, element.getBoundingClientRect().top]))))"""
    )


def focused_id(page):
    return page.evaluate("document.activeElement.id")


def far_star(page):
    """One of the last rows' stars, by its id, as its name changes with it."""
    return page.locator(f"#{page.locator('.star').nth(FAR_DOWN).get_attribute('id')}")


def test_star_leaves_the_page_where_it_is(student):
    student.goto("/")
    star = far_star(student)
    before = place_at(star, 400)

    star.click()

    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert place(star) == before
    assert student.evaluate("scrollY") > 3_000
    expect(star).to_be_focused()

    star.press("Enter")
    expect(student.locator("#shortlist")).to_have_count(0)
    assert place(star) == before
    expect(star).to_be_focused()
    assert len(student.page_loads) == 1


def test_emptied_shortlist_leaves_the_page_where_it_is(student):
    student.goto("/?sort=name&pick=politecnico-di-milano")
    star = far_star(student)
    before = place_at(star, 400)

    empty = student.get_by_role("link", name="Empty it").bounding_box()
    student.mouse.click(empty["x"] + 10, empty["y"] + 10)

    expect(student.locator("#shortlist")).to_have_count(0)
    assert place(star) == before
    assert focused_id(student) == "count"
    assert len(student.page_loads) == 1


def test_filter_stays_in_sight_when_it_is_applied_and_taken_back(student):
    student.goto("/")
    student.get_by_label("GE3").check()
    apply = student.get_by_role("button", name="Apply")
    before = place_at(apply, 150)

    apply.click()
    expect(heading(student)).to_have_text("10 universities in 8 countries")
    assert place(apply) == before
    expect(apply).to_be_focused()

    student.get_by_label("GE3").uncheck()
    before = place_at(apply, 150)
    apply.click()
    expect(heading(student)).to_have_text(ALL)
    assert place(apply) == before
    expect(apply).to_be_focused()
    assert len(student.page_loads) == 1


def test_countries_stay_open_in_sight_with_the_box_that_was_ticked(student):
    student.goto("/")
    student.locator("#countries summary").click()
    italy = student.locator("#country-IT")
    before = place_at(italy, 300)

    italy.focus()
    student.keyboard.press("Space")
    student.keyboard.press("Enter")

    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert place(italy) == before
    expect(italy).to_be_focused()
    assert len(student.page_loads) == 1


def test_removed_chips_leave_the_heading_where_it_is(student):
    student.goto("/?country=IT&type=erasmus")
    before = place_at(heading(student), 200)

    student.get_by_role("link", name="Take away: Erasmus+").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert place(heading(student)) == before
    expect(heading(student)).to_be_focused()

    student.get_by_role("link", name="Take away: Italy").click()
    expect(heading(student)).to_have_text(ALL)
    assert place(heading(student)) == before
    expect(heading(student)).to_be_focused()
    assert len(student.page_loads) == 1


def test_order_changes_where_it_is_chosen(student):
    student.goto("/")
    apply = student.get_by_role("button", name="Apply")
    before = place_at(apply, 150)

    student.get_by_label("Sort by").select_option("name")
    apply.click()

    expect(student.get_by_role("columnheader", name="Country or territory")).to_have_count(1)
    assert place(apply) == before
    expect(apply).to_be_focused()
    assert len(student.page_loads) == 1


def test_search_stays_where_it_is_typed(student):
    student.goto("/")
    search = student.get_by_label("University, city or country")
    before = place_at(search, 100)

    search.press_sequentially("politecnico")
    search.press("Enter")

    expect(heading(student)).to_have_text("2 universities in 1 country")
    assert place(search) == before
    expect(search).to_be_focused()
    assert search.evaluate("input => input.selectionStart") == len("politecnico")
    assert len(student.page_loads) == 1


def test_bubble_stays_where_it_was_pressed(student):
    student.goto("/")
    student.evaluate("document.getElementById('map').open = true")
    bubble = student.locator("#map-IT")
    place_at(bubble, 500)
    expected_top = pytest.approx(place(bubble)[1], abs=1)

    bubble.click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    assert place(bubble)[1] == expected_top
    expect(bubble).to_be_focused()

    bubble.click()
    expect(heading(student)).to_have_text(ALL)
    assert place(bubble)[1] == expected_top
    expect(bubble).to_be_focused()
    assert len(student.page_loads) == 1


def test_another_page_begins_at_its_heading(student, monkeypatch):
    monkeypatch.setattr(views, "SINGLE_PAGE_MAX", 50)
    monkeypatch.setattr(views, "PAGE_SIZE", 40)
    student.goto("/")
    next_page = student.get_by_role("link", name="Next page")
    before = place_at(next_page, 600)

    next_page.click()

    expect(student.get_by_text("Page 2 of 3")).to_be_attached()
    assert place(heading(student))[1] == pytest.approx(0, abs=1)
    expect(heading(student)).to_be_focused()

    student.go_back()
    expect(student.get_by_text("Page 1 of 3")).to_be_attached()
    assert place(next_page) == before
    assert len(student.page_loads) == 1


def test_back_and_forward_return_to_the_places_that_were_left(student):
    student.goto("/")
    star = far_star(student)
    before = place_at(star, 400)
    star.click()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    student.get_by_label("GE3").check()
    narrowed = place_at(heading(student), 500)
    student.get_by_label("GE3").press("Enter")
    expect(heading(student)).to_have_text("10 universities in 8 countries")

    student.go_back()
    expect(heading(student)).to_have_text(ALL)
    assert place(heading(student)) == narrowed

    student.go_back()
    expect(student.locator("#shortlist")).to_have_count(0)
    assert place(star) == before
    expect(star).to_be_focused()

    student.go_forward()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert place(heading(student)) == narrowed
    assert len(student.page_loads) == 1


def test_back_from_a_university_returns_to_its_row(student):
    student.goto("/")
    star = far_star(student)
    before = place_at(star, 400)
    star.click()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")

    student.get_by_role("row").filter(has=star).get_by_role("link").first.click()
    expect(student.get_by_role("heading", level=1)).not_to_have_text("Partner universities")
    student.go_back()

    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    assert place(star) == before
