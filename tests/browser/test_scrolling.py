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
FIRST_RESULTS = 2
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


def shows_results(page, count):
    """Return True if the heading and so many of the first results are in the window."""
    heading(page).evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    names = page.locator("th[scope=row]").all()[:count]
    boxes = [element.bounding_box() for element in (heading(page), *names)]
    ends = [box["y"] + box["height"] for box in boxes]
    return (
        len(names) == count
        and boxes[0]["y"] >= -1
        and sorted(ends) == ends
        and ends[-1] <= page.viewport_size["height"]
    )


def scroll_to_middle(locator):
    locator.evaluate("element => element.scrollIntoView({ block: 'center' })")


def column_scroll(page):
    return page.locator("#filter").evaluate("filter => filter.scrollTop")


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
    assert position(star)[1] == pytest.approx(400, abs=1)
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


@pytest.mark.parametrize("student", ["desktop"], indirect=True)
def test_filter_shows_the_first_results_and_keeps_its_own_scroll_position(student):
    student.goto("/")
    student.evaluate("scrollTo(0, 3000)")
    taiwan = student.locator("#country-TW")
    taiwan.focus()
    before = column_scroll(student)

    taiwan.press("Space")

    expect(heading(student)).to_have_text("5 universities in 1 country")
    assert column_scroll(student) == before > 0
    expect(taiwan).to_be_in_viewport()
    expect(taiwan).to_be_focused()
    assert shows_results(student, 5)

    taiwan.press("Space")
    expect(heading(student)).to_have_text(ALL)
    assert column_scroll(student) == before
    assert shows_results(student, 5)
    assert len(student.page_loads) == 1


@pytest.mark.parametrize("student", ["phone"], indirect=True)
def test_sheet_stays_open_until_it_shows_the_first_results(student):
    student.goto("/")
    student.get_by_text("Filters", exact=True).click()
    italy = student.locator("#country-IT")
    scroll_to_middle(italy)
    before = pytest.approx(position(italy), abs=1)

    italy.press("Space")
    show = student.get_by_role("link", name="Show 6 universities")
    expect(show).to_be_in_viewport()
    assert position(italy) == before
    expect(italy).to_be_focused()
    expect(student.get_by_role("status")).to_have_text("6 universities in 1 country")

    show.press("Enter")
    expect(italy).to_be_hidden()
    expect(heading(student)).to_be_focused()
    assert shows_results(student, 2)
    assert student.url.endswith("/?country=IT")

    student.go_back()
    expect(heading(student)).to_have_text(ALL)
    expect(italy).to_be_hidden()
    assert len(student.page_loads) == 1


@pytest.mark.parametrize("student", ["phone"], indirect=True)
def test_focus_does_not_leave_the_sheet_which_escape_closes(student):
    student.goto("/")
    summary = student.locator("#filters summary")
    summary.press("Enter")
    expect(student.get_by_role("link", name="Show 108 universities")).to_be_visible()

    for _ in range(3):
        student.keyboard.press("Shift+Tab")
        assert student.evaluate("document.activeElement.matches('body, #filters *')")

    student.locator("#country-IT").focus()
    student.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(student.locator("#country-IT")).to_be_hidden()
    assert student.locator("[inert]").count() == 0


def test_removing_a_filter_and_sorting_show_the_first_results(student):
    student.goto("/?country=CN&country=FR&country=US&type=bilateral")
    scroll_to(student.locator("th[scope=row]").nth(20), 400)

    student.get_by_role("link", name="Take away: Bilateral").click()
    expect(student.get_by_role("link", name="Take away: Bilateral")).to_have_count(0)
    expect(heading(student)).to_be_focused()
    assert shows_results(student, FIRST_RESULTS)

    sort = student.get_by_label("Sort by")
    sort.focus()
    sort.select_option("name")
    expect(student.locator("th.country")).to_have_count(0)
    expect(sort).to_be_focused()
    assert shows_results(student, FIRST_RESULTS)
    assert len(student.page_loads) == 1


def test_search_shows_the_first_results_and_keeps_the_focus(student):
    student.goto("/")
    search = student.get_by_label("University, city or country")

    search.press_sequentially("technical")
    search.press("Enter")

    expect(student.get_by_role("link", name="Take away: technical")).to_be_visible()
    assert student.evaluate("scrollY") == 0
    expect(search).to_be_focused()
    assert search.evaluate("input => input.selectionStart") == len("technical")
    assert shows_results(student, 5 if student.viewport_size == WINDOWS["desktop"] else 2)
    assert len(student.page_loads) == 1


def test_bubble_keeps_position_and_focus(student):
    student.goto("/?view=map")
    bubble = student.locator("#map-IT")
    scroll_to(bubble, 350)
    expected_top = pytest.approx(position(bubble)[1], abs=1)

    for count in ("6 universities in 1 country", ALL):
        bubble.click()
        expect(heading(student)).to_have_text(count)
        assert position(bubble)[1] == expected_top
        expect(bubble).to_be_focused()
    assert len(student.page_loads) == 1


def test_choice_made_while_another_loads_is_kept(chromium, live_server, register):
    """In a context of its own, as htmx logs the request that is given up."""
    context = chromium.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/")
    held = []
    page.route("**/?type=erasmus", lambda route: held.append(route))

    page.get_by_label("Erasmus+ (21)").click()
    page.get_by_role("checkbox", name="Italy").click()

    expect(heading(page)).to_have_text("3 universities in 1 country")
    assert page.url.endswith("?type=erasmus&country=IT")
    assert len(held) == 1
    context.close()


def test_next_page_starts_at_its_heading(student, monkeypatch):
    monkeypatch.setattr(views, "SINGLE_PAGE_MAX", 50)
    monkeypatch.setattr(views, "PAGE_SIZE", 40)
    student.goto("/")
    next_page = student.get_by_role("link", name="Next page")
    before = scroll_to(next_page, 600)

    next_page.click()

    expect(student.get_by_text("Page 2 of 3")).to_be_attached()
    assert shows_results(student, FIRST_RESULTS)
    expect(heading(student)).to_be_focused()

    student.go_back()
    expect(student.get_by_text("Page 1 of 3")).to_be_attached()
    assert position(next_page) == before
    assert len(student.page_loads) == 1


def test_back_and_forward_restore_positions(student):
    student.goto("/")
    star = late_star(student)
    scroll_to(star, 400)
    star.click()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    student.get_by_label("Sort by").select_option("name")
    expect(student.locator("th.country")).to_have_count(0)
    narrowed = scroll_to(student.locator("th[scope=row]").nth(30), 500)
    student.locator("#q").evaluate("search => { search.value = 'poli'; search.form.requestSubmit() }")
    expect(student.get_by_role("link", name="Take away: poli")).to_be_visible()

    student.go_back()
    expect(heading(student)).to_have_text(ALL)
    assert position(student.locator("th[scope=row]").nth(30)) == narrowed

    student.go_back()
    expect(student.locator("th.country")).not_to_have_count(0)
    student.go_back()
    expect(student.locator("#shortlist")).to_have_count(0)
    assert position(star)[1] == pytest.approx(400, abs=1)
    expect(star).to_be_focused()

    student.go_forward()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 1")
    student.go_forward()
    expect(student.locator("th.country")).to_have_count(0)
    assert position(student.locator("th[scope=row]").nth(30)) == narrowed
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
