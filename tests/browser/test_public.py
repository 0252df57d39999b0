from collections import Counter

import pytest
from playwright.sync_api import expect

from partners.models import AgreementType, University
from tests.helpers.axe import violations
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

PICKS = "pick=czech-technical-university&pick=politecnico-di-milano"
MILAN = "/universities/politecnico-di-milano/"
HOSTILE = ["<script>alert(1)</script>", "W" * 200, "right\u202eto left", "🎓" * 100, "جامعة القاهرة"]


@pytest.fixture(autouse=True)
def office_email(settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"


@pytest.fixture
def student(page, register):
    return page


@pytest.fixture
def without_script(chromium, live_server, register):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def scroll_width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def test_student_finds_erasmus_partners_in_italy(student):
    student.goto("/")

    student.get_by_label("Erasmus+ (21)").check()
    student.get_by_role("checkbox", name="Italy").check()

    expect(student.get_by_role("heading", level=2)).to_have_text("3 universities in 1 country")
    assert student.get_by_role("rowheader").all_inner_texts() == [
        "Italy",
        "Politecnico di Milano",
        "Politecnico di Torino",
        "Sapienza - University of Rome",
    ]
    assert student.get_by_label("Erasmus+ (3)").is_checked()


def test_full_stop_stays_on_the_line_of_the_email_address(student):
    student.goto(MILAN)
    question = student.locator("p", has_text="Questions? Write to")
    wrapped = []
    for pixels in range(320, 420, 4):
        student.set_viewport_size({"width": pixels, "height": 800})
        lines = question.evaluate(
            """paragraph => {
                const range = document.createRange();
                range.selectNodeContents(paragraph.lastChild);
                return [paragraph.querySelector("a"), range].map(part => [...part.getClientRects()].at(-1).bottom);
            }"""
        )
        wrapped += [pixels] if abs(lines[0] - lines[1]) > 10 else []

    assert wrapped == []


def test_university_page_explains_in_process(student):
    student.goto("/?status=in-process")

    student.get_by_role("link", name="Czech Technical University", exact=True).click()

    expect(student.get_by_role("heading", level=1)).to_have_text("Czech Technical University")
    assert "We are still negotiating: you can't apply for it yet." in student.get_by_role("main").inner_text()


def heading(page):
    return page.get_by_role("heading", level=2)


def test_university_leads_to_the_next_one_of_the_list_and_back(student):
    neighbors = student.get_by_role("navigation", name="Universities of the list").get_by_role("link")
    student.goto("/universities/politecnico-di-torino/")
    expect(student.locator(".previous-next")).to_be_hidden()

    student.goto("/?type=erasmus&country=IT")
    student.get_by_role("link", name="Politecnico di Torino", exact=True).click()
    expect(neighbors).to_have_text(["Previous: Politecnico di Milano", "Next: Sapienza - University of Rome"])
    student.get_by_role("link", name="Add to the shortlist").click()
    neighbors.last.click()

    expect(student.get_by_role("heading", level=1)).to_have_text("Sapienza - University of Rome")
    expect(neighbors).to_have_text(["Previous: Politecnico di Torino"])
    assert violations(student) == []
    student.get_by_role("link", name="Partner universities").first.click()
    expect(heading(student).first).to_have_text("3 universities in 1 country")
    assert student.url.endswith("/?type=erasmus&country=IT&pick=politecnico-di-torino")


def test_list_is_filtered_without_reloading_and_goes_back(student):
    student.goto("/")
    student.evaluate("window.isTheSamePage = true")

    student.get_by_label("Erasmus+ (21)").check()
    expect(heading(student)).to_have_text("21 universities in 12 countries")
    student.get_by_role("checkbox", name="Italy").check()

    expect(heading(student)).to_have_text("3 universities in 1 country")
    assert student.evaluate("window.isTheSamePage")
    assert student.title() == "Erasmus+ in Italy: 3 partner universities – Exchange Office"
    assert student.url.endswith("/?type=erasmus&country=IT")
    expect(student.get_by_role("status")).to_have_text("3 universities in 1 country")
    expect(student.get_by_role("checkbox", name="Italy")).to_be_focused()
    expect(student.get_by_role("button", name="Apply")).to_be_hidden()

    student.get_by_role("link", name="Take away: Erasmus+").click()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    expect(heading(student)).to_be_focused()

    student.go_back()
    expect(heading(student)).to_have_text("3 universities in 1 country")
    student.go_back()
    expect(heading(student)).to_have_text("21 universities in 12 countries")
    student.go_back()
    expect(heading(student)).to_have_text("108 universities in 30 countries")


def test_list_works_without_script(without_script):
    without_script.goto("/")

    without_script.get_by_label("University, city or country").fill("tecnologico")
    without_script.get_by_label("University, city or country").press("Enter")

    expect(heading(without_script)).to_have_text("1 university in 1 country")


def test_filters_are_a_fold_on_a_phone_without_script(without_script):
    without_script.set_viewport_size({"width": 390, "height": 844})
    without_script.goto("/")

    without_script.get_by_text("Filters", exact=True).click()
    without_script.get_by_role("checkbox", name="Italy").check()
    expect(without_script.get_by_role("link", name="Show 108 universities")).to_be_hidden()
    expect(heading(without_script)).to_be_visible()
    without_script.get_by_role("button", name="Apply").click()

    expect(heading(without_script)).to_have_text("6 universities in 1 country")


@pytest.mark.parametrize("failure", ["network", "server"])
def test_failed_request_says_so_and_offers_again(chromium, live_server, register, failure):
    context = chromium.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/")
    page.route("**/?country=IT", lambda route: route.abort() if failure == "network" else route.fulfill(status=500))

    page.get_by_role("checkbox", name="Italy").check()

    expect(page.get_by_role("alert")).to_have_text("The list could not be loaded. Try again")
    expect(page.get_by_role("link", name="Try again")).to_be_in_viewport()
    page.unroute_all()
    page.get_by_role("link", name="Try again").click()
    expect(heading(page)).to_have_text("6 universities in 1 country")
    expect(page.get_by_text("The list could not be loaded.")).to_be_hidden()
    context.close()


def test_line_shows_that_the_list_is_loading(student):
    student.goto("/")
    held = []
    student.route("**/?country=IT", lambda route: held.append(route))
    line = student.locator("#progress")
    expect(line).to_have_css("opacity", "0")

    student.get_by_role("checkbox", name="Italy").check()
    expect(line).to_have_css("opacity", "1")

    held[0].continue_()
    expect(heading(student)).to_have_text("6 universities in 1 country")
    expect(line).to_have_css("opacity", "0")


def test_skip_link_skips_the_header(student):
    student.goto("/")

    student.keyboard.press("Tab")
    skip = student.get_by_role("link", name="Skip to the content")
    assert skip.is_visible()
    student.keyboard.press("Enter")

    expect(student.get_by_role("main")).to_be_focused()


def test_list_is_filtered_by_keyboard_alone(student):
    student.goto("/")

    student.get_by_label("GE3").focus()
    student.keyboard.press("Space")

    expect(heading(student)).to_have_text("10 universities in 8 countries")
    expect(student.get_by_label("GE3")).to_be_focused()


def test_shortlist_is_edited_without_reloading_and_compared(student):
    student.goto("/?country=IT&type=erasmus")
    student.evaluate("window.isTheSamePage = true")

    student.get_by_role("link", name="Add to the shortlist: Politecnico di Milano").click()
    star = student.get_by_role("link", name="Take off the shortlist: Politecnico di Milano")
    expect(star).to_be_focused()
    student.get_by_role("link", name="Add to the shortlist: Politecnico di Torino").click()
    expect(student.get_by_role("status")).to_have_text("3 universities in 1 country. On your shortlist: 2")
    assert student.evaluate("window.isTheSamePage")

    student.get_by_role("link", name="Compare").click()
    expect(student.get_by_role("heading", level=1)).to_have_text("Your shortlist")
    links = heading(student).get_by_role("link").all_inner_texts()
    assert links[::2] == ["Politecnico di Milano", "Politecnico di Torino"]
    student.go_back()
    expect(student.locator("#shortlist")).to_have_text("On your shortlist: 2")
    assert student.locator("#country-IT").is_checked()


def test_shortlist_works_without_script(without_script):
    without_script.goto("/?q=politecnico")

    without_script.get_by_role("link", name="Add to the shortlist: Politecnico di Torino").click()
    without_script.get_by_label("University, city or country").fill("munich")
    without_script.get_by_role("button", name="Apply").click()
    without_script.get_by_role("link", name="Add to the shortlist: Technical University of Munich").click()
    without_script.get_by_role("link", name="Compare").click()

    expect(without_script.get_by_role("heading", level=1)).to_have_text("Your shortlist")
    assert heading(without_script).count() == 2


def accessible_roles(page):
    """Return a Counter of the roles in the accessibility tree."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return Counter(node["role"]["value"] for node in tree if not node["ignored"])


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/?country=IT", ["table", "caption", "row", "columnheader", "rowheader"]),
        (f"/?{PICKS}", ["list", "listitem", "heading", "term", "definition"]),
    ],
)
def test_narrow_window_has_the_same_structure_for_screen_readers(student, path, names):
    structures = []
    for pixels in (1280, 320):
        student.set_viewport_size({"width": pixels, "height": 800})
        student.goto(path)
        roles = accessible_roles(student)
        structures.append({name: roles[name] for name in names})

    assert structures[0] == structures[1]
    assert min(structures[0].values()) > 0


@pytest.mark.parametrize("path", ["/?country=IT&q=poli", f"/?{PICKS}", MILAN])
def test_print_hides_controls(student, path):
    student.goto(path)
    student.emulate_media(media="print")

    assert student.get_by_role("heading", level=1).is_visible()
    controls = ".filter, .site-footer, .star, .star-link, .shortlist, .remove-link, .page-actions"
    for element in student.locator(controls).all():
        assert element.is_hidden()
    assert student.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_print_has_the_filtered_list_and_names_the_filters(student):
    student.goto("/?type=erasmus&country=IT")
    student.emulate_media(media="print")

    line = student.locator(".print-only").inner_text()
    assert "Erasmus+ · Italy" in line
    assert student.get_by_role("rowheader").count() == 4


def test_pages_with_hostile_names_fit_their_window(page):
    for name in HOSTILE:
        agreement_type = AgreementType.objects.create(name=name, description={"en": name})
        university = UniversityFactory(name=name, city=name)
        agreement = AgreementFactory(university=university, agreement_type=agreement_type)
        MobilityFactory(agreement=agreement, fields_note=name)
    slugs = list(University.objects.values_list("slug", flat=True))
    urls = ["/", "/?embed=1", "/?" + "&".join(f"pick={slug}" for slug in slugs)]

    overflows = {}
    for url in [*urls, *(f"/universities/{slug}/" for slug in slugs)]:
        page.goto(url)
        for pixels in (320, 768):
            page.set_viewport_size({"width": pixels, "height": 800})
            overflows[url, pixels] = scroll_width(page) - pixels

    assert {screen: overflow for screen, overflow in overflows.items() if overflow} == {}


def test_filters_open_in_a_narrow_window(student):
    student.set_viewport_size({"width": 320, "height": 800})
    student.goto("/")

    student.locator("#filters summary").click()

    assert student.get_by_role("checkbox", name="Turkey").is_visible()
    assert scroll_width(student) == 320
    assert violations(student) == []
